"""Stores the cursor of a live stream in a file, so that the next run resumes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from badbuzz.errors import Misconfigured
from badbuzz.system.atomic_file import replace_file

if TYPE_CHECKING:
    from pathlib import Path


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    cursor: int


class CursorFile:
    """A file with the cursor of one source. It is replaced atomically. Without a path, the cursor is not stored.

    :raises Misconfigured: if the file exists and belongs to another source or has another format.
    """

    def __init__(self, source: str, path: Path | None) -> None:
        self._source = source
        self._path = path
        self.cursor = None if path is None or not path.exists() else self._read(path)

    def save(self, cursor: int | None) -> None:
        """Store ``cursor`` if it has changed.

        :raises Misconfigured: if the file cannot be written.
        """
        if self._path is None or cursor is None or cursor == self.cursor:
            return
        content = _Content(source=self._source, cursor=cursor).model_dump_json()
        try:
            with replace_file(self._path) as new_file:
                new_file.write_text(content, encoding="ascii")
        except OSError as error:
            raise Misconfigured(f"--state {self._path} cannot be written: {error.strerror}") from None
        self.cursor = cursor

    def _read(self, path: Path) -> int:
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
        return content.cursor
