"""From small files to merged ones: in one step where folders can be exchanged, else one after the other."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from badbuzz.clients.storage import create_object, delete_objects, storage_errors
from badbuzz.errors import DataRefused
from badbuzz.system.folder_swap import UNSUPPORTED, flush_folder, lock_for_swap, swap_folders
from worker.chain.chain_file import parse_chain_file, separate_superseded
from worker.compact.merge import check_merged_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obstore.store import ObjectStore

    from worker.chain.chain_file import ChainFile
    from worker.chain.files import ChainFiles
    from worker.compact.plan import CompactionPlan
    from worker.compact.staging import StagedFile, StagingFolder

_LOCK_PATIENCE_S = 10.0
"""Publishers hold a folder for a moment; one that holds it longer is frozen."""

_GRACE_S = 1.0
"""How long the old folder is kept: who had opened it to list it finds it whole, and then fails to open a file by a name
that is gone, instead of listing a half and believing it."""


def publish_merged_file(store: ObjectStore, made: StagedFile) -> None:
    """Publish one merged file unless somebody has: from now on it supersedes the originals. Memory holds the file.

    :raises Retry: if the storage is away.
    """
    create_object(store, made.path, made.file.read_bytes())


def delete_superseded(store: ObjectStore, files: ChainFiles, plan: CompactionPlan) -> None:
    """Delete what the day's merged files supersede, once these are proven as they are stored.

    That is what they were merged from, and what workers published that slept through the compaction.

    :raises DataRefused: if a merged file is not what the plan says; then what it supersedes stays.
    """
    valid, superseded = separate_superseded(files.list_folder(plan.folder))
    groups = {plan.merged_path(group): group for group in plan.groups}
    for merged in valid:
        covered = [file for file in superseded if _covers(merged, file)]
        if not covered:
            continue
        if merged.path not in groups:
            raise DataRefused(
                f"{merged.path}: no plan tells what it was merged from; nothing that it supersedes was deleted"
            )
        check_merged_file(files, merged, groups[merged.path])
        delete_objects(store, [file.path for file in covered])


def exchange_folder(staging: StagingFolder, plan: CompactionPlan, made: Sequence[StagedFile]) -> bool:
    """Put the day's folder away and another in its place, which has merged files instead of those that they supersede.

    Whatever else is in the folder is in the new one, too. False, and nothing done, if that cannot be had here.

    :raises Retry: if a process that publishes into the folder is frozen.
    """
    if staging.root is None:
        return False
    current = staging.root / plan.folder
    with storage_errors(f"exchanging {current.name}"), ExitStack() as stack:
        try:
            _lock(stack, current)
            fresh = _furnish(staging, current, plan, made)
            exchanged = swap_folders(fresh, current)
        except OSError as error:
            if error.errno in UNSUPPORTED:
                return False
            raise
        if exchanged:
            flush_folder(staging.root)
            flush_folder(staging.folder)
    if exchanged:
        time.sleep(_GRACE_S)
    return exchanged


def _lock(stack: ExitStack, folder: Path) -> None:
    deadline = time.monotonic() + _LOCK_PATIENCE_S
    while True:
        try:
            stack.enter_context(lock_for_swap(folder))
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _furnish(staging: StagingFolder, current: Path, plan: CompactionPlan, made: Sequence[StagedFile]) -> Path:
    fresh = staging.folder / current.name
    fresh.mkdir()
    shutil.copystat(current, fresh)
    before = current.stat()
    os.chown(fresh, before.st_uid, before.st_gid)
    for new in made:
        _flush_file(new.file)
        (fresh / Path(new.path).name).hardlink_to(new.file)
    for name in sorted(_staying(current, plan, made)):
        (fresh / name).hardlink_to(current / name)
    flush_folder(fresh)
    return fresh


def _staying(current: Path, plan: CompactionPlan, made: Sequence[StagedFile]) -> set[str]:
    """Name what neither the new files nor those that are there supersede, be it ours or not."""
    present = {path.name for path in current.iterdir()}
    new = {Path(item.path).name for item in made}
    known = [parse_chain_file(plan.topic, f"{current.name}/{name}", 0) for name in present | new]
    superseded = separate_superseded(file for file in known if file)[1]
    return present - new - {Path(file.path).name for file in superseded}


def _flush_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _covers(merged: ChainFile, file: ChainFile) -> bool:
    return (
        merged.end_offset is not None
        and merged.partition == file.partition
        and merged.first_offset <= file.first_offset < merged.end_offset
    )
