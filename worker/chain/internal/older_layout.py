"""The layout of older versions, which kept internal files under ``_chain`` in the folder of the rows.

A worker or compaction of this version moves them to the internal store when it starts. Older workers may still run. They keep
the partitions that they own; when they take a partition over whose origin was moved, they refuse it, because it has files
and no origin. An origin or plan that an older version creates meanwhile is found here: objects are read from both places,
the old one first, and used only if they agree. So two versions never continue one chain from different origins.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from badbuzz.clients.storage import create_object, delete_objects, storage_errors
from badbuzz.errors import DataRefused, Misconfigured
from worker.chain.internal.write_once import create_or_read_json_object, read_json_object

if TYPE_CHECKING:
    from pathlib import Path

    from badbuzz.clients.scored_store import ScoredStore

log = logging.getLogger(__name__)

Model = TypeVar("Model", bound=BaseModel)

OLD_FOLDER = "_chain"
OLD_STAGING = "_staging"


def read_internal_object(store: ScoredStore, path: str, kind: type[Model]) -> Model | None:
    """Read an internal object of either layout; None if there is no such object.

    :raises DataRefused: if it is unreadable, or both layouts have one and they differ.
    """
    # The old place first: a concurrent move creates the new object before it deletes the old one.
    old = read_json_object(store.rows, f"{OLD_FOLDER}/{path}", kind)
    new = read_json_object(store.internal, path, kind)
    if old is not None and new is not None and old != new:
        raise DataRefused(_describe_conflict(path, old.model_dump_json(), new.model_dump_json()))
    return old if new is None else new


def claim_internal_object(store: ScoredStore, path: str, ours: Model) -> Model:
    """Store ``ours`` at ``path`` unless either layout has that object; return the stored object."""
    found = read_internal_object(store, path, type(ours))
    return create_or_read_json_object(store.internal, path, ours if found is None else found)


def list_internal_paths(store: ScoredStore) -> set[str]:
    """List the internal objects of either layout that are in no folder, by their path in the internal store."""
    with storage_errors("listing internal files"):
        new = store.internal.list_with_delimiter()["objects"]
        old = store.rows.list_with_delimiter(OLD_FOLDER)["objects"]
    moved = {entry["path"].removeprefix(f"{OLD_FOLDER}/") for entry in old}
    return {entry["path"] for entry in new} | moved


def move_internal_files(store: ScoredStore) -> None:
    """Move the internal files of an older version: copy each one unless it was copied before, then delete it.

    Workers that do this at the same time do the same. A worker that may not delete leaves the old files, with a warning.

    :raises DataRefused: if a file was copied before, with another content.
    :raises Retry: if the storage is unavailable.
    """
    with storage_errors(f"listing {OLD_FOLDER}"):
        found = [entry["path"] for chunk in store.rows.list(OLD_FOLDER) for entry in chunk]
    paths = [path for path in found if path.endswith(".json")]
    for path in paths:
        _copy(store, path)
    if paths:
        try:
            delete_objects(store.rows, paths)
        except Misconfigured as error:
            log.warning(
                "files of an older version stay among the scored rows, some readers fail on them: %s", error
            )
    if store.root:
        _remove_empty_folders(store.root)


def _copy(store: ScoredStore, path: str) -> None:
    new_path = path.removeprefix(f"{OLD_FOLDER}/")
    with storage_errors(f"reading {path}"):
        try:
            content = bytes(store.rows.get(path).bytes())
        except FileNotFoundError:  # another worker moved it
            return
    if create_object(store.internal, new_path, content):
        return
    with storage_errors(f"reading {new_path}"):
        present = bytes(store.internal.get(new_path).bytes())
    if not _is_part_of(content, present):
        raise DataRefused(
            _describe_conflict(new_path, content.decode(errors="replace"), present.decode(errors="replace"))
        )


def _is_part_of(old: bytes, new: bytes) -> bool:
    """Return whether ``new`` has every field of ``old`` with the same value."""
    try:
        return bool(json.loads(old).items() <= json.loads(new).items())
    except (ValueError, AttributeError):
        return old == new


def _describe_conflict(path: str, old: str, new: str) -> str:
    return (
        f"internal file {path} differs from {OLD_FOLDER}/{path}: {new}, and {old}. An older version of Bad Buzz runs beside "
        f"this one: stop it, and delete the file from which no scored rows were written"
    )


def _remove_empty_folders(root: Path) -> None:
    folders = [root / OLD_STAGING, *sorted((root / OLD_FOLDER).glob("**/"), reverse=True)]
    for folder in folders:
        with suppress(OSError):  # absent, or not empty
            folder.rmdir()
