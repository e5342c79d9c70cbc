"""Reads every internal file that a worker or ``badbuzz compact`` reads, and checks it against its name and the chains."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from badbuzz.clients.storage import storage_errors
from badbuzz.errors import DataRefused
from worker.chain.internal.agreed_day import AgreedDay, build_day_path
from worker.chain.internal.identity import IDENTITY_PATH, read_identity
from worker.chain.internal.older_layout import OLD_FOLDER
from worker.chain.internal.origin import build_origin_path, list_claimed_partitions, read_origin
from worker.chain.internal.redis_identity import build_redis_identity_path, read_latest_redis
from worker.chain.internal.stored_plan import PLANS_FOLDER, CompactionPlan, build_plan_path, read_plan
from worker.chain.internal.topic_record import build_topic_record_path, read_topic_record
from worker.chain.internal.write_once import read_json_object
from worker.verify.report import Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from badbuzz.clients.scored_store import ScoredStore
    from worker.chain.chain_file import ChainFile
    from worker.chain.chain_files import ChainFiles
    from worker.chain.internal.origin import Origin
    from worker.chain.internal.topic_record import TopicRecord
    from worker.source.topics import Topic

Read = TypeVar("Read")

_STOPS_WORKERS = "no worker can start"
_STOPS_TAKEOVER = "no worker can start, and `badbuzz compact` stops"
_STOPS_GROUP = "no worker can start, and running workers end"
_STOPS_COMPACT = "`badbuzz compact` refuses this day"
_STOPS_PUBLISHING = "a worker that publishes from this offset ends"
_DOUBLES_ROWS = "a late worker that publishes from this offset would store its rows again"

_RANDOM_NAME = re.compile(r"[0-9a-f]{32}")


class InternalFileCheck:
    """One check of the internal files of a topic. It collects ``violations``; what is broken is left out of the results.

    :param topic: the topic as Kafka describes it; None if Kafka is not asked.
    """

    def __init__(self, store: ScoredStore, name: str, topic: Topic | None) -> None:
        self._store = store
        self._name = name
        self._topic = topic
        self.violations: list[Violation] = []

    def read_origins(self) -> dict[int, Origin | None]:
        """Read and check all origins. A broken one is None."""
        origins: dict[int, Origin | None] = {}
        for number in list_claimed_partitions(self._store, self._name):
            path = build_origin_path(self._name, number)
            origin = self._read(
                _STOPS_TAKEOVER,
                partial(read_origin, self._store, self._name, number),
                number,
            )
            origins[number] = origin
            if origin and (
                (origin.topic, origin.partition) != (self._name, number) or origin.start_offset < 0
            ):
                origins[number] = None
                found = f"its content is that of {origin.topic}-{origin.partition} from offset {origin.start_offset} on"
                self._add(path, found, _STOPS_TAKEOVER, number)
        return origins

    def read_topic_record(self, origins: Mapping[int, Origin]) -> TopicRecord | None:
        """Read the topic record; compare it with the topic or, without Kafka, with the origins."""
        path = build_topic_record_path(self._name)
        record = self._read(_STOPS_WORKERS, lambda: read_topic_record(self._store, self._name))
        ids = {path: record.topic_id} if record else {}
        if self._topic is None:
            ids |= {
                build_origin_path(self._name, number): origin.topic_id for number, origin in origins.items()
            }
        known = self._topic.id if self._topic else next(iter(ids.values()), "")
        for other, topic_id in ids.items():
            if topic_id != known:
                where = "Kafka's topic" if self._topic else next(iter(ids))
                self._add(other, f"names topic id {topic_id}; {where} has id {known}", _STOPS_WORKERS)
        if record is None:
            return None
        if record.topic != self._name or record.partitions < 1:
            self._add(
                path, f"describes topic {record.topic!r} with {record.partitions} partitions", _STOPS_WORKERS
            )
            return None
        if self._topic and record.partitions > len(self._topic.partitions):
            self._add(
                path,
                f"says that the topic had {record.partitions} partitions; it has {len(self._topic.partitions)}",
                "later partitions begin at the wrong offset",
            )
            return None
        return record

    def check_identities(self) -> None:
        """Check the identity of the store, and the latest identity of Redis."""
        identity = self._read(_STOPS_WORKERS, lambda: read_identity(self._store.internal))
        if identity is not None and not _RANDOM_NAME.fullmatch(identity):
            self._add(IDENTITY_PATH, f"holds {identity!r}, which is not an identity", _STOPS_WORKERS)
        latest = self._read(_STOPS_GROUP, lambda: read_latest_redis(self._store.internal, self._name))
        if latest is not None and not _RANDOM_NAME.fullmatch(latest[1]):
            path = build_redis_identity_path(self._name, latest[0])
            self._add(path, f"holds {latest[1]!r}, which is not an identity", _STOPS_WORKERS)

    def check_days(self, chains: Mapping[int, Sequence[ChainFile]]) -> None:
        """Check all agreed days, also against the files of ``chains``."""
        pattern = re.compile(rf"days/{re.escape(self._name)}-(0|[1-9][0-9]*)-([0-9]{{20}})\.json")
        days = _index_days(chains)
        for path in self._list("days/"):
            if not (found := pattern.fullmatch(path)):
                continue
            partition, offset = int(found[1]), int(found[2])
            published = days.get((partition, offset)) or _find_merged_day(chains.get(partition, ()), offset)
            agreed = self._read(
                _STOPS_PUBLISHING,
                partial(read_json_object, self._store.internal, path, AgreedDay),
                partition,
                offset,
            )
            if agreed is None:
                continue
            if build_day_path(agreed.topic, agreed.partition, agreed.first_offset) != path:
                content = f"{agreed.topic}-{agreed.partition} at offset {agreed.first_offset}"
                self._add(path, f"its content is that of {content}", _STOPS_PUBLISHING, partition, offset)
            elif published is not None and agreed.day != published:
                problem = f"says {agreed.day}, but the file that begins there is of {published}"
                self._add(path, problem, _DOUBLES_ROWS, partition, offset)

    def check_plans(self, files: ChainFiles, stored: Iterable[ChainFile]) -> None:
        """Check all plans of compactions: each group's merged file, or all its original files, must be stored."""
        paths = {file.path for file in stored}
        for day in self._list_plan_days():
            path = build_plan_path(self._name, day)
            plan = self._read(_STOPS_COMPACT, partial(read_plan, self._store, self._name, day))
            if plan is None:
                continue
            if (plan.topic, plan.day) != (self._name, day):
                self._add(path, f"its content is that of {plan.topic} on {plan.day}", _STOPS_COMPACT)
                continue
            if any(_find_missing(plan, paths)):  # or a compaction ran during the listing
                paths |= {file.path for file in files.list_folder(plan.folder)}
            for partition, offset, missing in _find_missing(plan, paths):
                problem = f"neither the merged file nor {missing} is there"
                self._add(path, problem, _STOPS_COMPACT, partition, offset)

    def _list_plan_days(self) -> list[date]:
        prefix = f"{PLANS_FOLDER}/{self._name}/"
        listed = {*self._list(prefix), *self._list(f"{OLD_FOLDER}/{prefix}", old=True)}
        names = {path.rpartition("/")[2] for path in listed}
        return sorted(day for name in names if (day := _parse_day(name)))

    def _list(self, prefix: str, *, old: bool = False) -> list[str]:
        with storage_errors(f"listing {prefix}"):
            chunks = (self._store.rows if old else self._store.internal).list(prefix)
            return sorted(str(entry["path"]) for chunk in chunks for entry in chunk)

    def _read(
        self,
        effect: str,
        read: Callable[[], Read],
        partition: int | None = None,
        offset: int | None = None,
    ) -> Read | None:
        try:
            return read()
        except DataRefused as error:
            self.violations.append(Violation(partition, offset, f"{error}. Until then {effect}"))
            return None

    def _add(
        self, path: str, problem: str, effect: str, partition: int | None = None, offset: int | None = None
    ) -> None:
        text = f"internal file {path}: {problem}; restore it from a backup. Until then {effect}"
        self.violations.append(Violation(partition, offset, text))


def _parse_day(name: str) -> date | None:
    """Return the day of a plan by its name; None if no plan has that name."""
    with suppress(ValueError):
        day = date.fromisoformat(name.removesuffix(".json"))
        return day if name == f"{day.isoformat()}.json" else None
    return None


def _index_days(chains: Mapping[int, Sequence[ChainFile]]) -> dict[tuple[int, int], date]:
    return {(file.partition, file.first_offset): file.day for chain in chains.values() for file in chain}


def _find_merged_day(chain: Sequence[ChainFile], offset: int) -> date | None:
    """Return the day of the merged file that holds ``offset``: it has the day of its originals."""
    return next(
        (file.day for file in chain if file.end_offset and file.first_offset <= offset < file.end_offset),
        None,
    )


def _find_missing(plan: CompactionPlan, paths: set[str]) -> Iterator[tuple[int, int, str]]:
    for group in plan.groups:
        lost = sorted(set(group.files) - paths)
        if lost and plan.build_merged_path(group) not in paths:
            yield group.partition, group.first_offset, lost[0]
