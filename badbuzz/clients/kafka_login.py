"""How clients log in to Kafka: TLS with or without a certificate of their own, passwords, and tokens."""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from badbuzz.clients.oauth_token import AwsMskToken, ClientCredentials, OAuthClient
from badbuzz.errors import Misconfigured, Retry

if TYPE_CHECKING:
    from badbuzz.clients.oauth_token import TokenProvider
    from badbuzz.errors import BadBuzzError
    from badbuzz.settings import KafkaSettings

_PASSWORDS: Final = frozenset({"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})


def build_login_options(kafka: KafkaSettings) -> dict[str, Any]:
    """Return kafka-python's options of TLS and SASL. The first token is fetched now, so that a wrong login is reported now.

    :raises Misconfigured: if a file is missing or unusable, or no token is given to us; kafka-python would report that as an
        absent broker.
    :raises Retry: if the token URL does not answer.
    """
    options: dict[str, Any] = {"security_protocol": kafka.security_protocol}
    if kafka.security_protocol.endswith("SSL"):
        build_tls_context(kafka)
        files = ("ssl_cafile", "ssl_certfile", "ssl_keyfile")
        options |= {name: file for name in files if (file := getattr(kafka, name))}
        if kafka.ssl_password:
            options["ssl_password"] = kafka.ssl_password.get_secret_value()
    if kafka.sasl_mechanism in _PASSWORDS and kafka.sasl_password:
        options["sasl_mechanism"] = kafka.sasl_mechanism
        options["sasl_plain_username"] = kafka.sasl_username
        options["sasl_plain_password"] = kafka.sasl_password.get_secret_value()
    elif provider := _find_provider(kafka):
        provider.token()
        options["sasl_mechanism"] = "OAUTHBEARER"
        options["sasl_oauth_token_provider"] = provider
    return options


def build_tls_context(kafka: KafkaSettings) -> ssl.SSLContext:
    """Return a TLS context as kafka-python makes it.

    :raises Misconfigured: if a file is missing, or the certificate, its key and the key's password do not belong together. An
        unreadable file of authorities is left to the connection, which then trusts no broker.
    """
    for name in ("ssl_cafile", "ssl_certfile", "ssl_keyfile"):
        file = getattr(kafka, name)
        if file and not Path(file).is_file():
            raise Misconfigured(f"BADBUZZ_KAFKA__{name.upper()}: there is no file {file!r}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if kafka.ssl_certfile:
        # Without a password, OpenSSL would ask for one on the terminal.
        password = kafka.ssl_password.get_secret_value() if kafka.ssl_password else ""
        try:
            context.load_cert_chain(kafka.ssl_certfile, kafka.ssl_keyfile or None, password)
        except (ssl.SSLError, OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise Misconfigured(
                f"BADBUZZ_KAFKA__SSL_CERTFILE {kafka.ssl_certfile!r}: certificate and key cannot be used: {reason}; check "
                "BADBUZZ_KAFKA__SSL_KEYFILE and SSL_PASSWORD"
            ) from None
    return context


def find_login_problem(kafka: KafkaSettings) -> BadBuzzError | None:
    """Return why the last request for a token failed; None if it did not, or if none is needed."""
    try:
        provider = _find_provider(kafka)
    except (Misconfigured, Retry) as error:
        return error
    return provider.problem if provider else None


def _find_provider(kafka: KafkaSettings) -> TokenProvider | None:
    """Return the provider that all clients with these settings share."""
    if kafka.sasl_mechanism == "AWS_MSK_IAM":
        return _open_aws(kafka.sasl_aws_region or "")
    if kafka.sasl_mechanism != "OAUTHBEARER":
        return None
    client = OAuthClient(
        url=kafka.sasl_oauth_token_url or "",
        id=kafka.sasl_oauth_client_id or "",
        secret=kafka.sasl_oauth_client_secret or SecretStr(""),
        scope=kafka.sasl_oauth_scope,
        audience=kafka.sasl_oauth_audience,
        extensions=tuple(
            (name, value.get_secret_value())
            for name, value in sorted((kafka.sasl_oauth_extensions or {}).items())
        ),
        authorities=kafka.sasl_oauth_cafile,
    )
    return _open_client_credentials(client)


@lru_cache(maxsize=8)
def _open_client_credentials(client: OAuthClient) -> TokenProvider:
    return ClientCredentials(client)


@lru_cache(maxsize=8)
def _open_aws(region: str) -> TokenProvider:
    return AwsMskToken(region)
