"""Aliases: each is a sequence of numbered moves, written by create-if-absent; the move with the highest number is current.

This makes moves atomic on every store, puts concurrent moves in an order, overwrites nothing, and keeps the history. A rollback
is a move too.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

from pydantic import AwareDatetime, Field, ValidationError

from badbuzz.errors import DataRefused, Misconfigured, Retry
from badbuzz.validation import describe_validation_error
from model_registry.stored_json import StoredJson

if TYPE_CHECKING:
    from model_registry.package.refs import AliasRef
    from model_registry.store.objects import Objects

_MAX_MOVE_BYTES: Final = 4_096
_SUFFIX: Final = ".json"


class Move(StoredJson):
    """A change of an alias, to ``version``.

    ``rollback_target`` is the number of the move that a rollback of this one restores. For a promotion it is the previous move;
    a rollback copies it from the move that it restored, so that a second rollback goes back one more version.
    """

    number: int = Field(ge=1)
    action: Literal["promote", "rollback"]
    version: int = Field(ge=1)
    rollback_target: int | None = Field(alias="undone_to")
    at: AwareDatetime


class Aliases:
    """The aliases of all models of one store. Methods raise what :class:`Objects` raises."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def list_aliases(self, name: str) -> list[str]:
        """Return the names of a model's aliases."""
        return self._objects.list_folders(f"{name}/aliases")

    def current(self, alias: AliasRef) -> Move | None:
        """Return the current move; None if the alias was never set."""
        number = max(self._numbers(alias), default=0)
        return self._read(alias, number) if number else None

    def history(self, alias: AliasRef) -> tuple[Move, ...]:
        """Return all moves, the oldest first."""
        return tuple(self._read(alias, number) for number in sorted(self._numbers(alias)))

    def promote(self, alias: AliasRef, version: int) -> Move:
        """Point the alias at a version."""
        while True:
            last = max(self._numbers(alias), default=0)
            move = Move(
                number=last + 1,
                action="promote",
                version=version,
                rollback_target=last or None,
                at=datetime.now(UTC),
            )
            if self._write(alias, move):
                return move

    def rollback(self, alias: AliasRef) -> Move:
        """Undo the last promotion that is not undone yet.

        :raises Misconfigured: if there is no earlier version.
        :raises Retry: if the alias was moved concurrently, so that another move would be undone.
        """
        now = self.current(alias)
        if now is None or now.rollback_target is None:
            held = (
                "was never set" if now is None else f"points to its first version, {alias.name}:{now.version}"
            )
            raise Misconfigured(f"{alias} {held}; there is nothing to roll back to")
        back = self._read(alias, now.rollback_target)
        move = Move(
            number=now.number + 1,
            action="rollback",
            version=back.version,
            rollback_target=back.rollback_target,
            at=datetime.now(UTC),
        )
        if not self._write(alias, move):
            raise Retry(
                str(alias), "was moved by another process at the same time; check it and roll back again"
            )
        return move

    def _numbers(self, alias: AliasRef) -> list[int]:
        stems = (
            name.removesuffix(_SUFFIX)
            for name in self._objects.list_names(_folder(alias))
            if name.endswith(_SUFFIX)
        )
        return [int(stem) for stem in stems if stem.isdecimal()]

    def _read(self, alias: AliasRef, number: int) -> Move:
        path = _path(alias, number)
        content = self._objects.read(path, _MAX_MOVE_BYTES)
        if content is None:
            raise DataRefused(
                f"{path}: move {number} of {alias} is missing; promote a version to set the alias again"
            )
        try:
            move = Move.model_validate_json(content)
        except ValidationError as error:
            raise DataRefused(f"{path}: not a move of an alias: {describe_validation_error(error)}") from None
        if move.number != number:
            raise DataRefused(
                f"{path}: says that it is move {move.number}; promote a version to set the alias again"
            )
        return move

    def _write(self, alias: AliasRef, move: Move) -> bool:
        """Return whether the move was written; False if another move has its number.

        The store's answer may have been lost: then the number is taken by this same move.
        """
        written = self._objects.create(_path(alias, move.number), move.model_dump_json().encode())
        return written or self._read(alias, move.number) == move


def _folder(alias: AliasRef) -> str:
    return f"{alias.name}/aliases/{alias.alias}"


def _path(alias: AliasRef, number: int) -> str:
    return f"{_folder(alias)}/{number:08d}{_SUFFIX}"
