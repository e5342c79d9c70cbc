"""A cache on disk of the service's results, so that no text is paid for twice.

The file holds no text, only the SHA-256 of each. Every ``put`` is one transaction, which is on disk when it returns.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import astuple
from typing import TYPE_CHECKING, Final, Self

from badbuzz.errors import DataRefused, Misconfigured
from training.azure.port import SentimentResult

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS opinion (key BLOB PRIMARY KEY, sentiment TEXT NOT NULL, positive REAL NOT NULL, "
    "neutral REAL NOT NULL, negative REAL NOT NULL, model_version TEXT NOT NULL) WITHOUT ROWID"
)


class Cache:
    """The results for texts in ``language`` by the service's model ``model_version``.

    One process at a time may have the file open: two would pay for the same texts.

    :raises Misconfigured: if another process has the file open, or it cannot be opened.
    :raises DataRefused: if the file was not written by this class.
    """

    def __init__(self, path: Path, *, language: str, model_version: str) -> None:
        self._key_prefix = (language, model_version)
        try:
            self._database = sqlite3.connect(path, timeout=0)
        except sqlite3.OperationalError as error:
            raise Misconfigured(f"{path}: results cannot be stored there: {error}") from None
        try:
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA synchronous = FULL")
            with self._database:
                self._database.execute("BEGIN EXCLUSIVE")  # the lock is held until the file is closed
                self._database.execute(_TABLE)
                self._database.execute(_SELECT, (b"",))
        except sqlite3.Error as error:
            self._database.close()
            raise _explain(error, path) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def get(self, text: str) -> SentimentResult | None:
        """Return the result for ``text``; None if it is not in the cache."""
        row = self._database.execute(_SELECT, (self._key(text),)).fetchone()
        return None if row is None else SentimentResult(*row)

    def put(self, results: Mapping[str, SentimentResult]) -> None:
        """Store the result for each text. A result that is in the cache already stays.

        :raises Misconfigured: if the disk refuses the write.
        """
        rows = [(self._key(text), *astuple(result)) for text, result in results.items()]
        try:
            with self._database:
                self._database.executemany(_INSERT, rows)
        except sqlite3.OperationalError as error:
            raise Misconfigured(
                f"results cannot be stored: {error}; free disk space and run the command again"
            ) from None

    def _key(self, text: str) -> bytes:
        return hashlib.sha256("\0".join((*self._key_prefix, text)).encode()).digest()


_SELECT: Final = "SELECT sentiment, positive, neutral, negative, model_version FROM opinion WHERE key = ?"
_INSERT: Final = "INSERT OR IGNORE INTO opinion VALUES (?, ?, ?, ?, ?, ?)"


def _explain(error: sqlite3.Error, path: Path) -> Misconfigured | DataRefused:
    if "locked" in str(error):
        return Misconfigured(f"{path}: another run has it open; wait for it, or choose another folder")
    if isinstance(error, sqlite3.OperationalError) and "no such column" not in str(error):
        return Misconfigured(f"{path}: results cannot be stored there: {error}")
    return DataRefused(f"{path}: was not written by badbuzz ({error}); move it away")
