"""How every part connects to Kafka: one place that turns settings into kafka-python's keyword arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kafka.errors import AuthorizationError, SaslAuthenticationFailedError

if TYPE_CHECKING:
    from badbuzz.settings import KafkaSettings

REFUSALS: Final = (AuthorizationError, SaslAuthenticationFailedError)
"""A broker that answers, and says no: credentials or ACLs are wrong, and waiting cannot help."""


def client_options(kafka: KafkaSettings, client_id: str) -> dict[str, Any]:
    """Options that KafkaConsumer, KafkaProducer and KafkaAdminClient share."""
    options: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap.split(","),
        "client_id": client_id,
        "security_protocol": kafka.security_protocol,
    }
    if kafka.ssl_cafile:
        options["ssl_cafile"] = kafka.ssl_cafile
    if kafka.sasl_mechanism and kafka.sasl_password:
        options["sasl_mechanism"] = kafka.sasl_mechanism
        options["sasl_plain_username"] = kafka.sasl_username
        options["sasl_plain_password"] = kafka.sasl_password.get_secret_value()
    return options
