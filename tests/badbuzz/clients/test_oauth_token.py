from __future__ import annotations

import base64
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from badbuzz.clients.oauth_token import AwsMskToken, ClientCredentials, OAuthClient
from badbuzz.errors import Misconfigured, Retry
from tests.badbuzz.clients.token_server import CLIENT_ID, SECRET, TokenServer, run_token_server
from tests.security.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with run_token_server() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


def client(server: TokenServer, secret: str = SECRET, **others: Any) -> OAuthClient:
    return OAuthClient(f"{server.url}/token", CLIENT_ID, SecretStr(secret), **others)


def test_a_token_is_fetched_with_id_secret_scope_and_audience(server: TokenServer) -> None:
    provider = ClientCredentials(client(server, scope="a b", audience="kafka", extensions=(("pool", "7"),)))
    assert provider.token().count(".") == 2
    assert server.requests == [
        {"grant_type": ["client_credentials"], "scope": ["a b"], "audience": ["kafka"]}
    ]
    assert provider.extensions() == {"pool": "7"}


def test_a_token_is_kept_and_replaced_before_it_expires(server: TokenServer, clock: Clock) -> None:
    provider = ClientCredentials(client(server), clock)
    first = provider.token()
    clock.now += 0.79 * server.lifetime_s
    assert provider.token() == first
    clock.now += 0.02 * server.lifetime_s
    assert provider.token() != first
    assert len(server.requests) == 2


def test_a_valid_token_is_used_while_the_provider_is_away(server: TokenServer, clock: Clock) -> None:
    provider = ClientCredentials(client(server), clock)
    first = provider.token()
    server.answer = (503, b"", {})
    clock.now += 0.9 * server.lifetime_s
    assert provider.token() == first
    assert isinstance(provider.problem, Retry)
    clock.now += 0.2 * server.lifetime_s
    with pytest.raises(Retry, match="HTTP status 503"):
        provider.token()
    server.answer = None
    clock.now += 10
    assert provider.token() != first
    assert provider.problem is None


def test_a_refusal_is_not_repeated_at_every_connection(server: TokenServer, clock: Clock) -> None:
    provider = ClientCredentials(client(server, secret="wrong"), clock)  # noqa: S106
    for _ in range(20):
        with pytest.raises(Misconfigured):
            provider.token()
    assert len(server.requests) == 1
    clock.now += 6
    with pytest.raises(Misconfigured):
        provider.token()
    assert len(server.requests) == 2


def test_a_refusal_names_the_url_and_the_providers_reason(server: TokenServer) -> None:
    with pytest.raises(Misconfigured) as caught:
        ClientCredentials(client(server, secret="hunter2")).token()  # noqa: S106
    message = str(caught.value)
    assert f"{server.url}/token" in message
    assert "401, 'invalid_client', 'unknown client or wrong secret'" in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((429, b"", {}), Retry, "429"),
        ((500, b'{"error": 7}', {}), Retry, "500"),
        ((404, b"<html>", {}), Misconfigured, "404"),
        ((302, b"", {"Location": "http://elsewhere/"}), Misconfigured, "redirects to 'http://elsewhere/'"),
        ((200, b"<html>", {}), Misconfigured, "is it the token endpoint"),
        ((200, b"[]", {}), Misconfigured, "is it the token endpoint"),
        ((200, b'{"access_token": ""}', {}), Misconfigured, "is it the token endpoint"),
        ((200, b'{"access_token": "a\\u0001b"}', {}), Misconfigured, "is it the token endpoint"),
        (
            (200, b'{"access_token": "hunter2", "expires_in": "NaN"}', {}),
            Misconfigured,
            "is it the token endpoint",
        ),
        (
            (200, b'{"access_token": "hunter2", "expires_in": -1}', {}),
            Misconfigured,
            "is it the token endpoint",
        ),
    ],
)
def test_other_answers_are_explained(
    server: TokenServer, answer: tuple[int, bytes, dict[str, str]], kind: type[Exception], words: str
) -> None:
    server.answer = answer
    with pytest.raises(kind, match=words) as caught:
        ClientCredentials(client(server)).token()
    assert f"{server.url}/token" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("expires_in", [b"", b', "expires_in": "60"', b', "expires_in": 60.5'])
def test_a_lifetime_may_be_missing_or_text(server: TokenServer, expires_in: bytes) -> None:
    server.answer = (200, b'{"access_token": "x"' + expires_in + b"}", {})
    assert ClientCredentials(client(server)).token() == "x"


def test_an_absent_provider_is_a_reason_to_wait() -> None:
    provider = ClientCredentials(OAuthClient("http://127.0.0.1:1/token", "x", SecretStr("y")))
    with pytest.raises(Retry, match=r"no answer from token URL http://127\.0\.0\.1:1/token: .*refused"):
        provider.token()


@pytest.mark.parametrize("url", ["http://login.example/token", "ftp://127.0.0.1/token"])
def test_a_secret_is_not_sent_unencrypted(url: str) -> None:
    with pytest.raises(Misconfigured, match="expected https://"):
        OAuthClient(url, "x", SecretStr("y"))


def test_a_private_authority_must_be_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("127.0.0.1"))
    with run_token_server(context) as server:
        url = server.url.replace("http:", "https:") + "/token"
        trusted = OAuthClient(url, CLIENT_ID, SecretStr(SECRET), authorities=str(authority.ca_file))
        assert ClientCredentials(trusted).token()
        with pytest.raises(Misconfigured, match="is not trusted: unable to get local issuer certificate"):
            ClientCredentials(OAuthClient(url, CLIENT_ID, SecretStr(SECRET))).token()
    with pytest.raises(Misconfigured, match=r"SASL_OAUTH_CAFILE: 'nowhere\.pem'"):
        ClientCredentials(OAuthClient(url, "x", SecretStr("y"), authorities="nowhere.pem"))


def test_a_token_for_aws_msk_is_a_signed_url(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("aws_msk_iam_sasl_signer")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    token = AwsMskToken("eu-west-1").token()
    url = urlsplit(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
    query = parse_qs(url.query)
    assert url.hostname == "kafka.eu-west-1.amazonaws.com"
    assert query["Action"] == ["kafka-cluster:Connect"]
    assert query["X-Amz-Credential"][0].startswith("AKIAEXAMPLE/")
    assert "hunter2" not in url.query


def test_missing_aws_credentials_are_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("aws_msk_iam_sasl_signer")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(Misconfigured, match="AWS credentials give no token for region 'eu-west-1'"):
        AwsMskToken("eu-west-1").token()
