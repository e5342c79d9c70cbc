"""A brand file that may change while workers run."""

from __future__ import annotations

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


class ReloadingBrands:
    """A :class:`BrandMatcher` that follows its file.

    A new file that is broken or gone changes nothing but one call of ``on_refused`` with the reason: the old
    brands stay in force until the file is right.

    :param check_seconds: how old, at most, the last look at the file is when texts are matched.
    :raises Misconfigured: if the file is wrong to begin with.
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
        self._looked = clock()
        self._version = self._look()
        self._matcher = BrandMatcher.from_yaml(self._path)

    @property
    def matcher(self) -> BrandMatcher:
        """The brands in force."""
        return self._matcher

    def match(self, texts: pa.Array) -> pa.ListArray:
        """As :meth:`BrandMatcher.match`, after a look at the file if one is due."""
        if self._clock() - self._looked >= self._check_seconds:
            self._reload()
        return self._matcher.match(texts)

    def _reload(self) -> None:
        self._looked = self._clock()
        version = self._look()  # before reading: a change in between makes the next look read again
        if version == self._version:
            return
        self._version = version
        try:
            self._matcher = BrandMatcher.from_yaml(self._path)
        except Misconfigured as error:
            self._on_refused(error)

    def _look(self) -> _Version | None:
        """Tell one version of the file from another; None if there is no file."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
