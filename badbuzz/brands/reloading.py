"""A matcher that reloads its brand file while the worker runs."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from badbuzz.brands.matcher import BrandMatcher
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    import pyarrow as pa

_Version = tuple[int, int, int]
_FINGERPRINT_DIGITS = 12


class ReloadingBrands:
    """A :class:`BrandMatcher` that reloads its file when the file changes.

    If the changed file is invalid or missing, ``on_refused`` is called once with the reason, and the old brands stay in use.

    :param check_seconds: minimum time between two checks of the file.
    :raises Misconfigured: if the file is invalid at the start.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        on_refused: Callable[[Misconfigured], None],
        check_seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = Path(path)
        self._on_refused = on_refused
        self._check_seconds = check_seconds
        self._clock = clock
        self._checked_at = clock()
        self._version = self._read_version()
        self._matcher = BrandMatcher.from_yaml(self._path)
        self._fingerprint = _compute_fingerprint(self._path)

    @property
    def fingerprint(self) -> str:
        """A short value that differs for files of different content."""
        return self._fingerprint

    def match(self, texts: pa.Array) -> pa.ListArray:
        """Match as :meth:`BrandMatcher.match` does, after checking the file if that is due."""
        if self._clock() - self._checked_at >= self._check_seconds:
            self._reload()
        return self._matcher.match(texts)

    def _reload(self) -> None:
        self._checked_at = self._clock()
        version = self._read_version()  # before reading: the next check sees a change in between
        if version == self._version:
            return
        self._version = version
        try:
            self._matcher = BrandMatcher.from_yaml(self._path)
            self._fingerprint = _compute_fingerprint(self._path)
        except Misconfigured as error:
            self._on_refused(error)

    def _read_version(self) -> _Version | None:
        """Return a value that changes with the file, or None if the file is missing."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def _compute_fingerprint(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:_FINGERPRINT_DIGITS]
    except OSError as error:
        raise Misconfigured(f"brands file {str(path)!r} cannot be read: {error.strerror}") from None
