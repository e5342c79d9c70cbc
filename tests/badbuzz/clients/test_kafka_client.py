from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import (
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    LeaderNotAvailableError,
    NoError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from pydantic import SecretStr

from badbuzz.clients.kafka_client import (
    build_client_options,
    check_topic_exists,
    explain_absence,
    explain_absence_as_retry,
    kafka_errors,
)
from badbuzz.embedded.loopback_port import LoopbackPort
from badbuzz.errors import DependencyDown, Misconfigured, Retry
from badbuzz.settings import KafkaSettings

if TYPE_CHECKING:
    from pathlib import Path


def test_plaintext_has_no_security_options() -> None:
    options = build_client_options(KafkaSettings(bootstrap="one:9092,two:9093"), "badbuzz-test")
    assert options["bootstrap_servers"] == ["one:9092", "two:9093"]
    assert options["client_id"] == "badbuzz-test"
    assert options["security_protocol"] == "PLAINTEXT"
    assert not any(name.startswith(("sasl", "ssl")) for name in options)


def test_credentials_and_certificates_are_passed_on(tmp_path: Path) -> None:
    authorities = tmp_path / "ca.pem"
    authorities.touch()
    kafka = KafkaSettings(
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="worker",
        sasl_password=SecretStr("hunter2"),
        ssl_cafile=str(authorities),
    )
    options = build_client_options(kafka, "badbuzz-test")
    assert {name: options[name] for name in options if name.startswith(("sasl", "ssl", "security"))} == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "worker",
        "sasl_plain_password": "hunter2",
        "ssl_cafile": str(authorities),
    }


def test_a_missing_ca_file_is_reported_as_misconfigured(tmp_path: Path) -> None:
    missing = str(tmp_path / "ca.pem")
    with pytest.raises(Misconfigured, match=r"BADBUZZ_KAFKA__SSL_CAFILE: there is no file .*ca\.pem"):
        build_client_options(KafkaSettings(security_protocol="SSL", ssl_cafile=missing), "badbuzz-test")


@pytest.mark.parametrize("client", [KafkaConsumer, KafkaProducer, KafkaAdminClient])
def test_every_client_knows_every_option(client: type) -> None:
    kafka = KafkaSettings(
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_username="worker",
        sasl_password=SecretStr("hunter2"),
    )
    assert build_client_options(kafka, "badbuzz-test").keys() <= client.DEFAULT_CONFIG.keys()  # type: ignore[attr-defined]  # kafka-python has no types


SECURED = {
    "security_protocol": "SASL_PLAINTEXT",
    "sasl_mechanism": "PLAIN",
    "sasl_username": "worker",
    "sasl_password": "hunter2",
}


def test_an_address_without_a_server_means_an_absent_broker() -> None:
    with LoopbackPort() as port:
        kafka = KafkaSettings.model_validate({"bootstrap": port.address, **SECURED})
        error = explain_absence(kafka, KafkaTimeoutError("no time left"))
    assert isinstance(error, DependencyDown)
    assert f"no answer from {port.address}" in str(error)


def test_an_address_with_a_server_means_wrong_credentials() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        bootstrap = f"127.0.0.1:{server.getsockname()[1]}"
        kafka = KafkaSettings.model_validate({"bootstrap": bootstrap, **SECURED})
        error = explain_absence(kafka, KafkaTimeoutError("no time left"))
        plain = explain_absence(KafkaSettings(bootstrap=bootstrap), KafkaTimeoutError("no time left"))
    assert isinstance(error, Misconfigured)
    assert "BADBUZZ_KAFKA__SASL_*" in str(error)
    assert "hunter2" not in str(error)
    assert isinstance(plain, DependencyDown)
    assert "another security_protocol than PLAINTEXT?" in str(plain)


def test_an_absence_can_be_retried_but_wrong_credentials_cannot() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        bootstrap = f"127.0.0.1:{server.getsockname()[1]}"
        secured = KafkaSettings.model_validate({"bootstrap": bootstrap, **SECURED})
        wrong = explain_absence_as_retry(secured, KafkaTimeoutError("no time left"))
    away = explain_absence_as_retry(secured, KafkaTimeoutError("no time left"))
    assert isinstance(wrong, Misconfigured)
    assert isinstance(away, Retry)
    assert str(away) == f"kafka: no answer from {bootstrap} (KafkaTimeoutError: no time left); is it running?"


def test_errors_are_refusals_or_are_explained_by_the_caller() -> None:
    kafka = KafkaSettings(bootstrap="one:9092")

    def explain(settings: KafkaSettings, error: KafkaError) -> Retry:
        return Retry("kafka", f"{settings.bootstrap} {error!r}")

    with (
        pytest.raises(Misconfigured, match=r"kafka at one:9092 refuses us: .*letters"),
        kafka_errors(kafka, explain),
    ):
        raise TopicAuthorizationFailedError("letters")
    with pytest.raises(Retry, match="kafka: one:9092 KafkaTimeoutError"), kafka_errors(kafka, explain):
        raise KafkaTimeoutError("no time left")


def test_a_topic_exists_or_is_missing_or_hidden_or_unknown_at_the_moment() -> None:
    kafka = KafkaSettings.model_validate({"bootstrap": "one:9092", **SECURED, "sasl_username": "ann"})
    assert check_topic_exists(kafka, "tweets", NoError.errno, "Read")
    assert not check_topic_exists(kafka, "tweets", UnknownTopicOrPartitionError.errno, "Read")
    with pytest.raises(Misconfigured, match="hides topic 'tweets' from user 'ann': grant the operation Read"):
        check_topic_exists(kafka, "tweets", TopicAuthorizationFailedError.errno, "Read")
    with pytest.raises(Retry, match="kafka: no description of topic 'tweets' from one:9092: LeaderNot"):
        check_topic_exists(kafka, "tweets", LeaderNotAvailableError.errno, "Read")
    with pytest.raises(Misconfigured, match="InvalidTopicError; choose another topic"):
        check_topic_exists(kafka, "tweets", InvalidTopicError.errno, "Read")
