"""Dead letters on Kafka."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaAdminClient

from badbuzz.clients import kafka_client
from badbuzz.errors import BadRecord, Retry
from badbuzz.settings import KafkaSettings
from worker.dead_letters import kafka_sink
from worker.dead_letters.kafka_sink import HEADER_CHARACTERS, KafkaDeadLetters, connect_headers
from worker.dead_letters.port import DeadLetter
from worker.source.memory import MemoryRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.servers.broker import Broker


HEADER_NAMES = {
    "__connect.errors.topic",
    "__connect.errors.partition",
    "__connect.errors.offset",
    "__connect.errors.stage",
    "__connect.errors.exception.class.name",
    "__connect.errors.exception.message",
}


def letter(
    value: bytes | None = b"{no json", *, offset: int = 7, key: bytes | None = b"k", problem: str = "bad"
) -> DeadLetter:
    return DeadLetter(MemoryRecord(3, offset, 1_700_000_000_000, key, value), BadRecord("decode", problem))


def test_nothing_to_send_is_no_reason_to_connect() -> None:
    sink = KafkaDeadLetters(KafkaSettings(bootstrap="127.0.0.1:1"), "badbuzz-test")
    sink.close()


def test_neither_key_nor_value_still_makes_a_letter(kafka: Broker, new_topic: Callable[..., str]) -> None:
    """Other clients send such records; ours can only send it on with an empty key."""
    sink = KafkaDeadLetters(
        KafkaSettings(bootstrap=kafka.bootstrap, dead_letter_topic=new_topic(1)), "badbuzz-test"
    )
    sink.send([letter(None, key=None)])
    sink.close()


@pytest.mark.apache_kafka
def test_a_missing_topic_is_made_for_letters_of_any_size(kafka: Broker) -> None:
    settings = KafkaSettings(bootstrap=kafka.bootstrap, dead_letter_topic=f"test-{uuid.uuid4().hex}")
    sink = KafkaDeadLetters(settings, "badbuzz-test")
    sink.send([letter(b"x" * 2_000_000)])
    sink.close()
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        assert settings.dead_letter_topic in admin.list_topics()
        admin.delete_topics([settings.dead_letter_topic])


def test_a_message_cannot_outgrow_its_record() -> None:
    told = dict(connect_headers("tweets", letter(problem="é" * 5_000)))
    assert told.keys() == HEADER_NAMES
    assert told["__connect.errors.exception.message"].decode() == "é" * HEADER_CHARACTERS


def test_a_message_that_is_no_unicode_is_sent_all_the_same() -> None:
    told = dict(connect_headers("tweets", letter(problem="lone \ud83d surrogate")))
    assert told["__connect.errors.exception.message"] == b"lone ? surrogate"


def test_where_nobody_answers_letters_may_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_client, "BOOTSTRAP_TIMEOUT_MS", 300)
    monkeypatch.setattr(kafka_sink, "SEND_TIMEOUT_S", 1)
    sink = KafkaDeadLetters(KafkaSettings(bootstrap="127.0.0.1:1"), "badbuzz-test")
    for _ in range(2):
        with pytest.raises(Retry, match="kafka: "):
            sink.send([letter()])
    sink.close()
