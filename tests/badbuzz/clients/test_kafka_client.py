from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaTimeoutError
from pydantic import SecretStr

from badbuzz.clients.kafka_client import absence_to_sit_out, client_options, explain_absence
from badbuzz.embedded.port import LoopbackPort
from badbuzz.errors import DependencyDown, Misconfigured, Retry
from badbuzz.settings import KafkaSettings

if TYPE_CHECKING:
    from pathlib import Path


def test_without_security_there_is_none() -> None:
    options = client_options(KafkaSettings(bootstrap="one:9092,two:9093"), "badbuzz-test")
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
    options = client_options(kafka, "badbuzz-test")
    assert {name: options[name] for name in options if name.startswith(("sasl", "ssl", "security"))} == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "worker",
        "sasl_plain_password": "hunter2",
        "ssl_cafile": str(authorities),
    }


def test_missing_certificates_are_no_absent_broker(tmp_path: Path) -> None:
    missing = str(tmp_path / "ca.pem")
    with pytest.raises(Misconfigured, match=r"BADBUZZ_KAFKA__SSL_CAFILE: there is no file .*ca\.pem"):
        client_options(KafkaSettings(security_protocol="SSL", ssl_cafile=missing), "badbuzz-test")


@pytest.mark.parametrize("client", [KafkaConsumer, KafkaProducer, KafkaAdminClient])
def test_every_client_knows_every_option(client: type) -> None:
    kafka = KafkaSettings(
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_username="worker",
        sasl_password=SecretStr("hunter2"),
    )
    assert client_options(kafka, "badbuzz-test").keys() <= client.DEFAULT_CONFIG.keys()  # type: ignore[attr-defined]  # kafka-python has no types


SECURED = {
    "security_protocol": "SASL_PLAINTEXT",
    "sasl_mechanism": "PLAIN",
    "sasl_username": "worker",
    "sasl_password": "hunter2",
}


def test_where_nobody_listens_the_broker_is_absent() -> None:
    with LoopbackPort() as nobody:
        kafka = KafkaSettings.model_validate({"bootstrap": f"{nobody.address},127.0.0.1:99999", **SECURED})
        error = explain_absence(kafka, KafkaTimeoutError("no time left"))
    assert isinstance(error, DependencyDown)
    assert f"no answer from {nobody.address}" in str(error)


def test_where_somebody_listens_the_credentials_are_wrong() -> None:
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


def test_a_worker_sits_out_an_absence_but_not_wrong_credentials() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        bootstrap = f"127.0.0.1:{server.getsockname()[1]}"
        secured = KafkaSettings.model_validate({"bootstrap": bootstrap, **SECURED})
        wrong = absence_to_sit_out(secured, KafkaTimeoutError("no time left"))
    away = absence_to_sit_out(secured, KafkaTimeoutError("no time left"))
    assert isinstance(wrong, Misconfigured)
    assert isinstance(away, Retry)
    assert str(away) == f"kafka: no answer from {bootstrap} (KafkaTimeoutError: no time left); is it running?"
