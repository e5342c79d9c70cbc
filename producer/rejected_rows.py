"""Rejected rows: counted and written to a file. They never stop a run."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)

_MAX_ROW_CHARACTERS: Final = 10_000
"""Characters of a rejected row that are written: enough to repair it. A stream of noise cannot fill the disk."""


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is not a valid tweet.

    ``line`` is its position (from 1): the line of a text file, the row of a Parquet file, or the number of a message of a
    live stream.
    """

    line: int
    reason: str
    row: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class RejectsFile:
    """A file of rejected rows: JSON lines ``{"line", "reason", "row"}``. The first rejected row creates it.

    If the file cannot be written, one warning is logged, and rows are still counted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.first: RejectedRow | None = None
        self._file: IO[str] | None = None
        self._has_failed = False

    def add(self, rejected: RejectedRow) -> None:
        """Count one row and write it to the file."""
        self.count += 1
        self.first = self.first or rejected
        if self._has_failed:
            return
        entry = {"line": rejected.line, "reason": rejected.reason, "row": rejected.row[:_MAX_ROW_CHARACTERS]}
        try:
            self._write(json.dumps(entry, ensure_ascii=True) + "\n")
        except OSError as error:
            self._has_failed = True
            _log.warning(
                "rejected rows cannot be written to %s (%s); name another file with --rejects. First rejected row: %s",
                self.path, error.strerror, rejected,
            )  # fmt: skip

    @property
    def summary(self) -> str:
        """The number of rejected rows, the reason of the first one, and the file."""
        if self.first is None:
            return "no row rejected"
        rows = "1 row" if self.count == 1 else f"{self.count:,} rows"
        file = "" if self._has_failed else f"; see {self.path}"
        return f"{rows} rejected (first: {self.first}){file}"

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, line: str) -> None:
        if self._file is None:
            # Line buffering: rows rejected before a crash or a full disk are in the file.
            self._file = self.path.open("w", encoding="ascii", buffering=1)
        self._file.write(line)
