"""The atomic swap of two local folders while other processes publish files into one of them.

Publishers share the folder's lock; a swap needs it exclusively. So no file is published into a folder that is about to be
replaced. The locks are the kernel's (``flock``) and end with their process.
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
"""Linux's flag of ``renameat2(2)``."""

UNSUPPORTED: Final = frozenset(
    {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EXDEV, errno.EPERM, errno.EMLINK}
    | {errno.ENOLCK, errno.EBADF}
)
"""Error numbers of kernels and file systems without swaps, hard links or (network file systems) locks."""


@contextmanager
def lock_for_publishing(folder: Path) -> Iterator[None]:
    """Hold the lock of ``folder`` together with other publishers, so that it is not swapped meanwhile.

    On a file system without locks this does nothing: folders are never swapped there.

    :raises BlockingIOError: if the folder is being swapped.
    """
    with _open(folder) as handle:
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
    """Hold the lock of ``folder`` exclusively.

    :raises BlockingIOError: if another process holds it or has just swapped the folder.
    :raises OSError: with one of :data:`UNSUPPORTED` if the file system has no locks.
    """
    with _open(folder) as handle:
        _lock(handle, folder, fcntl.LOCK_EX)
        yield


def swap_folders(one: Path, other: Path) -> bool:
    """Swap the names of two folders atomically. Return False if this system or file system cannot.

    :raises OSError: if the swap is supported but fails.
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
    """Flush the names in ``folder`` to disk, so that they survive a power cut."""
    with _open(folder) as handle:
        os.fsync(handle)


@contextmanager
def _open(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path, how: int) -> None:
    fcntl.flock(handle, how | fcntl.LOCK_NB)
    if not os.path.samestat(os.fstat(handle), folder.stat()):
        raise BlockingIOError(errno.EAGAIN, "swapped a moment ago", str(folder))
