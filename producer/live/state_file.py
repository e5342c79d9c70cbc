"""Stores where a live stream stopped in a file, so that the next run resumes there and sends no tweet twice."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from badbuzz.errors import Misconfigured
from badbuzz.system.atomic_file import replace_file
from producer.live.resume_point import HOST_REWIND_US
from producer.live.stream import EarlierRun, Position

if TYPE_CHECKING:
    from pathlib import Path

_MAX_IDS: Final = 100_000


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    cursor: int
    host: str = ""
    ids: tuple[tuple[int, str], ...] = ()
    """Time and id of each confirmed tweet that the source may send again from the cursor on, in the order of arrival."""


class StateFile:
    """A file with the position of one source. It is replaced atomically. Without a path, nothing is stored.

    :raises Misconfigured: if the file exists and belongs to another source or has another format.
    """

    def __init__(self, source: str, path: Path | None) -> None:
        self._source = source
        self._path = path
        content = None if path is None or not path.exists() else self._read(path)
        self.position = None if content is None else Position(content.cursor, content.cursor, content.host)
        self._has_new_ids = False
        self._ids: deque[tuple[int, str]] = deque(() if content is None else content.ids, maxlen=_MAX_IDS)

    @property
    def earlier_run(self) -> EarlierRun:
        """What the file says, and the tweets added since."""
        return EarlierRun(self.position, [tweet_id for _, tweet_id in self._ids])

    def add(self, position: Position | None, tweet_id: str) -> None:
        """Remember a tweet, which is confirmed before the next :meth:`save`."""
        if position is not None and self._path is not None:
            self._ids.append((position.time, tweet_id))
            self._has_new_ids = True

    def save(self, position: Position | None) -> None:
        """Store ``position`` and the added tweets, all of them confirmed, if there is anything new.

        :raises Misconfigured: if the file cannot be written.
        """
        if self._path is None or position is None or (position == self.position and not self._has_new_ids):
            return
        while self._ids and self._ids[0][0] < position.resume - HOST_REWIND_US:
            self._ids.popleft()
        content = _Content(
            source=self._source, cursor=position.resume, host=position.host, ids=tuple(self._ids)
        )
        try:
            with replace_file(self._path) as new_file, new_file.open("w", encoding="utf-8") as file:
                file.write(content.model_dump_json())
                file.flush()
                os.fsync(file.fileno())  # after a power failure, the name must not belong to an empty file
        except OSError as error:
            raise Misconfigured(f"--state {self._path} cannot be written: {error.strerror}") from None
        self.position = position
        self._has_new_ids = False

    def _read(self, path: Path) -> _Content:
        try:
            content = _Content.model_validate_json(path.read_bytes())
        except OSError as error:
            raise Misconfigured(f"--state {path} cannot be read: {error.strerror}") from None
        except ValidationError:
            raise Misconfigured(
                f"--state {path} is not a state file; name another file or delete it"
            ) from None
        if content.source != self._source:
            raise Misconfigured(
                f"--state {path} belongs to {content.source}, not to {self._source}; name another file"
            )
        return content
