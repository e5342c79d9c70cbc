"""JSON objects that are created once and never changed: origins and plans of compactions. The first writer wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from badbuzz.clients.storage import create_object, storage_errors
from badbuzz.errors import DataRefused, describe_validation_error

if TYPE_CHECKING:
    from obstore.store import ObjectStore

Model = TypeVar("Model", bound=BaseModel)


def read_json_object(store: ObjectStore, path: str, kind: type[Model]) -> Model | None:
    """Read the object at ``path``; None if there is no such object.

    :raises DataRefused: if it is unreadable.
    """
    with storage_errors(f"reading {path}"):
        try:
            content = bytes(store.get(path).bytes())
        except FileNotFoundError:
            return None
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise DataRefused(
            f"internal file {path}: unreadable: {describe_validation_error(error)}; restore it from a backup"
        ) from None


def create_or_read_json_object(store: ObjectStore, path: str, ours: Model) -> Model:
    """Create ``ours`` at ``path`` if that name is free. Return the object that is stored there.

    :raises DataRefused: if an existing object is unreadable, or disappears meanwhile.
    """
    if create_object(store, path, ours.model_dump_json().encode()):
        return ours
    winner = read_json_object(store, path, type(ours))
    if winner is None:
        raise DataRefused(
            f"internal file {path}: was there and is gone; nothing but Bad Buzz may change this folder"
        )
    return winner
