"""Connections to Kafka: kafka-python's options from the settings, and what its errors mean."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kafka.errors import (
    KafkaError,
    NoError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)

from badbuzz.clients.kafka_failures import explain_failure, explain_lasting, may_pass
from badbuzz.errors import DependencyDown, Misconfigured, Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from badbuzz.errors import BadBuzzError, GiveUp
    from badbuzz.settings import KafkaSettings

BOOTSTRAP_TIMEOUT_MS: Final = 5_000
"""Limit of one attempt to connect. Callers decide how often to try; the library's default is half a minute."""

REQUEST_TIMEOUT_MS: Final = 15_000
"""Limit of one request. The library's default would let a caller hang for five minutes on a silent broker."""


def build_client_options(kafka: KafkaSettings, client_id: str) -> dict[str, Any]:
    """Return the options that KafkaConsumer, KafkaProducer and KafkaAdminClient share.

    :raises Misconfigured: if the CA file is missing; the library would report that as an absent broker.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap.split(","),
        "client_id": client_id,
        "security_protocol": kafka.security_protocol,
        "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
    }
    if kafka.ssl_cafile:
        if not Path(kafka.ssl_cafile).is_file():
            raise Misconfigured(f"BADBUZZ_KAFKA__SSL_CAFILE: there is no file {kafka.ssl_cafile!r}")
        options["ssl_cafile"] = kafka.ssl_cafile
    if kafka.sasl_mechanism and kafka.sasl_password:
        options["sasl_mechanism"] = kafka.sasl_mechanism
        options["sasl_plain_username"] = kafka.sasl_username
        options["sasl_plain_password"] = kafka.sasl_password.get_secret_value()
    return options


@contextmanager
def kafka_errors(
    kafka: KafkaSettings, explain: Callable[[KafkaSettings, KafkaError], BadBuzzError]
) -> Iterator[None]:
    """Turn kafka-python's errors into ours.

    :param explain: makes our error of one that may pass, such as :func:`explain_absence`.
    :raises Misconfigured: if the broker refuses us.
    """
    try:
        yield
    except KafkaError as error:
        if may_pass(error):
            raise explain(kafka, error) from None
        raise explain_lasting(kafka, error) from None


def check_topic_exists(kafka: KafkaSettings, topic: str, error_code: int, operation: str) -> bool:
    """Return whether there is a topic.

    :param error_code: the topic's in the answer of ``describe_topics``.
    :param operation: the operation that the caller needs, by its name in ACLs.
    :raises Misconfigured: if the broker hides the topic because we have no right on it; the message names what to grant.
    :raises Retry: if the broker does not know at the moment.
    """
    if error_code == NoError.errno:
        return True
    if error_code == UnknownTopicOrPartitionError.errno:
        return False
    if error_code != TopicAuthorizationFailedError.errno:
        raise explain_failure(kafka, for_code(error_code)(), f"no description of topic {topic!r} from")
    raise Misconfigured(
        f"kafka at {kafka.bootstrap} hides topic {topic!r} from user {kafka.sasl_username or 'ANONYMOUS'!r}: grant the operation "
        f"{operation} on it (docs/security.md)"
    )


def explain_absence(kafka: KafkaSettings, error: KafkaError) -> GiveUp:
    """Return the error to raise if no client could connect.

    The library reports refused credentials as a timeout, like an absent broker: the broker closes the connection before the
    library has read the reason. A connection attempt to the address tells the two apart.
    """
    listening = [address for address in kafka.bootstrap.split(",") if _is_listening(address)]
    if not listening:
        return DependencyDown(f"kafka: no answer from {kafka.bootstrap} ({error}); is it running?")
    if kafka.security_protocol == "PLAINTEXT":
        return DependencyDown(
            f"kafka: {', '.join(listening)} listens but does not answer ({error}); is the broker still starting, "
            "or does it expect another security_protocol than PLAINTEXT?"
        )
    for address in listening if kafka.security_protocol.endswith("SSL") else ():
        if reason := _explain_distrust(address, kafka.ssl_cafile):
            return Misconfigured(
                f"kafka at {address} is not trusted: {reason}; check the address, BADBUZZ_KAFKA__SECURITY_PROTOCOL, the "
                "broker's certificate, and whether BADBUZZ_KAFKA__SSL_CAFILE holds its authority"
            )
    return Misconfigured(
        f"kafka: {', '.join(listening)} listens but accepts no {kafka.security_protocol} connection ({error}); check "
        "BADBUZZ_KAFKA__SECURITY_PROTOCOL and the credentials, BADBUZZ_KAFKA__SASL_* and SSL_CAFILE"
    )


def explain_absence_as_retry(kafka: KafkaSettings, error: KafkaError) -> Misconfigured | Retry:
    """Return ``Retry`` for absent brokers, for a caller that waits for them, and ``Misconfigured`` as :func:`explain_absence`."""
    explained = explain_absence(kafka, error)
    if isinstance(explained, Misconfigured):
        return explained
    return Retry("kafka", str(explained).removeprefix("kafka: "))


def _is_listening(address: str) -> bool:
    host, port = _host_and_port(address)
    if port > _LAST_PORT:  # the system would take it modulo 65,536 and might find another server
        return False
    try:
        socket.create_connection((host, port), timeout=_PROBE_S).close()
    except OSError:
        return False
    return True


def _explain_distrust(address: str, ca_file: str | None) -> str | None:
    """Return why TLS with a broker fails, which kafka-python only logs; None if it works or the broker is silent."""
    host, port = _host_and_port(address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the same as kafka-python's
    try:
        if ca_file:
            context.load_verify_locations(ca_file)
        else:
            context.load_default_certs()
        with socket.create_connection((host, port), timeout=_PROBE_S) as connection:
            context.wrap_socket(connection, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except ssl.SSLError as error:
        return str(error)
    except OSError:
        return None
    return None


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.strip().rpartition(":")
    return host.strip("[]"), int(port)


_PROBE_S = 2.0
_LAST_PORT = 65_535
