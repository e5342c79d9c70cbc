from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from badbuzz.clients.kafka_login import build_login_options, build_tls_context, find_login_problem
from badbuzz.errors import Misconfigured, Retry
from badbuzz.settings import KafkaSettings
from tests.badbuzz.clients.token_server import CLIENT_ID, SECRET, run_token_server
from tests.security.certificates import Authority

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "hunter2"  # noqa: S105 - of a test's key


def settings(**given: object) -> KafkaSettings:
    return KafkaSettings.model_validate(given)


def oauth(url: str, **others: object) -> KafkaSettings:
    return settings(
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="OAUTHBEARER",
        sasl_oauth_token_url=url,
        sasl_oauth_client_id=CLIENT_ID,
        sasl_oauth_client_secret=SECRET,
        **others,
    )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


def test_without_tls_and_sasl_there_is_only_the_protocol() -> None:
    assert build_login_options(settings()) == {"security_protocol": "PLAINTEXT"}


def test_a_certificate_is_passed_on_with_its_key_and_password(authority: Authority) -> None:
    certificate, key = authority.issue_client("worker", PASSWORD.encode())
    given = {"ssl_certfile": str(certificate), "ssl_keyfile": str(key), "ssl_password": PASSWORD}
    options = build_login_options(settings(security_protocol="SSL", **given))
    assert options == {"security_protocol": "SSL", **given}


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_key_that_cannot_be_read_is_reported_and_no_password_is_asked_for(
    authority: Authority, password: str
) -> None:
    certificate, key = authority.issue_client("worker", PASSWORD.encode())
    kafka = settings(
        security_protocol="SSL", ssl_certfile=str(certificate), ssl_keyfile=str(key), ssl_password=password
    )
    with pytest.raises(Misconfigured, match=r"SSL_CERTFILE .*cannot be used.*SSL_PASSWORD"):
        build_tls_context(kafka)


def test_a_key_of_another_certificate_is_reported(authority: Authority) -> None:
    certificate, _ = authority.issue_client("worker")
    _, key = authority.issue_client("another")
    with pytest.raises(Misconfigured, match=r"SSL_CERTFILE .*cannot be used: .*key values mismatch"):
        build_tls_context(
            settings(security_protocol="SSL", ssl_certfile=str(certificate), ssl_keyfile=str(key))
        )


@pytest.mark.parametrize("name", ["ssl_cafile", "ssl_certfile"])
def test_a_missing_file_is_named(name: str) -> None:
    with pytest.raises(Misconfigured, match=f"BADBUZZ_KAFKA__{name.upper()}: there is no file 'nowhere'"):
        build_login_options(settings(security_protocol="SSL", **{name: "nowhere"}))


def test_clients_with_the_same_login_share_a_token() -> None:
    with run_token_server() as server:
        providers = [
            build_login_options(oauth(f"{server.url}/token"))["sasl_oauth_token_provider"] for _ in range(3)
        ]
        other = build_login_options(oauth(f"{server.url}/token", sasl_oauth_extensions={"pool": "1"}))
        assert providers[0] is providers[1] is providers[2] is not other["sasl_oauth_token_provider"]
        assert len(server.requests) == 2


def test_the_first_token_is_fetched_at_once_so_that_its_problem_is_known() -> None:
    kafka = oauth("http://127.0.0.1:1/token")
    with pytest.raises(Retry, match="no answer from token URL"):
        build_login_options(kafka)
    assert isinstance(find_login_problem(kafka), Retry)


def test_other_logins_have_no_token_and_no_problem() -> None:
    assert find_login_problem(settings()) is None
    password: dict[str, Any] = {"sasl_username": "me", "sasl_password": PASSWORD}
    kafka = settings(security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN", **password)
    assert find_login_problem(kafka) is None
    assert build_login_options(kafka) == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": "me",
        "sasl_plain_password": PASSWORD,
    }
