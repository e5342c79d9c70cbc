"""The staging folder, in which merged files are written and checked before they are published."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from obstore.store import LocalStore

from badbuzz.clients.storage import storage_errors
from badbuzz.system.folder_swap import UNSUPPORTED, lock_for_swap
from worker.chain.chain_file import ChainFile
from worker.chain.chain_files import ChainFiles
from worker.chain.internal.older_layout import OLD_STAGING
from worker.compact.merge import check_merged_file, check_same_rows, merge_files, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from badbuzz.clients.scored_store import ScoredStore
    from worker.chain.internal.stored_plan import CompactionPlan, MergeGroup

_PREFIX = "compact-"


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A merged file in the staging folder, and the path under which it will be published."""

    file: Path
    path: str
    group: MergeGroup


@dataclass(frozen=True, slots=True)
class StagingFolder:
    """A folder that one compaction owns. ``root`` is the local store's, if its folders can be locked; else None."""

    folder: Path
    root: Path | None

    def merge_group(
        self, files: ChainFiles, originals: Sequence[ChainFile], group: MergeGroup, plan: CompactionPlan
    ) -> StagedFile:
        """Merge a group's files and compare the result with the originals row by row.

        :raises DataRefused: if an original is damaged, or the merged file differs from the originals.
        """
        path = plan.build_merged_path(group)
        file = self.folder / Path(path).stem  # without .parquet, so that no reader takes it for data
        merge_files(files, originals, group, file)
        merged = ChainFile(
            group.partition, group.first_offset, plan.day, file.name, file.stat().st_size, group.end_offset
        )
        here = ChainFiles(LocalStore(self.folder), plan.topic)
        check_merged_file(here, merged, group)
        check_same_rows(read_rows(files, originals), read_rows(here, [merged]), path)
        return StagedFile(file, path, group)


@contextmanager
def open_staging_folder(store: ScoredStore) -> Iterator[StagingFolder]:
    """Create a staging folder: in a local store's own, else in the system's folder for temporary files."""
    staging = store.staging
    with ExitStack() as stack:
        with storage_errors("creating a staging folder"):
            if staging:
                staging.mkdir(parents=True, exist_ok=True)
            folder = Path(mkdtemp(prefix=_PREFIX, dir=staging))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            lockable = _try_to_lock(stack, folder)
        yield StagingFolder(folder, store.root if lockable else None)


def _try_to_lock(stack: ExitStack, folder: Path) -> bool:
    try:
        stack.enter_context(lock_for_swap(folder))
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        return False
    return True


def remove_abandoned_folders(store: ScoredStore) -> None:
    """Remove the staging folders of killed compactions from a local store: a folder in use is locked by its process."""
    if store.root is None or store.staging is None:
        return
    for staging in (store.staging, store.root / OLD_STAGING):
        for folder in staging.glob(f"{_PREFIX}*"):
            with suppress(OSError), lock_for_swap(folder):
                shutil.rmtree(folder, ignore_errors=True)
