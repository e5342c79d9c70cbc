"""Mutual TLS, OAUTHBEARER and IPv6 on one real broker, through the command line."""

from __future__ import annotations

import os
import socket
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaAdminClient

from badbuzz.embedded.loopback_port import HOST, LoopbackPort
from badbuzz.system.child_process import build_badbuzz_command
from benchmarks.servers.kafka import ApacheKafka, JarsMissingError
from model_registry.store.registry import PRODUCTION, Registry
from tests.badbuzz.clients.token_server import AUDIENCE, CLIENT_ID, SECRET, TokenServer, run_token_server
from tests.model_registry import tiny_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.security.certificates import Authority

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
KEY_PASSWORD = "hunter2-of-the-key"  # noqa: S105 - of a test's key
_OAUTH = "org.apache.kafka.common.security.oauthbearer"


@dataclass(frozen=True, slots=True)
class Logins:
    """A broker with a listener for each way to log in, and what the ways need."""

    tls: str
    oauth: str
    ipv6: str
    authority: Authority
    tokens: TokenServer
    folder: Path

    def __post_init__(self) -> None:
        registry = Registry.open(str(self.folder / "registry"))
        registry.promote(registry.register(tiny_model.draft()), PRODUCTION)

    def run(
        self, topic: str, redis_url: str, *arguments: str, **kafka: str
    ) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("BADBUZZ_")}
        settings = {
            **{f"BADBUZZ_KAFKA__{name}": value for name, value in kafka.items()},
            "BADBUZZ_KAFKA__TOPIC": topic,
            "BADBUZZ_KAFKA__DEAD_LETTER_TOPIC": f"{topic}.dlq",
            "BADBUZZ_KAFKA__GROUP": topic,
            "BADBUZZ_REDIS__URL": redis_url,
            "BADBUZZ_REGISTRY__URL": "registry",
            "BADBUZZ_SCORED__URL": f"scored-{topic}",
            "BADBUZZ_MODEL": f"tiny@{PRODUCTION}",
            "BADBUZZ_START_PATIENCE_SECONDS": "0",
            "PYTHONPATH": str(ROOT),
        }
        return subprocess.run(  # noqa: S603 - ours
            build_badbuzz_command(*arguments),
            cwd=self.folder,
            env=own | settings,
            input='{"id": "1", "text": "my bag is lost"}\n{"id": "2", "text": "thank you"}\n',
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def tokens() -> Iterator[TokenServer]:
    with run_token_server() as server:
        yield server


@pytest.fixture(scope="module")
def logins(
    authority: Authority, tokens: TokenServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Logins]:
    folder = tmp_path_factory.mktemp("logins")
    allowed = f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={tokens.url}/jwks"
    with (
        pytest.MonkeyPatch.context() as environment,
        LoopbackPort() as oauth,
        socket.socket(socket.AF_INET6) as probe,
    ):
        environment.setenv("JDK_JAVA_OPTIONS", f"{os.environ.get('JDK_JAVA_OPTIONS', '')} {allowed}")
        probe.bind(("::1", 0))
        ipv6 = f"[::1]:{probe.getsockname()[1]}"
        probe.close()
        try:
            broker = ApacheKafka(
                folder / "kafka", security_protocol="SSL", properties=_describe_tls(authority)
            )
        except JarsMissingError as missing:
            pytest.skip(str(missing))
        _add_listeners(broker, tokens, authority, oauth.address, ipv6)
        with broker:
            yield Logins(broker.bootstrap, oauth.address, ipv6, authority, tokens, folder)


def _describe_tls(authority: Authority) -> dict[str, str]:
    return {
        "listener.name.client.ssl.keystore.type": "PEM",
        "listener.name.client.ssl.keystore.location": str(authority.issue(HOST)),
        "listener.name.client.ssl.truststore.type": "PEM",
        "listener.name.client.ssl.truststore.location": str(authority.ca_file),
        "listener.name.client.ssl.client.auth": "required",
    }


def _add_listeners(
    broker: ApacheKafka, tokens: TokenServer, authority: Authority, oauth: str, ipv6: str
) -> None:
    properties = broker.properties
    for name in ("listeners", "advertised.listeners"):
        properties[name] = f"{properties[name]},OAUTH://{oauth},SIX://{ipv6}"
    properties["listener.security.protocol.map"] += ",OAUTH:SASL_SSL,SIX:PLAINTEXT"
    listener = "listener.name.oauth"
    properties |= {
        f"{listener}.ssl.keystore.type": "PEM",
        f"{listener}.ssl.keystore.location": str(authority.issue(HOST)),
        f"{listener}.sasl.enabled.mechanisms": "OAUTHBEARER",
        f"{listener}.oauthbearer.sasl.jaas.config": f"{_OAUTH}.OAuthBearerLoginModule required;",
        f"{listener}.oauthbearer.sasl.server.callback.handler.class": f"{_OAUTH}.OAuthBearerValidatorCallbackHandler",
        f"{listener}.oauthbearer.connections.max.reauth.ms": "5000",
        "sasl.oauthbearer.jwks.endpoint.url": f"{tokens.url}/jwks",
        "sasl.oauthbearer.expected.audience": AUDIENCE,
        "sasl.oauthbearer.expected.issuer": tokens.url,
    }


@pytest.fixture
def new_topic(logins: Logins) -> str:
    topic = f"test-{uuid.uuid4().hex}"
    with KafkaAdminClient(bootstrap_servers=logins.ipv6) as admin:
        topics = {name: {"num_partitions": 1, "replication_factor": 1} for name in (topic, f"{topic}.dlq")}
        admin.create_topics(topics, wait_for_metadata=True)
    return topic


def by_certificate(logins: Logins, password: str | None = None) -> dict[str, str]:
    certificate, key = logins.authority.issue_client(
        "badbuzz-worker", password.encode() if password else None
    )
    files = {
        "SSL_CAFILE": str(logins.authority.ca_file),
        "SSL_CERTFILE": str(certificate),
        "SSL_KEYFILE": str(key),
    }
    secret = {"SSL_PASSWORD": password} if password else {}
    return {"BOOTSTRAP": logins.tls, "SECURITY_PROTOCOL": "SSL", **files, **secret}


def by_token(logins: Logins) -> dict[str, str]:
    return {
        "BOOTSTRAP": logins.oauth,
        "SECURITY_PROTOCOL": "SASL_SSL",
        "SSL_CAFILE": str(logins.authority.ca_file),
        "SASL_MECHANISM": "OAUTHBEARER",
        "SASL_OAUTH_TOKEN_URL": f"{logins.tokens.url}/token",
        "SASL_OAUTH_CLIENT_ID": CLIENT_ID,
        "SASL_OAUTH_CLIENT_SECRET": SECRET,
        "SASL_OAUTH_AUDIENCE": AUDIENCE,
    }


def assert_everything_works(logins: Logins, topic: str, redis_url: str, settings: dict[str, str]) -> None:
    """Produce two tweets, score them and verify them."""
    for arguments in (
        ("produce", "live", "stdin"),
        ("config", "check", "--connect"),
        ("work", "--until-drained", "--health-port", "0"),
        ("verify", "--deep", "--complete"),
        ("dlq", "show"),
    ):
        done = logins.run(topic, redis_url, *arguments, **settings)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    assert "WRONG" not in done.stdout


def assert_refused(logins: Logins, topic: str, settings: dict[str, str], *expected: str) -> None:
    done = logins.run(topic, "redis://127.0.0.1:1/0", "work", "--health-port", "0", **settings)
    assert done.returncode == 78, done.stderr
    for words in expected:
        assert words in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert not any(secret in done.stderr for secret in (SECRET, KEY_PASSWORD, "hunter2"))


def test_mutual_tls(logins: Logins, new_topic: str, redis_url: str) -> None:
    assert_everything_works(logins, new_topic, redis_url, by_certificate(logins))


def test_mutual_tls_with_an_encrypted_key(logins: Logins, new_topic: str) -> None:
    settings = by_certificate(logins, KEY_PASSWORD)
    done = logins.run(new_topic, "redis://127.0.0.1:1/0", "produce", "live", "stdin", **settings)
    assert done.returncode == 0, done.stderr
    for wrong in ("hunter2-wrong", ""):
        assert_refused(logins, new_topic, settings | {"SSL_PASSWORD": wrong}, "SSL_CERTFILE", "SSL_PASSWORD")


def test_a_client_without_a_certificate_is_told_so(logins: Logins, new_topic: str) -> None:
    settings = by_certificate(logins)
    for name in ("SSL_CERTFILE", "SSL_KEYFILE"):
        settings.pop(name)
    assert_refused(logins, new_topic, settings, "refuses our certificate", "BADBUZZ_KAFKA__SSL_CERTFILE")


def test_oauthbearer(logins: Logins, new_topic: str, redis_url: str) -> None:
    assert_everything_works(logins, new_topic, redis_url, by_token(logins))


def test_a_wrong_secret_names_the_token_url_and_the_reason(logins: Logins, new_topic: str) -> None:
    settings = by_token(logins) | {"SASL_OAUTH_CLIENT_SECRET": "hunter2"}
    expected = (
        f"token URL {logins.tokens.url}/token gives no token",
        "invalid_client",
        "unknown client or wrong secret",
    )
    assert_refused(logins, new_topic, settings, *expected)


def test_an_absent_token_url_is_a_dependency_that_is_away(logins: Logins, new_topic: str) -> None:
    settings = by_token(logins) | {"SASL_OAUTH_TOKEN_URL": "http://127.0.0.1:1/token"}
    done = logins.run(new_topic, "redis://127.0.0.1:1/0", "work", "--health-port", "0", **settings)
    assert done.returncode == 69
    assert "no answer from token URL http://127.0.0.1:1/token" in done.stderr


def test_a_token_that_the_broker_refuses(logins: Logins, new_topic: str) -> None:
    logins.tokens.answer = (200, b'{"access_token": "hunter2"}', {})
    try:
        assert_refused(logins, new_topic, by_token(logins), "accepts no SASL_SSL connection", "SASL_*")
    finally:
        logins.tokens.answer = None


def test_ipv6(logins: Logins, new_topic: str, redis_url: str) -> None:
    assert_everything_works(logins, new_topic, redis_url, {"BOOTSTRAP": logins.ipv6})
