"""Producers with transactions, for tests."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from kafka import KafkaProducer

if TYPE_CHECKING:
    from collections.abc import Iterable

TIMEOUT_S = 600
LONGEST_TRANSACTION_MS = 600_000
"""Longer than any test: the broker must not abort what a test leaves open."""


class TransactionalProducer:
    """Writes transactions, one after the other, to one topic."""

    def __init__(self, bootstrap: str, topic: str, compression: str | None = None) -> None:
        self._topic = topic
        self._producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            transactional_id=f"transaction-{uuid.uuid4().hex}",
            transaction_timeout_ms=LONGEST_TRANSACTION_MS,
            compression_type=compression,
            max_request_size=2_000_000,
        )
        self._producer.init_transactions()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._producer._sender.force_close()  # an open transaction stays open
        self._producer.close(timeout=1)

    def begin(self, values: Iterable[bytes], partition: int = 0, key: bytes | None = None) -> list[int]:
        """Begin a transaction, write records, and leave it open. Return their offsets."""
        self._producer.begin_transaction()
        return self.send(values, partition, key)

    def send(self, values: Iterable[bytes], partition: int = 0, key: bytes | None = None) -> list[int]:
        """Write records in the open transaction. Return their offsets."""
        sent = [self._producer.send(self._topic, value, key, partition=partition) for value in values]
        self._producer.flush(TIMEOUT_S)
        return [int(one.get(TIMEOUT_S).offset) for one in sent]

    def commit(self) -> None:
        self._producer.commit_transaction()

    def abort(self) -> None:
        self._producer.abort_transaction()

    def write(self, values: Iterable[bytes], partition: int = 0, *, committed: bool) -> list[int]:
        """Write one whole transaction. Return the offsets of its records; the marker's is one more."""
        offsets = self.begin(values, partition)
        if committed:
            self.commit()
        else:
            self.abort()
        return offsets
