from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import Misconfigured
from badbuzz.settings import KafkaSettings, Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "hunter2"  # noqa: S105 - the tests' stand-in for one


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("BADBUZZ_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def complaint(monkeypatch: pytest.MonkeyPatch) -> Complaint:
    return Complaint(monkeypatch)


class Complaint:
    """The message of ``load_settings`` for a wrong environment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, **environment: str) -> str:
        for name, value in environment.items():
            self._monkeypatch.setenv(f"BADBUZZ_{name}", value)
        with pytest.raises(Misconfigured) as caught:
            load_settings()
        assert caught.value.exit_code == 78
        assert caught.value.__suppress_context__, "a traceback would tell what the message hides"
        return str(caught.value)


WRONG = [
    ("THREADS", "0", "greater than or equal to 1 (got '0')"),
    ("THREADS", "", "valid integer"),
    ("ENGINE", "abacus", "'numpy' or 'tensorflow' (got 'abacus')"),
    ("START_PATIENCE_SECONDS", "-1", "greater than or equal to 0 (got '-1')"),
    ("KAFKA__BOOTSTRAP", "", "(got '')"),
    ("KAFKA__BOOTSTRAP", "broker", "(got 'broker')"),
    ("KAFKA__BOOTSTRAP", "broker:kafka", "(got 'broker:kafka')"),
    ("KAFKA__BOOTSTRAP", "one:9092, two:9092", "(got 'one:9092, two:9092')"),
    ("KAFKA__BOOTSTRAP", "one:9092,", "(got 'one:9092,')"),
    ("KAFKA__BOOTSTRAP", "one:0", "(got 'one:0')"),
    ("KAFKA__BOOTSTRAP", "one:65536", "(got 'one:65536')"),
    ("KAFKA__BOOTSTRAP", "::1:9092", "(got '::1:9092')"),
    ("KAFKA__BOOTSTRAP", "http://localhost:9092", "leave out the scheme (got 'http://localhost:9092')"),
    ("SCORED__URL", "ftp://host/scored", "unknown scheme 'ftp'"),
    ("SCORED__URL", "s3://", "s3:// has no bucket"),
    ("REGISTRY__URL", "http://host/models", "unknown scheme 'http'"),
    ("REGISTRY__REFRESH_SECONDS", "inf", "(got 'inf')"),
    ("KAFKA__SESSION_TIMEOUT_MS", "9" * 20, "1800000"),
    ("KAFKA__MAX_POLL_INTERVAL_MS", "2147483648", "2147483647"),
    ("BATCH__BAD_RATIO", "nan", "(got 'nan')"),
    ("KAFKA__TOPIC", "no blanks", "(got 'no blanks')"),
    ("KAFKA__TOPIC", "t" * 250, "pattern"),
    ("KAFKA__GROUP", "", "at least 1 character"),
    ("KAFKA__START", "yesterday", "'earliest' or 'latest' (got 'yesterday')"),
    ("KAFKA__SECURITY_PROTOCOL", "TLS", "'SASL_SSL' (got 'TLS')"),
    ("KAFKA__SESSION_TIMEOUT_MS", "6 s", "valid integer"),
    ("REDIS__BUCKET_SECONDS", "0", "(got '0')"),
    ("REDIS__RETENTION_SECONDS", "9999999", "604800 (got '9999999')"),
    ("SCORED__FILE_SECONDS", "nan", "(got 'nan')"),
    ("SCORED__FILE_ROWS", "1e5", "(got '1e5')"),
    ("BATCH__RECORDS", "0", "(got '0')"),
    ("BATCH__WAIT_MS", "-1", "(got '-1')"),
    ("REGISTRY__REFRESH_SECONDS", "0", "(got '0')"),
    ("HEALTH__PORT", "70000", "65535 (got '70000')"),
    ("HEALTH__PROT", "1", "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("name", "value", "expected"), WRONG, ids=lambda value: value[:30])
def test_a_wrong_value_is_named_by_its_variable(
    complaint: Complaint, name: str, value: str, expected: str
) -> None:
    (line,) = complaint(**{name: value}).splitlines()
    assert line.startswith(f"BADBUZZ_{name}: ")
    assert expected in line


def test_all_wrong_values_are_reported_at_once(complaint: Complaint) -> None:
    lines = complaint(THREADS="many", HEALTH__PORT="-1", BATCH__WAIT_MS="0").splitlines()
    assert {line.partition(":")[0] for line in lines} == {
        "BADBUZZ_THREADS",
        "BADBUZZ_HEALTH__PORT",
        "BADBUZZ_BATCH__WAIT_MS",
    }


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"KAFKA__TOPIC": "x", "KAFKA__DEAD_LETTER_TOPIC": "x"}, ["'x'", "scored again"]),
        ({"KAFKA__SECURITY_PROTOCOL": "SASL_SSL"}, ["SASL_SSL", "sasl_mechanism", "sasl_password"]),
        ({"KAFKA__SASL_MECHANISM": "PLAIN"}, ["sasl_mechanism", "never used", "PLAINTEXT"]),
        ({"KAFKA__SASL_PASSWORD": "x"}, ["sasl_password", "never used", "PLAINTEXT"]),
        (
            {"KAFKA__SECURITY_PROTOCOL": "SSL", "KAFKA__SSL_KEYFILE": "k"},
            ["ssl_keyfile", "without ssl_certfile"],
        ),
        (
            {"KAFKA__SECURITY_PROTOCOL": "SASL_SSL", "KAFKA__SASL_MECHANISM": "OAUTHBEARER"},
            ["OAUTHBEARER", "sasl_oauth_token_url, sasl_oauth_client_id, sasl_oauth_client_secret"],
        ),
        (
            {"KAFKA__SECURITY_PROTOCOL": "SASL_SSL", "KAFKA__SASL_MECHANISM": "AWS_MSK_IAM"},
            ["AWS_MSK_IAM", "sasl_aws_region"],
        ),
        (
            {
                "KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT",
                "KAFKA__SASL_MECHANISM": "AWS_MSK_IAM",
                "KAFKA__SASL_AWS_REGION": "eu-west-1",
            },
            ["AWS_MSK_IAM", "SASL_SSL"],
        ),
        (
            {
                "KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
                "KAFKA__SASL_MECHANISM": "PLAIN",
                "KAFKA__SASL_USERNAME": "me",
                "KAFKA__SASL_PASSWORD": "Endpoint=sb://x/;SharedAccessKey=hunter2",
            },
            ["Azure Event Hubs", "$ConnectionString"],
        ),
        ({"KAFKA__SSL_CAFILE": "ca.pem"}, ["ssl_cafile", "never used", "PLAINTEXT"]),
        ({"REDIS__BUCKET_SECONDS": "7"}, ["7200", "not a multiple", "7"]),
    ],
)
def test_contradicting_settings_are_reported(
    complaint: Complaint, environment: dict[str, str], expected: list[str]
) -> None:
    (line,) = complaint(**environment).splitlines()
    assert all(part in line for part in expected)


@pytest.mark.parametrize(
    "environment",
    [
        {"KAFKA": f'{{"sasl_password": "{SECRET}"'},
        {"KAFKA": f'["{SECRET}"]'},
        {"KAFKA": f'"{SECRET}"'},
        {"REDIS": f"redis://:{SECRET}@cache"},
        {"KAFKA__SASL_PASWORD": SECRET},
        {"REDIS__PASSWROD": SECRET},
        {"REDIS__URL__X": SECRET},
        {"KAFKA__SASL_MECHANISM": "PLAIN", "KAFKA__SASL_PASSWORD": SECRET},
        {"REDIS__BUCKET_SECONDS": "7", "REDIS__URL": f"redis://:{SECRET}@cache"},
        {"KAFKA__BOOTSTRAP": f"Endpoint=sb://x.servicebus.windows.net/;SharedAccessKey={SECRET}="},
        {"KAFKA__BOOTSTRAP": f"sasl://me:{SECRET}@broker:9092"},
        {"SCORED__URL": f"s3://key:{SECRET}@bucket/scored"},
        {"SCORED__URL": f"s3://{SECRET}@bucket/scored"},
        {"SCORED__URL": f"az://container/scored?sig={SECRET}"},
        {"REGISTRY__URL": f"abfss://container:{SECRET}@account.dfs.core.windows.net/models"},
        {"REGISTRY__URL": f"ftp://me:{SECRET}@host/models"},
        {"SCORED": f'{{"url": "s3://key:{SECRET}@bucket"}}'},
        {"SCORED": f'{{"uri": "s3://key:{SECRET}@bucket"}}'},
        {"REDIS": f'{{"url": ["redis://:{SECRET}@cache"], "bucket_seconds": 0}}'},
    ],
    ids=str,
)
def test_no_message_contains_a_secret(complaint: Complaint, environment: dict[str, str]) -> None:
    message = complaint(**environment)
    assert SECRET not in message
    assert next(iter(environment)).partition("__")[0].lower() in message.lower()


def test_no_representation_of_the_settings_contains_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, REDIS__URL=f"redis://:{SECRET}@cache/0", **_sasl())
    settings = load_settings()
    assert settings.kafka.sasl_password is not None
    assert settings.kafka.sasl_password.get_secret_value() == SECRET
    shown = [repr(settings), str(settings), repr(settings.model_dump()), settings.model_dump_json()]
    assert [picture for picture in shown if SECRET in picture] == []


def test_a_section_may_be_given_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, KAFKA='{"group": "night", "topic": "posts"}', KAFKA__TOPIC="tweets-2")
    assert load_settings().kafka == KafkaSettings(group="night", topic="tweets-2")


def test_the_environment_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("BADBUZZ_THREADS=2\nBADBUZZ_KAFKA__GROUP=file\n")
    _set(monkeypatch, KAFKA__GROUP="environment")
    settings = load_settings()
    assert (settings.threads, settings.kafka.group) == (2, "environment")


def test_other_lines_of_the_env_file_are_ignored() -> None:
    Path(".env").write_text("COMPOSE_PROJECT_NAME=x\nBADBUZZ_TEST_REDIS=redis://x\nPATH=/nowhere\n")
    assert load_settings() == Settings()


def test_a_wrong_line_of_the_env_file_is_named_like_a_variable(complaint: Complaint) -> None:
    Path(".env").write_text(f"BADBUZZ_THREADS=many\nBADBUZZ_REDIS__PASWORD={SECRET}\n")
    message = complaint()
    assert "BADBUZZ_THREADS: " in message
    assert "BADBUZZ_REDIS__PASWORD: " in message
    assert SECRET not in message


def test_an_env_file_that_is_not_text_is_reported(complaint: Complaint) -> None:
    Path(".env").write_bytes(b"BADBUZZ_MODEL=\xff\n")
    assert ".env is not text in UTF-8" in complaint()


@pytest.mark.parametrize(
    ("compression", "user", "codec"),
    [(None, "me", "lz4"), ("none", "me", None), ("gzip", "me", "gzip"), (None, "$ConnectionString", None)],
)
def test_event_hubs_gets_no_compression_unless_it_is_chosen(
    compression: str | None, user: str, codec: str | None
) -> None:
    secret = "Endpoint=sb://x/;SharedAccessKey=y" if user.startswith("$") else "y"
    login = {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "PLAIN",
        "sasl_username": user,
        "sasl_password": secret,
    }
    assert KafkaSettings.model_validate({"compression": compression, **login}).codec == codec


def test_several_brokers_and_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, KAFKA__BOOTSTRAP="one:9092,[::1]:9093")
    assert load_settings().kafka.bootstrap == "one:9092,[::1]:9093"


def _sasl() -> Mapping[str, str]:
    return {
        "KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA__SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA__SASL_USERNAME": "worker",
        "KAFKA__SASL_PASSWORD": SECRET,
    }


def _set(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"BADBUZZ_{name}", value)
