"""Aliases: each is a sequence of numbered moves, written by create-if-absent; the move with the highest number is current.

This makes moves atomic on every store, puts concurrent moves in an order, overwrites nothing, and keeps the history. A rollback
is a move too.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from pydantic import AwareDatetime, Field, ValidationError

from badbuzz.errors import DataRefused, Misconfigured, Retry, describe_validation_error
from model_registry.stored_json import StoredJson

if TYPE_CHECKING:
    from model_registry.package.refs import AliasRef
    from model_registry.store.objects import Objects

_MAX_MOVE_BYTES: Final = 4_096
_SUFFIX: Final = ".json"

Action: TypeAlias = Literal["promote", "rollback"]


class Move(StoredJson):
    """A change of an alias, to ``version``.

    ``rollback_target`` is the number of the move that a rollback of this one restores. For a promotion it is the previous move;
    a rollback copies it from the move that it restored, so that a second rollback goes back one more version.
    """

    number: int = Field(ge=1)
    action: Action
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
            if move := self._write(alias, last + 1, "promote", version, last or None):
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
        move = self._write(alias, now.number + 1, "rollback", back.version, back.rollback_target)
        if move is None:
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
            move = Move.model_validate_json(content, by_alias=True, by_name=False)
        except ValidationError as error:
            raise DataRefused(f"{path}: not a move of an alias: {describe_validation_error(error)}") from None
        if move.number != number:
            raise DataRefused(
                f"{path}: says that it is move {move.number}; promote a version to set the alias again"
            )
        return move

    def _write(
        self, alias: AliasRef, number: int, action: Action, version: int, rollback_target: int | None
    ) -> Move | None:
        """Write a move and return it; None if another move has its number.

        The store's answer may have been lost: then the number is taken by this same move.
        """
        move = Move(
            number=number,
            action=action,
            version=version,
            rollback_target=rollback_target,
            at=datetime.now(UTC),
        )
        written = self._objects.create(_path(alias, number), move.model_dump_json().encode())
        return move if written or self._read(alias, number) == move else None


def _folder(alias: AliasRef) -> str:
    return f"{alias.name}/aliases/{alias.alias}"


def _path(alias: AliasRef, number: int) -> str:
    return f"{_folder(alias)}/{number:08d}{_SUFFIX}"
