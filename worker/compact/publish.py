"""Publishes merged files in place of small ones: all at once where folders can be swapped, else one by one."""

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
    from worker.chain.chain_files import ChainFiles
    from worker.chain.internal.stored_plan import CompactionPlan
    from worker.compact.staging import StagedFile, StagingFolder

_LOCK_PATIENCE_S = 10.0
"""Publishers lock a folder for a moment. A process that holds the lock longer is frozen."""

_GRACE_S = 1.0
"""How long the old folder is kept. A reader that is listing it sees all of it, and then fails to open a file that is gone,
instead of silently using half a listing."""


def publish_merged_file(store: ObjectStore, staged: StagedFile) -> None:
    """Publish one merged file unless it exists. From then on it supersedes the originals. Memory holds the whole file.

    :raises Retry: if the storage is unavailable.
    """
    create_object(store, staged.path, staged.file.read_bytes())


def delete_superseded(store: ObjectStore, files: ChainFiles, plan: CompactionPlan) -> None:
    """Delete the files that the day's merged files supersede, after checking these as they are stored.

    Superseded files are the originals, and files published by workers that were frozen during the compaction.

    :raises DataRefused: if a merged file does not match the plan. The files that it supersedes are then kept.
    """
    valid, superseded = separate_superseded(files.list_folder(plan.folder))
    groups = {plan.build_merged_path(group): group for group in plan.groups}
    for merged in valid:
        covered = [file for file in superseded if _covers(merged, file)]
        if not covered:
            continue
        if merged.path not in groups:
            raise DataRefused(
                f"{merged.path}: no plan says what it was merged from; nothing that it supersedes was deleted"
            )
        check_merged_file(files, merged, groups[merged.path])
        delete_objects(store, [file.path for file in covered])


def swap_day_folder(staging: StagingFolder, plan: CompactionPlan, staged: Sequence[StagedFile]) -> bool:
    """Swap the day's folder for a new one, which holds the merged files and all others that they do not supersede.

    Return False, without changing anything, if the file system does not support it.

    :raises Retry: if a process that publishes into the folder is frozen.
    """
    if staging.root is None:
        return False
    current = staging.root / plan.folder
    with storage_errors(f"swapping {current.name}"), ExitStack() as stack:
        try:
            _lock(stack, current)
            fresh = _make_folder(staging, current, plan, staged)
            is_swapped = swap_folders(fresh, current)
        except OSError as error:
            if error.errno in UNSUPPORTED:
                return False
            raise
        if is_swapped:
            flush_folder(staging.root)
            flush_folder(staging.folder)
    if is_swapped:
        time.sleep(_GRACE_S)
    return is_swapped


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


def _make_folder(
    staging: StagingFolder, current: Path, plan: CompactionPlan, staged: Sequence[StagedFile]
) -> Path:
    fresh = staging.folder / current.name
    fresh.mkdir()
    shutil.copystat(current, fresh)
    before = current.stat()
    os.chown(fresh, before.st_uid, before.st_gid)
    for new in staged:
        with new.file.open("rb") as file:
            os.fsync(file.fileno())
        (fresh / Path(new.path).name).hardlink_to(new.file)
    for name in sorted(_names_to_keep(current, plan, staged)):
        (fresh / name).hardlink_to(current / name)
    flush_folder(fresh)
    return fresh


def _names_to_keep(current: Path, plan: CompactionPlan, staged: Sequence[StagedFile]) -> set[str]:
    """Return the names in the folder that no merged file supersedes, including those of foreign files."""
    present = {path.name for path in current.iterdir()}
    new = {Path(item.path).name for item in staged}
    known = [parse_chain_file(plan.topic, f"{current.name}/{name}", 0) for name in present | new]
    superseded = separate_superseded(file for file in known if file)[1]
    return present - new - {Path(file.path).name for file in superseded}


def _covers(merged: ChainFile, file: ChainFile) -> bool:
    return (
        merged.end_offset is not None
        and merged.partition == file.partition
        and merged.first_offset <= file.first_offset < merged.end_offset
    )
