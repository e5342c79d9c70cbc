"""How every part connects to Kafka: one place that turns settings into kafka-python's keyword arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kafka.errors import AuthorizationError, SaslAuthenticationFailedError

from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from badbuzz.settings import KafkaSettings

REFUSALS: Final = (AuthorizationError, SaslAuthenticationFailedError)
"""A broker that answers, and says no: credentials or ACLs are wrong, and waiting cannot help."""

BOOTSTRAP_TIMEOUT_MS: Final = 5_000
"""How long one attempt to connect may take. Callers decide how often to try; the library would insist for half a minute."""


def client_options(kafka: KafkaSettings, client_id: str) -> dict[str, Any]:
    """Options that KafkaConsumer, KafkaProducer and KafkaAdminClient share.

    :raises Misconfigured: if the file of certificates is missing: the library would take that for an absent broker.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap.split(","),
        "client_id": client_id,
        "security_protocol": kafka.security_protocol,
        "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
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
