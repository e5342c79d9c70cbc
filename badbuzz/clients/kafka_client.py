"""Connections to Kafka: kafka-python's options from the settings, and what its errors mean."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from kafka.errors import (
    KafkaError,
    NoError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)

from badbuzz.clients.kafka_failures import explain_failure, explain_lasting, may_pass
from badbuzz.clients.kafka_login import build_login_options, build_tls_context, find_login_problem
from badbuzz.errors import DependencyDown, GiveUp, Misconfigured, Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from badbuzz.errors import BadBuzzError
    from badbuzz.settings import KafkaSettings

BOOTSTRAP_TIMEOUT_MS: Final = 5_000
"""Limit of one attempt to connect. Callers decide how often to try; the library's default is half a minute."""

REQUEST_TIMEOUT_MS: Final = 15_000
"""Limit of one request. The library's default would let a caller hang for five minutes on a silent broker."""


def build_client_options(kafka: KafkaSettings, client_id: str) -> dict[str, Any]:
    """Return the options that KafkaConsumer, KafkaProducer and KafkaAdminClient share.

    :raises Misconfigured: if a file is missing, or a token is refused; the library would report that as an absent broker.
    :raises Retry: if a token is needed and its URL does not answer.
    """
    return {
        "bootstrap_servers": kafka.bootstrap.split(","),
        "client_id": client_id,
        "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
        **build_login_options(kafka),
    }


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
    if problem := find_login_problem(kafka):
        return problem if isinstance(problem, GiveUp) else DependencyDown(str(problem))
    for address in listening if kafka.security_protocol.endswith("SSL") else ():
        reason = _explain_failed_handshake(address, kafka)
        if reason and "alert" in reason:
            return Misconfigured(
                f"kafka at {address} refuses our certificate: {reason}; check BADBUZZ_KAFKA__SSL_CERTFILE and SSL_KEYFILE, and "
                "whether the broker trusts the certificate's authority"
            )
        if reason:
            return Misconfigured(
                f"kafka at {address} is not trusted: {reason}; check the address, BADBUZZ_KAFKA__SECURITY_PROTOCOL, the "
                "broker's certificate, and whether BADBUZZ_KAFKA__SSL_CAFILE holds its authority"
            )
    return Misconfigured(
        f"kafka: {', '.join(listening)} listens but accepts no {kafka.security_protocol} connection ({error}); check "
        "BADBUZZ_KAFKA__SECURITY_PROTOCOL and the credentials, BADBUZZ_KAFKA__SASL_* and SSL_*"
    )


def explain_absence_as_retry(kafka: KafkaSettings, error: KafkaError) -> Misconfigured | Retry:
    """Return ``Retry`` for absent brokers, for a caller that waits for them, and ``Misconfigured`` as :func:`explain_absence`."""
    explained = explain_absence(kafka, error)
    if isinstance(explained, Misconfigured):
        return explained
    return Retry("kafka", str(explained).removeprefix("kafka: "))


def _is_listening(address: str) -> bool:
    host, port = _host_and_port(address)
    try:
        socket.create_connection((host, port), timeout=_PROBE_S).close()
    except OSError:
        return False
    return True


def _explain_failed_handshake(address: str, kafka: KafkaSettings) -> str | None:
    """Return why TLS with a broker fails, which kafka-python only logs; None if it works or the broker is silent."""
    host, port = _host_and_port(address)
    context = build_tls_context(kafka)
    try:
        if kafka.ssl_cafile:
            context.load_verify_locations(kafka.ssl_cafile)
        else:
            context.load_default_certs()
        with (
            socket.create_connection((host, port), timeout=_PROBE_S) as connection,
            context.wrap_socket(connection, server_hostname=host) as secured,
        ):
            secured.settimeout(_ALERT_S)
            secured.recv(1)  # with TLS 1.3, a broker refuses our certificate only after the handshake
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
_ALERT_S = 0.5
