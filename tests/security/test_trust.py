"""Wrong passwords and certificates end a worker with a helpful message, exit code 78, and no secret in its output."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from badbuzz.embedded.loopback_port import HOST
from badbuzz.errors import Misconfigured
from tests.security.certificates import DAY, Authority
from tests.security.tls_proxy import TlsProxy

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

    from tests.security.conftest import Secured

WORK = ("work", "--until-drained", "--health-port", "0")
ELSEWHERE = "127.0.0.2"
WRONG = "hunter2-which-is-wrong"
CERTIFICATES = [
    (HOST, -DAY, "certificate has expired"),
    (ELSEWHERE, DAY, "certificate is not valid for '127.0.0.1'"),
]


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """An authority that issued no certificate of the servers."""
    return Authority(tmp_path / "stranger")


def assert_refused(secured: Secured, *expected: str, **settings: str) -> None:
    """Run a worker with these settings, and check that it ends with these texts and without a secret."""
    for user in ("badbuzz-worker", "badbuzz-producer"):
        secured.kafka.allow(secured.grants(user))
    done = secured.system.run(*WORK, **{**secured.as_user("badbuzz-worker"), **settings})
    assert done.returncode == Misconfigured.exit_code, done.stderr
    for words in expected:
        assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in [WRONG, *secured.secrets()])


def test_a_wrong_password_for_kafka(secured: Secured) -> None:
    assert_refused(
        secured,
        "accepts no SASL_SSL connection",
        "credentials, BADBUZZ_KAFKA__SASL_*",
        BADBUZZ_KAFKA__SASL_PASSWORD=WRONG,
    )


def test_a_broker_of_another_authority(secured: Secured, stranger: Authority) -> None:
    assert_refused(
        secured,
        f"kafka at {secured.kafka.broker.bootstrap} is not trusted: unable to get local issuer certificate",
        "BADBUZZ_KAFKA__SSL_CAFILE",
        BADBUZZ_KAFKA__SSL_CAFILE=str(stranger.ca_file),
    )


def test_a_broker_unknown_to_the_machines_authorities(secured: Secured) -> None:
    assert_refused(secured, "is not trusted", BADBUZZ_KAFKA__SSL_CAFILE="")


def test_an_empty_ca_file_for_kafka(secured: Secured, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    assert_refused(
        secured, "is not trusted", "BADBUZZ_KAFKA__SSL_CAFILE", BADBUZZ_KAFKA__SSL_CAFILE=str(empty)
    )


@pytest.mark.parametrize(("address", "valid_for", "reason"), CERTIFICATES)
def test_a_wrong_certificate_of_a_broker(
    secured: Secured, authority: Authority, address: str, valid_for: timedelta, reason: str
) -> None:
    with TlsProxy(authority.issue(address, valid_for)) as proxy:
        bootstrap = f"{HOST}:{proxy.port}"
        expected = f"kafka at {bootstrap} is not trusted: "
        assert_refused(secured, expected, reason, BADBUZZ_KAFKA__BOOTSTRAP=bootstrap)


def test_a_broker_contacted_without_tls(secured: Secured) -> None:
    settings = {**secured.as_user("badbuzz-worker"), "BADBUZZ_KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT"}
    done = secured.system.run(*WORK, **settings)
    assert done.returncode == Misconfigured.exit_code, done.stderr
    assert "BADBUZZ_KAFKA__SECURITY_PROTOCOL" in done.stderr


def test_a_wrong_password_for_redis(secured: Secured) -> None:
    url = secured.redis.url("badbuzz-worker", password=WRONG)
    assert_refused(secured, "redis refuses us", "user in BADBUZZ_REDIS__URL", BADBUZZ_REDIS__URL=url)


def test_a_redis_of_another_authority(secured: Secured, stranger: Authority) -> None:
    url = secured.redis.url("badbuzz-worker", ca_file=stranger.ca_file)
    expected = "unable to get local issuer certificate"
    assert_refused(secured, "redis is not trusted", expected, "ssl_ca_certs", BADBUZZ_REDIS__URL=url)


@pytest.mark.parametrize(("address", "valid_for", "reason"), CERTIFICATES)
def test_a_wrong_certificate_of_redis(
    secured: Secured, authority: Authority, address: str, valid_for: timedelta, reason: str
) -> None:
    port = urlsplit(secured.system.redis_url).port or 0
    with TlsProxy(authority.issue(address, valid_for), port) as proxy:
        url = secured.redis.url("badbuzz-worker", port=proxy.port)
        assert_refused(secured, "redis is not trusted", reason, BADBUZZ_REDIS__URL=url)


def test_an_empty_or_missing_ca_file_for_redis(secured: Secured, tmp_path: Path) -> None:
    empty, missing = tmp_path / "empty.pem", tmp_path / "missing.pem"
    empty.touch()
    for file, expected in ((empty, "redis is not trusted"), (missing, f"there is no file {str(missing)!r}")):
        assert_refused(
            secured, expected, BADBUZZ_REDIS__URL=secured.redis.url("badbuzz-worker", ca_file=file)
        )


@pytest.mark.parametrize("parameter", [f"nonsense={WRONG}", f"ssl_cert_reqs={WRONG}", f"db={WRONG}"])
def test_a_wrong_parameter_of_the_redis_url(secured: Secured, parameter: str) -> None:
    url = f"{secured.redis.url('badbuzz-worker')}&{parameter}"
    assert_refused(secured, "BADBUZZ_REDIS__URL: expected redis://", BADBUZZ_REDIS__URL=url)


def test_the_settings_are_shown_without_secrets(secured: Secured) -> None:
    shown = secured.system.run("config", "show", **secured.as_user("badbuzz-worker"))
    assert shown.returncode == 0
    assert "badbuzz-worker:***@" in shown.stdout
    assert "BADBUZZ_KAFKA__SASL_PASSWORD=***" in shown.stdout
    assert not any(secret in shown.stdout + shown.stderr for secret in secured.secrets())
