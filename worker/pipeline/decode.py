"""Decodes records into tweets, and tweets into columns. A record that cannot be decoded becomes a dead letter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.contracts.scored_row import NEGATIVE, POSITIVE, SCHEMA
from badbuzz.contracts.tweet import CONTEXT_SEPARATOR, Tweet, decode_tweet
from badbuzz.errors import BadRecord
from worker.dead_letters.port import DeadLetter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from worker.core.slices import DeliveredRecords
    from worker.source.port import Record

_EXPECTED = {0: NEGATIVE, 1: POSITIVE, None: None}
_FROM_TWEET = ("id", "text", "created_at", "author", "lang", "source", "kind", "original_id")


@dataclass(slots=True)
class DecodedBatch:
    """The decoded records with their arrivals and tweets, in order, the dead letters of others, and the skipped tombstones."""

    records: list[Record] = field(default_factory=list)
    arrived_ms: list[int] = field(default_factory=list)
    tweets: list[Tweet] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    tombstones: list[Record] = field(default_factory=list)

    def reject(self, bad: dict[int, BadRecord]) -> DecodedBatch:
        """Return a batch in which the tweets at these indices are dead letters."""
        kept = [index for index in range(len(self.records)) if index not in bad]
        letters = [DeadLetter(self.records[index], error) for index, error in bad.items()]
        return DecodedBatch(
            [self.records[index] for index in kept],
            [self.arrived_ms[index] for index in kept],
            [self.tweets[index] for index in kept],
            [*self.letters, *letters],
            self.tombstones,
        )

    def build_columns(self) -> dict[str, pa.Array]:
        """Return the columns of :data:`badbuzz.contracts.scored_row.SCHEMA` that come from the tweet and its record."""
        columns = {
            name: pa.array([tweet.get(name) for tweet in self.tweets], SCHEMA.field(name).type)
            for name in _FROM_TWEET
        }
        expected = [_EXPECTED[tweet.get("label")] for tweet in self.tweets]
        columns["expected_label"] = pa.array(expected, pa.string())
        appended = pa.array(self.arrived_ms, pa.int64())
        columns["appended_at"] = appended.cast(SCHEMA.field("appended_at").type)
        columns["partition"] = pa.array([record.partition for record in self.records], pa.int32())
        columns["offset"] = pa.array([record.offset for record in self.records], pa.int64())
        return columns

    def build_searched_texts(self, texts: pa.Array) -> pa.Array:
        """Return what brands are searched in: each text with its context. ``texts`` is the column of texts."""
        contexts = [tweet.get("context") for tweet in self.tweets]
        if not any(contexts):
            return texts
        added = pa.array(
            [CONTEXT_SEPARATOR + context if context else "" for context in contexts], pa.string()
        )
        return pc.binary_join_element_wise(texts, added, "")


def decode_records(batch: Iterable[DeliveredRecords], *, skip_tombstones: bool = True) -> DecodedBatch:
    """Decode the records of several partitions. A bad record raises no error.

    A tombstone (a record without a value) is skipped, or is a bad record.
    """
    decoded = DecodedBatch()
    for delivered in batch:
        for record, arrived_ms in zip(delivered.records, delivered.arrived_ms.tolist(), strict=True):
            try:
                tweet = decode_tweet(record.value)
            except BadRecord as error:
                if record.value is None and skip_tombstones:
                    decoded.tombstones.append(record)
                else:
                    decoded.letters.append(DeadLetter(record, error))
            else:
                decoded.records.append(record)
                decoded.arrived_ms.append(arrived_ms)
                decoded.tweets.append(tweet)
    return decoded
