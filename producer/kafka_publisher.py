"""The :class:`~producer.publisher.Publisher` to Kafka: an idempotent kafka-python producer that waits for absent brokers."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from badbuzz.clients.kafka_client import build_client_options
from badbuzz.clients.kafka_failures import explain_lasting, may_pass
from badbuzz.errors import DependencyDown, GiveUp
from producer.publisher import encode_record
from producer.silence_warning import SilenceWarning
from producer.topic import ensure_topic

if TYPE_CHECKING:
    import threading

    from kafka.producer.future import FutureRecordMetadata

    from badbuzz.contracts.tweet import Tweet
    from badbuzz.settings import KafkaSettings

MAX_IN_FLIGHT: Final = 20_000
"""Unacknowledged tweets. kafka-python's buffer is unbounded: a broker that is away for an hour would exhaust memory."""

DELIVERY_TIMEOUT_MS: Final = 2**31 - 1
"""25 days. With kafka-python's default, a tweet is dropped after two minutes without a broker."""

BATCH_BYTES: Final = 256 * 1024
"""kafka-python wakes its sender by a system call for every tweet that does not fit into a batch: small batches cost CPU."""

FLUSH_AFTER_STOP_S: Final = 30.0
"""How long a stopping producer waits for an absent broker. Kubernetes kills a container after thirty seconds."""

_CLOSE_TIMEOUT_S: Final = 1.0
_POLL_S: Final = 0.1
_COLLECT_EVERY: Final = 500


class KafkaPublisher:
    """Sends to ``kafka.topic`` with acks=all and idempotence, and waits while brokers are absent.

    :param stop: set when the process is asked to stop; from then on waits are limited.
    :raises Misconfigured: if the topic is missing and must not be created, or the broker refuses access.
    :raises DependencyDown: if no broker answers at the start.
    """

    def __init__(self, kafka: KafkaSettings, stop: threading.Event, *, create_topic: bool = True) -> None:
        ensure_topic(kafka, create=create_topic)
        self._kafka = kafka
        self._stop = stop
        self._in_flight: deque[FutureRecordMetadata] = deque()
        self._sent = 0
        self._silence = SilenceWarning(f"kafka at {kafka.bootstrap}")
        self._next_collect = 0.0
        try:
            self._producer = KafkaProducer(
                **build_client_options(kafka, "badbuzz-produce"),
                acks="all",
                enable_idempotence=True,
                compression_type=kafka.codec,
                batch_size=BATCH_BYTES,
                linger_ms=10,
                delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
                max_block_ms=1_000,
                reconnect_backoff_max_ms=2_000,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        except KafkaError as error:
            raise self._explain_failure(error) from None

    def send(self, tweet: Tweet) -> None:
        """Send one tweet. Blocks while 20,000 are unacknowledged, unless a stop was requested."""
        key, value = encode_record(tweet)
        if not self._in_flight:
            self._silence.note_answer()
        self._in_flight.append(self._enqueue(key, value))
        self._sent += 1
        if self._sent % _COLLECT_EVERY == 0 or time.monotonic() > self._next_collect:
            self._collect_results()
            self._wait_for_room(MAX_IN_FLIGHT)

    def flush(self) -> None:
        """Wait until all sent tweets are acknowledged."""
        self._wait_for_room(0)
        deadline = time.monotonic() + FLUSH_AFTER_STOP_S
        while self._in_flight and time.monotonic() < deadline:
            self._wait_for_oldest()
        if self._in_flight:
            raise DependencyDown(
                f"kafka at {self._kafka.bootstrap} stays away: {len(self._in_flight):,} of {self._sent:,} tweets "
                f"were not acknowledged within {FLUSH_AFTER_STOP_S:.0f} s and may be lost"
            )

    def close(self) -> None:
        """Close the connection."""
        try:
            self._producer.close(timeout=_CLOSE_TIMEOUT_S)
        except KafkaTimeoutError:
            # close() stops waiting, but it keeps the sender's thread. flush() has reported the unsent tweets.
            self._producer._sender.force_close()  # noqa: SLF001 - kafka-python has no public method
            self._producer.close(timeout=_CLOSE_TIMEOUT_S)

    def _enqueue(self, key: bytes, value: bytes) -> FutureRecordMetadata:
        while True:
            try:
                return self._producer.send(self._kafka.topic, value, key)
            except KafkaTimeoutError:  # no metadata: no broker was reachable since the start
                if self._stop.is_set():
                    raise self._explain_failure(KafkaTimeoutError("no metadata")) from None
            except KafkaError as error:
                raise self._explain_failure(error) from None

    def _wait_for_room(self, most: int) -> None:
        """Wait until at most ``most`` tweets are unacknowledged, or a stop is requested."""
        while len(self._in_flight) > most and not self._stop.is_set():
            self._wait_for_oldest()

    def _wait_for_oldest(self) -> None:
        with suppress(KafkaError):  # failed or not done yet: _collect_results checks
            self._in_flight[0].get(timeout=_POLL_S)
        self._collect_results()

    def _collect_results(self) -> None:
        self._next_collect = time.monotonic() + _POLL_S
        if not self._in_flight[0].is_done:
            self._silence.note_waiting()
            return
        self._silence.note_answer()
        while self._in_flight and self._in_flight[0].is_done:
            done = self._in_flight.popleft()
            if done.failed():
                raise self._explain_failure(done.exception)

    def _explain_failure(self, error: KafkaError) -> GiveUp:
        if not may_pass(error):
            return explain_lasting(self._kafka, error)
        return DependencyDown(
            f"kafka at {self._kafka.bootstrap} does not take tweets for {self._kafka.topic!r}: {error!r}"
        )
