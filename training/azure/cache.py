"""Opinions that were paid for, kept on disk so that none is paid for twice.

It holds no text, only the SHA-256 of each. Every ``put`` is one transaction that is on the disk when it returns.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import astuple
from typing import TYPE_CHECKING, Final, Self

from badbuzz.errors import DataRefused, Misconfigured
from training.azure.port import Opinion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS opinion (key BLOB PRIMARY KEY, sentiment TEXT NOT NULL, positive REAL NOT NULL, "
    "neutral REAL NOT NULL, negative REAL NOT NULL, model_version TEXT NOT NULL) WITHOUT ROWID"
)


class Cache:
    """The opinions on texts in ``language`` by the model that goes by ``model_version``.

    One process at a time may have it open: two would pay for the same texts.

    :raises Misconfigured: if another process has it open, or it cannot be opened.
    :raises DataRefused: if the file is none of ours.
    """

    def __init__(self, path: Path, *, language: str, model_version: str) -> None:
        self._asked = (language, model_version)
        try:
            self._database = sqlite3.connect(path, timeout=0)
        except sqlite3.OperationalError as error:
            raise Misconfigured(f"{path}: opinions cannot be kept there: {error}") from None
        try:
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA synchronous = FULL")
            with self._database:
                self._database.execute("BEGIN EXCLUSIVE")  # takes the lock, which is then held until the end
                self._database.execute(_TABLE)
                self._database.execute(_SELECT, (b"",))
        except sqlite3.Error as error:
            self._database.close()
            raise _explain(error, path) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def get(self, text: str) -> Opinion | None:
        """Look up what was said of ``text``."""
        row = self._database.execute(_SELECT, (self._key(text),)).fetchone()
        return None if row is None else Opinion(*row)

    def put(self, opinions: Mapping[str, Opinion]) -> None:
        """Keep what was said of each text; an opinion that is there already stays.

        :raises Misconfigured: if the disk refuses.
        """
        rows = [(self._key(text), *astuple(opinion)) for text, opinion in opinions.items()]
        try:
            with self._database:
                self._database.executemany(_INSERT, rows)
        except sqlite3.OperationalError as error:
            raise Misconfigured(f"opinions cannot be kept: {error}; make room and run it again") from None

    def _key(self, text: str) -> bytes:
        return hashlib.sha256("\0".join((*self._asked, text)).encode()).digest()


_SELECT: Final = "SELECT sentiment, positive, neutral, negative, model_version FROM opinion WHERE key = ?"
_INSERT: Final = "INSERT OR IGNORE INTO opinion VALUES (?, ?, ?, ?, ?, ?)"


def _explain(error: sqlite3.Error, path: Path) -> Misconfigured | DataRefused:
    if "locked" in str(error):
        return Misconfigured(f"{path}: another run has it open; wait for it, or choose another folder")
    if isinstance(error, sqlite3.OperationalError) and "no such column" not in str(error):
        return Misconfigured(f"{path}: opinions cannot be kept there: {error}")
    return DataRefused(f"{path}: holds no opinions of ours ({error}); move it away")
