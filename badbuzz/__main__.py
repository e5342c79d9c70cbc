"""The program ``badbuzz``: prepares the process, then runs the command line.

It imports as little as possible until Ctrl-C is handled.
"""

from __future__ import annotations

import codecs
import os
import signal
import sys
from typing import Final

_INTERRUPTED: Final = 130
_PACKAGES: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib is slow to import


def main() -> None:
    """Run the command line. Ctrl-C while it is being loaded, or while Python exits, ends the process without a traceback."""
    is_interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_interruptible:
        signal.signal(signal.SIGINT, _quit)
    _open_missing_streams()
    _use_utf_8()
    _forget_working_folder()
    from badbuzz.cli.app import main as run  # noqa: PLC0415 - takes time, in which Ctrl-C may come

    if is_interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run()
    finally:
        if is_interruptible:
            signal.signal(signal.SIGINT, _quit)


def _quit(_number: int, _frame: object) -> None:
    os._exit(_INTERRUPTED)


def _open_missing_streams() -> None:
    """Open ``/dev/null`` in place of a closed standard stream.

    Otherwise the next file that is opened, perhaps one of scored rows, gets the number of standard output.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 - the standard streams are 0, 1 and 2
        os.set_inheritable(number, True)  # noqa: FBT003 - the function has no name for it
    os.close(number)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - kept open
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _use_utf_8() -> None:
    """Start again in Python's UTF-8 mode if the locale knows only ASCII: texts, brands and file names are not ASCII."""
    is_ascii = codecs.lookup(sys.getfilesystemencoding()).name == "ascii"
    if is_ascii and not sys.flags.utf8_mode and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - ourselves


def _forget_working_folder() -> None:
    """Remove the working folder, which ``python -m`` puts first, from the folders that modules are imported from.

    A file in it, such as ``yaml.py``, would be run in place of the installed package. A checkout that is not installed is
    imported from its own folder.
    """
    try:
        here = os.getcwd()  # noqa: PTH109
    except FileNotFoundError:  # it was deleted
        return
    sys.path[:] = [
        folder
        for folder in sys.path
        if os.path.abspath(folder) != here or here == _PACKAGES  # noqa: PTH100
    ]


if __name__ == "__main__":
    main()
