"""Rows that are no tweets: named by line, counted, written aside; they never stop a run."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)

_KEPT: Final = 10_000
"""Characters of a bad row that are written aside: enough to mend it; a stream of noise must not fill the disk."""


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One row that cannot become a tweet.

    ``line`` is its place in its source: the line of a text file, the row of a Parquet file, or the number of a live
    source's message, each from 1.
    """

    line: int
    reason: str
    row: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class RejectsFile:
    """Where rejected rows are written aside: JSON lines ``{"line", "reason", "row"}``, from the first one on.

    A file that cannot be written costs one warning and no tweets: rows are still counted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.first: RejectedRow | None = None
        self._file: IO[str] | None = None
        self._broken = False

    def add(self, rejected: RejectedRow) -> None:
        """Count one row and write it aside."""
        self.count += 1
        self.first = self.first or rejected
        if self._broken:
            return
        entry = {"line": rejected.line, "reason": rejected.reason, "row": rejected.row[:_KEPT]}
        try:
            self._write(json.dumps(entry, ensure_ascii=True) + "\n")
        except OSError as error:
            self._broken = True
            _log.warning(
                "rejected rows cannot be written to %s (%s); name another file with --rejects. First one: %s",
                self.path, error.strerror, rejected,
            )  # fmt: skip

    @property
    def summary(self) -> str:
        """How many rows were rejected, the first one's reason, and where they are."""
        if self.first is None:
            return "no row rejected"
        rows = "1 row" if self.count == 1 else f"{self.count:,} rows"
        kept = "" if self._broken else f"; see {self.path}"
        return f"{rows} rejected (first: {self.first}){kept}"

    def close(self) -> None:
        """Close the file; what was written is safe in it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, line: str) -> None:
        if self._file is None:
            # Line by line: what was rejected before a crash, or before the disk was full, is there to read.
            self._file = self.path.open("w", encoding="ascii", buffering=1)
        self._file.write(line)
