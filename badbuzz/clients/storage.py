"""Opens object storage by its URL with obstore: a path, ``s3://``, ``gs://``, ``az://`` or ``memory://`` (tests).

All obstore stores have the same interface. Callers use it directly; there is no port of our own. This module
adds :func:`create_object`, on which every exactly-once claim of Bad Buzz depends, and :func:`storage_errors`, which
distinguishes transient from permanent failures.
"""

from __future__ import annotations

import errno
import os
import re
import time
import uuid
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    GenericError,
    InvalidPathError,
    JoinError,
    NotFoundError,
    NotModifiedError,
    NotSupportedError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
    UnknownConfigurationKeyError,
)
from obstore.store import LocalStore, MemoryStore, from_url

from badbuzz.clients.http_options import PREFIXES, build_http_options
from badbuzz.errors import Misconfigured, Retry
from badbuzz.system.folder_swap import flush_folder, lock_for_publishing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from obstore.store import ObjectStore, RetryConfig

_STAGING: Final = "_staging"
"""The default folder of a local store for files that are still being written."""

_RETRIES: Final[RetryConfig] = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
"""Callers retry themselves and stay in their consumer group meanwhile; obstore's default blocks for three minutes."""

_STALE_S: Final = 86_400
"""Files in staging that are older than a day were left by a killed process."""

_PERMANENT: Final = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOENT,
        errno.EEXIST,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ENAMETOOLONG,
        errno.EXDEV,
        errno.EOPNOTSUPP,
    }
)
"""File system errors that do not pass by waiting. A full disk is not one of them."""

_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV})
"""Errors of a hard link on file systems without them, or between two file systems."""

_PERMANENT_STATUS: Final = frozenset({501, 505})
"""HTTP statuses from 500 on that do not pass: the server does not implement the request, for instance a condition."""

PERMANENCE: Final[dict[type[Exception], bool | None]] = {
    AlreadyExistsError: True,
    FileNotFoundError: True,
    InvalidPathError: True,
    NotFoundError: True,
    NotModifiedError: True,
    NotSupportedError: True,
    PermissionDeniedError: True,
    PreconditionError: True,
    UnauthenticatedError: True,
    UnknownConfigurationKeyError: True,
    JoinError: False,
    BaseError: None,
    GenericError: None,
}
"""Every error class of obstore: whether waiting does not help. None: the text of the error decides."""

_TRANSIENT_STATUS: Final = frozenset({408, 409, 425, 429})
"""HTTP statuses below 500 after which the same request may succeed."""


class StagedLocalStore(LocalStore):
    """A local folder. New files are written in ``staging``, on the same file system, and then linked into the folder."""

    staging: Path


def open_store(url: str, *, silence_s: float = 15.0, staging: Path | None = None) -> ObjectStore:
    """Open the folder that ``url`` names. A missing local folder is made.

    Credentials come from the environment variables of each provider's own tools.

    :param silence_s: time limit for a server that sends nothing, also while it receives a whole file. The default suits a
        worker, which must not block for long; its files of about 10 MB need a link of 1 MB/s.
    :param staging: where a local store writes new files. Default: its own folder ``_staging``.
    :raises Misconfigured: if the URL's scheme is unknown or the folder cannot be made.
    """
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return MemoryStore()
    if scheme in PREFIXES:
        try:
            return from_url(url, retry_config=_RETRIES, client_options=build_http_options(scheme, silence_s))
        except (BaseError, ValueError) as error:
            raise Misconfigured(f"storage {url!r} cannot be opened: {_first_line(error)}") from None
    if scheme in {"", "file"}:
        return _open_local(parse_local_path(url), staging)
    raise Misconfigured(f"storage {url!r}: unknown scheme {scheme!r}; use a path, s3://, gs:// or az://")


