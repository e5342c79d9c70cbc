from __future__ import annotations

import importlib
import pkgutil
from collections import Counter

import kafka
import pytest
from kafka import errors
from kafka.errors import KafkaError

from badbuzz.clients import kafka_failures
from badbuzz.clients.kafka_failures import (
    FAILURES,
    Failure,
    classify_failure,
    explain_failure,
    explain_lasting,
    explain_refused_write,
)
from badbuzz.errors import DataRefused, GiveUp, Misconfigured, Retry
from badbuzz.settings import KafkaSettings
from tests.badbuzz.clients.kafka_error_classes import ERROR_CLASSES, make_error

SETTINGS = KafkaSettings(bootstrap="one:9092")


@pytest.mark.parametrize("kind", ERROR_CLASSES)
def test_every_error_of_the_library_is_classified_by_itself(kind: type[KafkaError]) -> None:
    assert kind in FAILURES, "a class of its own, not that of its base"
    failed = explain_failure(SETTINGS, make_error(kind), "no answer from")
    expected = Retry if FAILURES[kind] in (Failure.PASSING, Failure.MEMBERSHIP) else GiveUp
    assert isinstance(failed, expected)
    assert kind.__name__ in str(failed), "the message repeats what the broker says"
    assert "restart the worker" not in str(failed)


def test_errors_that_other_modules_of_the_library_define_are_classified() -> None:
    for module in pkgutil.walk_packages(kafka.__path__, "kafka."):
        if not module.name.startswith(("kafka.cli", "kafka.benchmarks")) and "__main__" not in module.name:
            importlib.import_module(module.name)
    known = set()
    waiting = [KafkaError]
    while waiting:
        kind = waiting.pop()
        known.add(kind)
        waiting += kind.__subclasses__()
    ours = {kind for kind in known if not kind.__module__.startswith("kafka.")}
    unknown_codes = {kind for kind in known if kind.__name__ == "UnrecognizedBrokerError"}
    assert known - ours - unknown_codes == FAILURES.keys()


def test_no_class_has_two_meanings() -> None:
    groups = (
        kafka_failures._PASSING,
        kafka_failures._LASTING,
        kafka_failures._RECORD,
        kafka_failures._MEMBERSHIP,
    )
    assert max(Counter(kind for group in groups for kind in group).values()) == 1


@pytest.mark.parametrize("kind", [kind for kind in ERROR_CLASSES if kind.retriable])
def test_what_the_library_retries_is_passing(kind: type[KafkaError]) -> None:
    assert FAILURES[kind] is Failure.PASSING


def test_a_code_that_the_library_does_not_know_is_passing() -> None:
    assert classify_failure(errors.for_code(9_999)("new")) is Failure.PASSING


@pytest.mark.parametrize(
    "kind", [kind for kind in ERROR_CLASSES if issubclass(kind, errors.AuthorizationError)]
)
def test_refusals_name_rights_and_credentials(kind: type[KafkaError]) -> None:
    failed = explain_failure(SETTINGS, kind("tweets"), "no offsets from")
    assert isinstance(failed, Misconfigured)
    assert "kafka at one:9092 refuses us" in str(failed)


def test_a_refusal_that_the_library_puts_into_a_text_is_a_refusal() -> None:
    wrapped = KafkaError("Cannot execute: ClusterAuthorizationFailedError")
    assert "refuses us" in str(explain_failure(SETTINGS, wrapped, "no answer from"))


def test_a_passing_error_names_the_action_and_the_address() -> None:
    failed = explain_failure(SETTINGS, errors.KafkaTimeoutError("late"), "no offsets from")
    assert str(failed) == "kafka: no offsets from one:9092: KafkaTimeoutError('late')"


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        (errors.InvalidSessionTimeoutError, "BADBUZZ_KAFKA__SESSION_TIMEOUT_MS"),
        (errors.InconsistentGroupProtocolError, "BADBUZZ_KAFKA__GROUP"),
        (errors.IncompatibleBrokerVersion, "too old"),
        (errors.KafkaConfigurationError, "waiting or a restart does not help"),
    ],
)
def test_a_lasting_error_names_the_remedy(kind: type[KafkaError], remedy: str) -> None:
    assert remedy in str(explain_lasting(SETTINGS, kind("why")))


def test_a_truncated_log_is_a_matter_of_data() -> None:
    assert isinstance(explain_lasting(SETTINGS, errors.LogTruncationError({})), DataRefused)


def test_only_some_failed_writes_are_final() -> None:
    def refused(kind: type[KafkaError], records: str = "") -> str:
        return str(explain_refused_write(SETTINGS, "letters", kind("x"), records))

    assert "not allowed to write dead letters to 'letters'" in refused(
        errors.TopicAuthorizationFailedError, "dead letters"
    )
    assert "raise the topic's max.message.bytes" in refused(errors.MessageSizeTooLargeError)
    assert "message.timestamp.type" in refused(errors.InvalidTimestampError)
    for kind in (
        errors.KafkaTimeoutError,
        errors.OutOfOrderSequenceNumberError,
        errors.NotEnoughReplicasError,
    ):
        assert explain_refused_write(SETTINGS, "letters", kind("x")) is None
