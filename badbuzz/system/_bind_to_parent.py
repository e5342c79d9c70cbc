"""Runs another program in place of this one; the kernel kills it when its parent dies.

It is run by path, outside the package, so that it starts in milliseconds::

    python -I -S _bind_to_parent.py PARENT_PID PROGRAM [ARGUMENT …]

Only Linux can do this (``PR_SET_PDEATHSIG`` in prctl(2)). The kernel sends the signal when the *thread* that started
this program ends, so servers must be started from a thread that lasts. On other systems programs outlive their parent.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Bind this process to its parent, then replace it by the program."""
    parent, program = int(arguments[0]), arguments[1]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before prctl, so no signal would come
        sys.exit(1)
    signal.pthread_sigmask(
        signal.SIG_SETMASK, []
    )  # a signal mask is inherited: the server must receive SIGTERM
    os.execv(program, arguments[1:])  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
