"""How every part connects to Kafka: one place that turns settings into kafka-python's keyword arguments."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kafka.errors import AuthorizationError, SaslAuthenticationFailedError, TopicAuthorizationFailedError

from badbuzz.errors import DependencyDown, Misconfigured, Retry

if TYPE_CHECKING:
    from kafka.errors import KafkaError

    from badbuzz.errors import GiveUp
    from badbuzz.settings import KafkaSettings

REFUSALS: Final = (AuthorizationError, SaslAuthenticationFailedError)
"""A broker that answers, and says no: credentials or ACLs are wrong, and waiting cannot help."""

BOOTSTRAP_TIMEOUT_MS: Final = 5_000
"""How long one attempt to connect may take. Callers decide how often to try; the library would insist for half a minute."""

REQUEST_TIMEOUT_MS: Final = 15_000
"""A broker that says nothing for so long is away; whoever asks says so instead of hanging for the library's five minutes."""


def client_options(kafka: KafkaSettings, client_id: str) -> dict[str, Any]:
    """Options that KafkaConsumer, KafkaProducer and KafkaAdminClient share.

    :raises Misconfigured: if the file of certificates is missing: the library would take that for an absent broker.
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


def refuse_hidden(kafka: KafkaSettings, topic: str, error_code: int, operation: str) -> None:
    """Tell a topic that the broker hides from us, as it does without a right on it, from one that is missing.

    :param error_code: of the topic in the answer of ``describe_topics``.
    :param operation: what the caller wants to do with it, as ACLs call it.
    :raises Misconfigured: if it is hidden, naming what to grant.
    """
    if error_code != TopicAuthorizationFailedError.errno:
        return
    raise Misconfigured(
        f"kafka at {kafka.bootstrap} hides topic {topic!r} from user {kafka.sasl_username or 'ANONYMOUS'!r}: grant the operation "
        f"{operation} on it (docs/security.md)"
    )


def explain_absence(kafka: KafkaSettings, error: KafkaError) -> GiveUp:
    """What it means that no client could connect, however long it tried.

    The library reports refused credentials like an absent broker, by a timeout: the broker closes the connection before the
    library has read why. Whether anybody listens at the address tells the two apart.
    """
    listening = [address for address in kafka.bootstrap.split(",") if _listens(address)]
    if not listening:
        return DependencyDown(f"kafka: no answer from {kafka.bootstrap} ({error}); is it running?")
    if kafka.security_protocol == "PLAINTEXT":
        return DependencyDown(
            f"kafka: {', '.join(listening)} listens but does not answer ({error}); is it a broker that is still starting, "
            "or one that wants another security_protocol than PLAINTEXT?"
        )
    for address in listening if kafka.security_protocol.endswith("SSL") else ():
        if reason := _distrust(address, kafka.ssl_cafile):
            return Misconfigured(
                f"kafka at {address} is not trusted: {reason}; check the address, BADBUZZ_KAFKA__SECURITY_PROTOCOL, the "
                "broker's certificate, and whether BADBUZZ_KAFKA__SSL_CAFILE holds its authority"
            )
    return Misconfigured(
        f"kafka: {', '.join(listening)} listens but lets us in by no {kafka.security_protocol} ({error}); check "
        "BADBUZZ_KAFKA__SECURITY_PROTOCOL and the credentials, BADBUZZ_KAFKA__SASL_* and SSL_CAFILE"
    )


def absence_to_sit_out(kafka: KafkaSettings, error: KafkaError) -> Misconfigured | Retry:
    """The same for a caller that waits for brokers, as a worker does: only what waiting cannot help is final."""
    explained = explain_absence(kafka, error)
    if isinstance(explained, Misconfigured):
        return explained
    return Retry("kafka", str(explained).removeprefix("kafka: "))


def _listens(address: str) -> bool:
    host, port = _host_and_port(address)
    if port > _LAST_PORT:  # the system would take it modulo 65,536, and may find somebody there
        return False
    try:
        socket.create_connection((host, port), timeout=_PROBE_S).close()
    except OSError:
        return False
    return True


def _distrust(address: str, ca_file: str | None) -> str | None:
    """Why TLS with a broker fails, which kafka-python only logs; None if it does not, or the broker says nothing."""
    host, port = _host_and_port(address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # as kafka-python makes it
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
