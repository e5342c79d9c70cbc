"""The counters in Redis or Valkey, through functions that run on the server (``functions.lua``)."""

from __future__ import annotations

import json
import uuid
from dataclasses import astuple
from typing import TYPE_CHECKING, Any, Final, cast

from badbuzz.clients.redis_client import redis_errors
from badbuzz.contracts.counters import build_topic_key
from badbuzz.errors import DataRefused, GiveUp, Misconfigured
from worker.counters.functions import ServerFunctions
from worker.counters.port import Applied, Outcome, Refused, check_partitions_unique

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from redis import Redis

    from badbuzz.contracts.counters import Buckets, CounterUpdate

LIBRARY_VERSION: Final = 8
"""The version of ``functions.lua``."""
CONTRACT: Final = "1"
"""The version of the keys that ``functions.lua`` writes."""
NO_OWNER: Final = "nobody"
"""The owner token that a worker sends for a partition it never took over. No takeover has this token."""


class RedisCounters:
    """A :class:`worker.counters.port.CounterSink` on a server that may be shared, restarted, emptied and restored.

    A newer function library than this worker's is kept: it serves older workers too, or reports that they must be upgraded.
    """

    def __init__(self, client: Redis, topic: str) -> None:
        self._functions = ServerFunctions(client, self._explain)
        self._topic = topic
        self._owners: dict[int, str] = {}
        self._buckets: Buckets
        self._topic_id: str
        self._header: str

    def open(self, topic_id: str, buckets: Buckets, partitions: int) -> None:
        """Write the counters' parameters, or check the existing ones.

        :raises Misconfigured: also if the server may evict keys, which would reduce counters silently.
        """
        self._topic_id, self._buckets = topic_id, buckets
        self.expect_partitions(partitions)

    def expect_partitions(self, partitions: int) -> None:
        """Raise the topic's number of partitions, which every call repeats, as Redis may lose it."""
        self._header = json.dumps(
            {
                "version": str(LIBRARY_VERSION),
                "topic_id": self._topic_id,
                "bucket_seconds": str(self._buckets.seconds),
                "retention_seconds": str(self._buckets.retention_seconds),
                "partitions": str(partitions),
            }
        )
        self._call("badbuzz_open")

    def check(self) -> None:
        """Check the server and the rights of its user. Load the functions if they are missing; write nothing else.

        :raises Misconfigured: if a right is missing, the server may evict keys, or it has no functions.
        """
        self._functions.check(build_topic_key(self._topic))

    def compare(self, topic_id: str, buckets: Buckets) -> None:
        """Compare the counters' parameters with the stored ones, as :meth:`open` does, but write nothing.

        :raises Misconfigured: if they differ.
        :raises DataRefused: if the counters belong to another topic of this name.
        """
        self._topic_id, self._buckets = topic_id, buckets
        version, stored_id, seconds, retention = self._read_hash(
            "meta", ("version", "topic_id", "bucket_seconds", "retention_seconds")
        )
        if version is None:
            return
        if version != CONTRACT:
            raise self._explain(f"BADBUZZ_CONTRACT {version}")
        if stored_id != topic_id:
            raise self._explain(f"BADBUZZ_TOPIC {stored_id}")
        if (seconds, retention) != (str(buckets.seconds), str(buckets.retention_seconds)):
            raise self._explain(f"BADBUZZ_BUCKETS {seconds} {retention}")

    def read_agreement(self, names: Iterable[str]) -> dict[str, str]:
        """Return what the group has agreed on, of these names."""
        names = tuple(names)
        found = zip(names, self._read_hash("group", names), strict=True)
        return {name: value for name, value in found if value is not None}

    def _read_hash(self, ending: str, names: Sequence[str]) -> list[str | None]:
        with redis_errors(self._explain, build_topic_key(self._topic)):
            found: Any = self._functions.client.hmget(f"{build_topic_key(self._topic)}:{ending}", list(names))
        return [None if value is None else value.decode() for value in found]

    def agree(self, wanted: Mapping[str, str], replaced: Mapping[str, str]) -> dict[str, str]:
        """Store ``wanted`` where nothing is stored yet, and ``replaced`` in any case. Return the stored values of both."""
        reply = cast(
            "bytes", self._call("badbuzz_agree", json.dumps(dict(wanted)), json.dumps(dict(replaced)))
        )
        return cast("dict[str, str]", json.loads(reply))

    def take_over(self, partitions: Collection[int]) -> dict[int, int | None]:
        """Become the owner and undo pending counts. One call for each partition, so that no call blocks the server for long."""
        applied = {}
        for partition in partitions:
            owner = self._owners[partition] = uuid.uuid4().hex
            reply = cast("bytes | None", self._call("badbuzz_take_over", str(partition), owner))
            applied[partition] = None if reply is None else int(reply)
        return applied

    def apply(self, updates: Sequence[CounterUpdate]) -> dict[int, Outcome]:
        """Count a micro-batch in one call."""
        check_partitions_unique(updates)
        payloads = [_payload(update, self._owner(update.partition)) for update in updates]
        replies = cast("list[tuple[bytes, bytes | None]]", self._call("badbuzz_apply", *payloads))
        return {update.partition: _outcome(*reply) for update, reply in zip(updates, replies, strict=True)}

    def touch(self, settled: Mapping[int, int], *, caught_up: bool = True) -> frozenset[int]:
        """Report how far each chain is settled and whether all records in Kafka are counted."""
        ends = {str(partition): str(end) for partition, end in settled.items()}
        owners = {str(partition): self._owner(partition) for partition in settled}
        request = json.dumps({"settled": ends, "owners": owners, "caught_up": caught_up})
        lost = cast("list[bytes]", self._call("badbuzz_touch", request))
        return frozenset(int(partition) for partition in lost)

    def fetch_clock_ms(self) -> int:
        """Fetch the server's time."""
        with redis_errors(self._explain):
            seconds, microseconds = self._functions.client.time()
        return seconds * 1000 + microseconds // 1000

    def close(self) -> None:
        """Close connections."""
        self._functions.close()

    def _owner(self, partition: int) -> str:
        return self._owners.get(partition, NO_OWNER)

    def _call(self, function: str, *arguments: str) -> object:
        return self._functions.call(function, build_topic_key(self._topic), self._header, *arguments)

    def _explain(self, message: str) -> GiveUp:
        code, _, detail = message.partition(" ")
        remove = f"redis-cli --scan --pattern '{build_topic_key(self._topic)}:*' | xargs redis-cli unlink"
        match code:
            case "BADBUZZ_TOPIC":
                return DataRefused(
                    f"redis: topic {self._topic!r} was deleted and created again: the counters belong to the topic with id "
                    f"{detail}, Kafka's has id {self._topic_id}. To discard the old counters, stop the workers and run: "
                    + remove
                )
            case "BADBUZZ_BUCKETS":
                seconds, retention = detail.split()
                return Misconfigured(
                    f"redis: the counters of topic {self._topic!r} have bucket_seconds {seconds} and retention_seconds "
                    f"{retention}; this worker is set to {self._buckets.seconds} and {self._buckets.retention_seconds}. "
                    "Set BADBUZZ_REDIS__BUCKET_SECONDS and BADBUZZ_REDIS__RETENTION_SECONDS to the same values for all "
                    f"workers. To change them, stop all workers and remove the counters, which are rebuilt from Parquet: {remove}"
                )
            case "BADBUZZ_CALLER_OLD" | "BADBUZZ_CONTRACT":
                return Misconfigured(
                    f"redis: a newer Bad Buzz has taken over the counters ({message}); upgrade this worker"
                )
            case _:
                return Misconfigured(f"redis: {message}")


def _payload(update: CounterUpdate, owner: str) -> str:
    totals, start, appended_ms = update.totals, update.start, update.appended_ms
    payload: dict[str, Any] = {
        "partition": str(update.partition),
        "owner": owner,
        "end": str(update.end),
        "settled": str(update.settled),
        "totals": [
            str(n)
            for n in (
                totals.rows,
                totals.negative,
                totals.rejected,
                totals.late,
                totals.early,
                totals.unread,
            )
        ],
        "counts": [
            [brand, str(bucket), *(str(n) for n in astuple(tally))]
            for (brand, bucket), tally in update.tallies.items()
        ],
    }
    if start is not None:
        payload["start"] = str(start)
    if appended_ms is not None:
        payload["appended_ms"] = str(appended_ms)
    return json.dumps(payload)


def _outcome(outcome: bytes, current: bytes | None) -> Outcome:
    if outcome == b"applied":
        return Applied()
    return Refused(None if current is None else int(current), owner_changed=outcome == b"taken")
