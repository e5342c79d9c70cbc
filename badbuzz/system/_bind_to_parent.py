"""Become another program that the kernel kills when its parent dies.

Run by path, outside the package, so that it starts in milliseconds::

    python -I -S _bind_to_parent.py PARENT_PID PROGRAM [ARGUMENT …]

Linux alone can promise this (``PR_SET_PDEATHSIG`` in prctl(2)). The signal comes when the parent's *thread*
that started this program ends, so servers are started from a thread that lasts. Elsewhere programs run
untethered.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Tie this process to its parent, then replace it by the program."""
    parent, program = int(arguments[0]), arguments[1]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before it could be watched, and would never be noticed
        sys.exit(1)
    signal.pthread_sigmask(
        signal.SIG_SETMASK, []
    )  # a parent that blocks SIGTERM must not make servers deaf to it
    os.execv(program, arguments[1:])  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
