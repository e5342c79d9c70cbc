"""What the source on Kafka raises for each error of kafka-python."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

import pytest
from kafka import errors

from badbuzz.clients.kafka_failures import FAILURES, Failure
from badbuzz.errors import GiveUp, Retry
from badbuzz.settings import KafkaSettings
from tests.badbuzz.clients.kafka_error_classes import ERROR_CLASSES, make_error
from worker.source import kafka as kafka_source
from worker.source.kafka import KafkaSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kafka.errors import KafkaError

HANDLED = (errors.OffsetOutOfRangeError, errors.LogTruncationError)
"""The source starts these partitions again: see test_port.py."""
TOPIC_ID = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def consumer() -> Iterator[mock.Mock]:
    with (
        mock.patch.object(kafka_source, "KafkaConsumer") as made,
        mock.patch.object(kafka_source, "patch_coordinator"),
        mock.patch.object(kafka_source, "use_fast_reader"),
        mock.patch.object(kafka_source, "pin_topic"),
        mock.patch.object(kafka_source, "find_topic_id", return_value=None),
    ):
        yield made.return_value


@pytest.fixture
def source(consumer: mock.Mock) -> KafkaSource:
    consumer.assignment.return_value = set()
    return KafkaSource(KafkaSettings(bootstrap="one:9092"), "member", TOPIC_ID)


@pytest.mark.parametrize("kind", ERROR_CLASSES)
def test_requests_are_retried_only_if_the_error_may_pass(
    kind: type[KafkaError], consumer: mock.Mock, source: KafkaSource
) -> None:
    consumer.beginning_offsets.side_effect = consumer.end_offsets.side_effect = make_error(kind)
    passes = FAILURES[kind] in (Failure.PASSING, Failure.MEMBERSHIP)
    for request in (lambda: source.fetch_bounds({0}), source.fetch_progress):
        with pytest.raises(Retry if passes else GiveUp, match=kind.__name__):
            request()


@pytest.mark.parametrize("kind", ERROR_CLASSES)
def test_a_commit_is_retried_refused_or_final(
    kind: type[KafkaError], consumer: mock.Mock, source: KafkaSource
) -> None:
    consumer.commit.side_effect = make_error(kind)
    if FAILURES[kind] is Failure.MEMBERSHIP:
        assert not source.commit({0: 1})
        return
    with pytest.raises(Retry if FAILURES[kind] is Failure.PASSING else GiveUp, match=kind.__name__):
        source.commit({0: 1})


@pytest.mark.parametrize("kind", [kind for kind in ERROR_CLASSES if kind not in HANDLED])
def test_only_lasting_errors_end_a_poll(
    kind: type[KafkaError], consumer: mock.Mock, source: KafkaSource
) -> None:
    consumer.poll.side_effect = make_error(kind)
    if FAILURES[kind] in (Failure.PASSING, Failure.MEMBERSHIP):
        assert source.poll(0, 1).records == {}
        return
    with pytest.raises(GiveUp, match=kind.__name__) as given_up:
        source.poll(0, 1)
    assert "restart the worker" not in str(given_up.value)


@pytest.mark.parametrize("kind", ERROR_CLASSES)
def test_leaving_the_group_never_fails(
    kind: type[KafkaError], consumer: mock.Mock, source: KafkaSource
) -> None:
    consumer.close.side_effect = make_error(kind)
    source.close()
