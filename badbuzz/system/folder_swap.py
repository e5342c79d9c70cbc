"""A local folder that one process exchanges for another in one step, while others publish files into it.

Publishers hold the folder's lock together, who exchanges it holds it alone: so no file is published into a folder that is
about to be put away. The locks are the kernel's (``flock``); they die with their process.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2
"""Of Linux: ``renameat2(2)``."""

UNSUPPORTED: Final = frozenset(
    {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EXDEV, errno.EPERM, errno.EMLINK}
    | {errno.ENOLCK, errno.EBADF}
)
"""What kernels and file systems answer that know no exchange, no hard links, or (network file systems) no locks."""


@contextmanager
def lock_for_publishing(folder: Path) -> Iterator[None]:
    """Keep ``folder`` where it is for the moment that publishing a file takes.

    Where the file system has no locks, nobody can exchange its folders safely, and nobody does.

    :raises BlockingIOError: if somebody exchanges it right now.
    """
    with _opened(folder) as handle:
        try:
            _lock(handle, folder, fcntl.LOCK_SH)
        except BlockingIOError:
            raise
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise
        yield


@contextmanager
def lock_for_swap(folder: Path) -> Iterator[None]:
    """Hold the lock of ``folder`` alone.

    :raises BlockingIOError: if somebody else holds it, or exchanged the folder a moment ago.
    :raises OSError: if the file system has no locks: one of :data:`UNSUPPORTED`.
    """
    with _opened(folder) as handle:
        _lock(handle, folder, fcntl.LOCK_EX)
        yield


def swap_folders(one: Path, other: Path) -> bool:
    """Give each of two folders the other's name, in one step; False if this system or file system cannot.

    :raises OSError: if it could, but failed.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(one))


def flush_folder(folder: Path) -> None:
    """Make sure that the names in ``folder`` survive a power cut."""
    with _opened(folder) as handle:
        os.fsync(handle)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path, how: int) -> None:
    fcntl.flock(handle, how | fcntl.LOCK_NB)
    if not os.path.samestat(os.fstat(handle), folder.stat()):
        raise BlockingIOError(errno.EAGAIN, "exchanged a moment ago", str(folder))