def create_object(store: ObjectStore, path: str, data: bytes) -> bool:
    """Write ``data`` to ``path`` if that name is free. Return False if it is taken.

    Atomic: readers never see a part of it, even if this process dies. Durable on return. After an error the object may
    exist all the same: a caller that retries and gets False should compare the contents.

    :raises Retry: if the storage is away or full.
    :raises Misconfigured: if the storage refuses us.
    """
    with storage_errors(f"writing {path}"):
        if isinstance(store, StagedLocalStore) and store.prefix is not None:
            return _create_locally(store.prefix, store.staging, path, data)
        try:
            store.put(path, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        return True


def delete_objects(store: ObjectStore, paths: Sequence[str]) -> None:
    """Delete the objects under ``paths``, ignoring missing ones. If the process is killed, some are deleted.

    :raises Retry: if the storage is unavailable.
    :raises Misconfigured: if the storage refuses access.
    """
    with storage_errors(f"deleting {len(paths)} files, first {paths[0]}"):
        try:
            store.delete(paths)
        except FileNotFoundError:  # a local store stops at the first missing object
            for path in paths:
                with suppress(FileNotFoundError):
                    store.delete(path)


@contextmanager
def storage_errors(doing: str) -> Iterator[None]:
    """Turn errors of obstore and the file system into Retry or Misconfigured. ``doing`` names what failed."""
    try:
        yield
    except (BaseError, OSError) as error:
        problem = f"{doing}: {_first_line(error)}"
        if _is_permanent(error):
            raise Misconfigured(f"storage: {problem}; check its URL, credentials and permissions") from error
        raise Retry("storage", problem) from error


def parse_local_path(url: str) -> Path:
    """Return the absolute path of a local store's URL."""
    return Path(url.removeprefix("file://")).expanduser().absolute()


def _open_local(path: Path, staging: Path | None) -> LocalStore:
    try:
        store = StagedLocalStore(path, mkdir=True, automatic_cleanup=False)
        store.staging = staging or path / _STAGING
        _delete_stale(store.staging)
    except (OSError, BaseError) as error:
        raise Misconfigured(f"storage folder {str(path)!r} cannot be made: {_first_line(error)}") from None
    return store


def _create_locally(root: Path, staging: Path, path: str, data: bytes) -> bool:
    """Create a file as obstore's local ``put`` does, and flush it to disk, which ``put`` does not do.

    Without flushing the file, a power cut can leave an empty file under a published name; without flushing the folder, it
    can remove one file of a chain and leave the next.
    """
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = staging / uuid.uuid4().hex
    staging.mkdir(parents=True, exist_ok=True)
    try:
        with staged.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with lock_for_publishing(target.parent):
            _link(target, staged, root)
    except FileExistsError:
        return False
    finally:
        staged.unlink(missing_ok=True)
    for folder in target.relative_to(root).parents:
        flush_folder(root / folder)
    return True


def _link(target: Path, staged: Path, root: Path) -> None:
    try:
        target.hardlink_to(staged)
    except OSError as error:
        if error.errno in _NO_LINKS:
            raise Misconfigured(
                f"storage folder {str(root)!r}: its file system cannot make a hard link ({error.strerror}), which publishes a "
                "file in one step; use a file system that can, such as ext4 or XFS, or an object store"
            ) from None
        raise


def _delete_stale(staging: Path) -> None:
    oldest = time.time() - _STALE_S
    for staged in staging.glob("*"):
        with suppress(FileNotFoundError):  # another process may delete it, too
            if staged.is_file() and staged.stat().st_mtime < oldest:
                staged.unlink()


def _is_permanent(error: BaseError | OSError) -> bool:
    kind = next((kind for kind in type(error).__mro__ if kind in PERMANENCE), None)
    if kind and PERMANENCE[kind] is not None:
        return bool(PERMANENCE[kind])
    if isinstance(error, OSError):
        return error.errno in _PERMANENT
    text = str(error)
    if found := re.search(r"\(os error (\d+)\)", text):
        return int(found[1]) in _PERMANENT
    if found := re.search(r"status code: (\d{3})", text):
        status = int(found[1])
        return status in _PERMANENT_STATUS or (status < _SERVER_ERROR and status not in _TRANSIENT_STATUS)
    return "invalid peer certificate" in text


def _first_line(error: Exception) -> str:
    line = str(error).partition("\n")[0]
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


_SERVER_ERROR = 500
_SHOWN = 300
"""Characters of a provider's message that are repeated: some put whole XML documents into one line."""
