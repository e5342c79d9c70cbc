from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from badbuzz.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]


def setting(output: str, name: str) -> str:
    """The one line about a variable, blanks squeezed."""
    (line,) = [line for line in output.splitlines() if line.lstrip("#").startswith(f"{name}=")]
    return " ".join(line.split())


def test_show_names_every_setting(badbuzz: Run) -> None:
    code, output, _ = badbuzz("config", "show")
    assert code == 0
    assert setting(output, "BADBUZZ_KAFKA__TOPIC") == "BADBUZZ_KAFKA__TOPIC=tweets # default"
    assert setting(output, "BADBUZZ_BRANDS") == "#BADBUZZ_BRANDS= # default"
    assert all(f"BADBUZZ_{name.upper()}" in output for name in Settings.model_fields)
    assert all(name in output for name in ("BADBUZZ_X_BEARER_TOKEN=", "BADBUZZ_AZURE__KEY="))


def test_show_prints_the_origin_of_each_value(badbuzz: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("BADBUZZ_THREADS=2\nBADBUZZ_ENGINE=tensorflow\n")
    monkeypatch.setenv("BADBUZZ_ENGINE", "numpy")
    monkeypatch.setenv("BADBUZZ_KAFKA", '{"group": "whole section"}')
    _, output, _ = badbuzz("config", "show")
    assert setting(output, "BADBUZZ_THREADS").endswith("=2 # .env")
    assert setting(output, "BADBUZZ_ENGINE").endswith("=numpy # environment")
    assert setting(output, "BADBUZZ_KAFKA__GROUP").endswith("=whole section # environment")
    assert setting(output, "BADBUZZ_KAFKA__START").endswith("# default")


def test_show_can_be_read_back_as_env_file(badbuzz: Run) -> None:
    _, output, _ = badbuzz("config", "show")
    Path(".env").write_text(output)
    code, again, _ = badbuzz("config", "show")
    assert code == 0
    assert again.replace("# .env", "# default") == output


@pytest.mark.parametrize(
    ("variable", "value", "shown"),
    [
        ("BADBUZZ_REDIS__URL", "redis://me:hunter2@cache:6379/0", "redis://me:***@cache:6379/0"),
        ("BADBUZZ_REDIS__URL", "redis://hunter2@cache:6379/0", "redis://***@cache:6379/0"),
        ("BADBUZZ_REDIS__URL", "redis://[hunter2", "***"),
        ("BADBUZZ_KAFKA__SASL_PASSWORD", "hunter2", "***"),
        (
            "BADBUZZ_KAFKA__SASL_PASSWORD",
            "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=me;SharedAccessKey=hunter2=",
            "***",
        ),
        ("BADBUZZ_KAFKA__SASL_PASSWORD", "https://hunter2", "***"),
        ("BADBUZZ_X_BEARER_TOKEN", "AAA://hunter2", "***"),
        ("BADBUZZ_AZURE__KEY", "hunter2://x", "***"),
    ],
)
def test_show_masks_secrets(
    badbuzz: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, shown: str
) -> None:
    if "SASL" in variable:
        monkeypatch.setenv("BADBUZZ_KAFKA__SECURITY_PROTOCOL", "SASL_SSL")
        monkeypatch.setenv("BADBUZZ_KAFKA__SASL_MECHANISM", "PLAIN")
        user = "$ConnectionString" if value.startswith("Endpoint=") else "me"
        monkeypatch.setenv("BADBUZZ_KAFKA__SASL_USERNAME", user)
    monkeypatch.setenv(variable, value)
    _, output, _ = badbuzz("config", "show")
    assert setting(output, variable) == f"{variable}={shown} # environment"
    assert "hunter2" not in output


def test_show_reports_variables_that_no_setting_reads(badbuzz: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BADBUZZ_BRAND", "x")
    code, _, errors = badbuzz("config", "show")
    assert (code, errors) == (
        0,
        "badbuzz: BADBUZZ_BRAND: no setting has this name; did you mean BADBUZZ_BRANDS?\n",
    )


def test_check_accepts_the_defaults(badbuzz: Run) -> None:
    code, output, errors = badbuzz("config", "check")
    assert (code, errors) == (0, "")
    assert all(line.startswith("ok  ") for line in output.splitlines()[:-1])
    assert output.endswith("\nThe settings are correct.\n")


def test_check_leaves_other_variables_alone(badbuzz: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SHARED", "TEST_REDIS", "TEST_KAFKA", "TEST_BROKER", "X_BEARER_TOKEN"):
        monkeypatch.setenv(f"BADBUZZ_{name}", "x")
    code, output, _ = badbuzz("config", "check")
    assert code == 0
    assert "note" not in output


WRONG = [
    (
        {"BADBUZZ_KAFKA__BOOTSTRAP": "http://localhost:9092"},
        ["BADBUZZ_KAFKA__BOOTSTRAP", "leave out the scheme"],
    ),
    ({"BADBUZZ_SCORED__URL": "ftp://host/scored"}, ["BADBUZZ_SCORED__URL", "unknown scheme 'ftp'"]),
    ({"BADBUZZ_SCORED__URL": ""}, ["BADBUZZ_SCORED__URL", "is empty"]),
    ({"BADBUZZ_REGISTRY__URL": " "}, ["BADBUZZ_REGISTRY__URL", "is empty"]),
    ({"BADBUZZ_SCORED__URL": "/proc/x"}, ["BADBUZZ_SCORED__URL", "'/proc' belongs to the kernel"]),
    ({"BADBUZZ_SCORED__CHAIN_URL": "/proc/x"}, ["BADBUZZ_SCORED__URL", "are on different file systems"]),
    ({"BADBUZZ_SCORED__CHAIN_URL": "s3://b/x"}, ["BADBUZZ_SCORED__CHAIN_URL", "expected a local folder"]),
    ({"BADBUZZ_SCORED__CHAIN_URL": "data/scored/x"}, ["BADBUZZ_SCORED__CHAIN_URL", "outside of"]),
    ({"BADBUZZ_SCORED__URL": "s3://bucket"}, ["BADBUZZ_SCORED__URL", "no place beside it"]),
    ({"BADBUZZ_HEALTH__HOST": "nonsense host"}, ["BADBUZZ_HEALTH__HOST", "'nonsense host'"]),
    ({"BADBUZZ_REDIS__URL": "redis://me:hunter2@host:1/abc"}, ["BADBUZZ_REDIS__URL", "[/database]"]),
    ({"BADBUZZ_REDIS__URL": "redis://me:hunter2@host:1/0/1"}, ["BADBUZZ_REDIS__URL", "[/database]"]),
    ({"BADBUZZ_REDIS__URL": "redis://me:hunter2@host:1/0#1"}, ["BADBUZZ_REDIS__URL", "[/database]"]),
    ({"BADBUZZ_REDIS__URL": "redis://me:hunter2@host:1?db=x"}, ["BADBUZZ_REDIS__URL", "[/database]"]),
    ({"BADBUZZ_SCORED__URL": "a-file/scored"}, ["BADBUZZ_SCORED__URL", "a-file' is a file"]),
    ({"BADBUZZ_SCORED__URL": "az://container/scored"}, ["BADBUZZ_SCORED__URL", "Account must be specified"]),
    ({"BADBUZZ_MODEL": "foo"}, ["BADBUZZ_MODEL", "'foo'", "name:version or name@alias"]),
    ({"BADBUZZ_MODEL": "foo@production"}, ["BADBUZZ_MODEL", "foo@production", "models import --bundled"]),
    ({"BADBUZZ_KAFKA__SASL_PASSWORD": "hunter2"}, ["BADBUZZ_KAFKA", "sasl_password", "never used"]),
    (
        {"BADBUZZ_KAFKA__SECURITY_PROTOCOL": "SSL", "BADBUZZ_KAFKA__SSL_CAFILE": "nowhere.pem"},
        ["BADBUZZ_KAFKA__SSL_CAFILE", "nowhere.pem"],
    ),
    ({"BADBUZZ_X_URL": "https://me:hunter2@x"}, ["BADBUZZ_X_URL", "must not hold"]),
    ({"BADBUZZ_THREADS": "many"}, ["BADBUZZ_THREADS", "'many'"]),
    ({"BADBUZZ_ENGINE": "abacus"}, ["BADBUZZ_ENGINE", "'numpy'", "'abacus'"]),
    ({"BADBUZZ_HEALTH__PORT": "70000"}, ["BADBUZZ_HEALTH__PORT", "65535", "70000"]),
    ({"BADBUZZ_KAFKA__TOPIC": "no blanks"}, ["BADBUZZ_KAFKA__TOPIC", "'no blanks'"]),
    ({"BADBUZZ_KAFKA__BOOTSTARP": "x:1"}, ["BADBUZZ_KAFKA__BOOTSTARP"]),
    (
        {"BADBUZZ_KAFAK__BOOTSTRAP": "x:1"},
        ["BADBUZZ_KAFAK__BOOTSTRAP", "did you mean BADBUZZ_KAFKA__BOOTSTRAP"],
    ),
    ({"BADBUZZ_MODLE": "x"}, ["BADBUZZ_MODLE", "did you mean BADBUZZ_MODEL"]),
    ({"BADBUZZ_BRANDS": "nowhere.yaml"}, ["BADBUZZ_BRANDS", "nowhere.yaml", "No such file"]),
    ({"BADBUZZ_ENCODER": "nowhere"}, ["BADBUZZ_ENCODER", "nowhere", "holds no SavedModel"]),
    ({"BADBUZZ_REDIS__URL": "http://me:hunter2@x"}, ["BADBUZZ_REDIS__URL", "redis://"]),
    (
        {"BADBUZZ_THREADS": "0", "BADBUZZ_BATCH__WAIT_MS": "-1"},
        ["BADBUZZ_THREADS", "BADBUZZ_BATCH__WAIT_MS", "'-1'"],
    ),
]
CONTRADICTING = [
    ({"BADBUZZ_KAFKA__DEAD_LETTER_TOPIC": "tweets"}, ["BADBUZZ_KAFKA", "'tweets'", "scored again"]),
    ({"BADBUZZ_KAFKA__SECURITY_PROTOCOL": "SASL_SSL"}, ["BADBUZZ_KAFKA", "SASL_SSL", "sasl_password"]),
    (
        {"BADBUZZ_KAFKA__SASL_MECHANISM": "PLAIN", "BADBUZZ_KAFKA__SASL_PASSWORD": "hunter2"},
        ["BADBUZZ_KAFKA", "sasl_mechanism", "PLAINTEXT"],
    ),
    (
        {"BADBUZZ_REDIS__BUCKET_SECONDS": "7", "BADBUZZ_REDIS__URL": "redis://:hunter2@x"},
        ["BADBUZZ_REDIS", "7200", "7"],
    ),
]


@pytest.mark.parametrize(("variables", "complaints"), WRONG + CONTRADICTING)
def test_check_reports_wrong_settings(
    badbuzz: Run, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], complaints: list[str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    Path("a-file").touch()
    code, output, errors = badbuzz("config", "check")
    wrong = "".join(line for line in output.splitlines() if line.startswith("WRONG   "))
    assert (code, errors) == (78, "")
    assert all(complaint in wrong for complaint in complaints), output
    assert "hunter2" not in output


def test_check_reads_the_env_file_too(badbuzz: Run) -> None:
    Path(".env").write_text("BADBUZZ_MODLE=x\n")
    assert "did you mean BADBUZZ_MODEL?" in badbuzz("config", "check")[1]


def test_check_names_a_wrong_brand(badbuzz: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("brands.yaml").write_text("- name: all\n  handles: [x]\n")
    monkeypatch.setenv("BADBUZZ_BRANDS", "brands.yaml")
    code, output, _ = badbuzz("config", "check")
    assert code == 78
    assert "BADBUZZ_BRANDS: brands file 'brands.yaml': entry 1 ('all'): name: 'all' is reserved" in output


def test_an_env_file_that_cannot_be_parsed_is_reported_once(badbuzz: Run) -> None:
    Path(".env").write_text("BADBUZZ_BRANDS: hunter2\n")
    code, output, errors = badbuzz("config", "check")
    assert (code, errors) == (78, "")
    assert [line for line in output.splitlines() if line.startswith("WRONG")] == [
        "WRONG   .env: .env line 1: expected NAME=value, and an end of each quote; the line would be ignored"
    ]
    code, output, errors = badbuzz("config", "show")
    assert (code, output) == (78, "")
    assert ".env line 1" in errors


@pytest.mark.parametrize("name", ["BADBUZ_BRANDS", "BADBUZZ_BRANDS_FILE", "BADBUZZ_BRAND_FILE"])
def test_check_and_work_refuse_a_name_that_is_almost_one_of_a_setting(
    badbuzz: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "brands.yaml")
    code, output, _ = badbuzz("config", "check")
    assert code == 78
    assert f"WRONG   names: {name}: no setting has this name; did you mean BADBUZZ_BRANDS?" in output
    assert badbuzz("work")[0] == 78


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BADBUZZ_X_URL", "https://x.com/?token=hunter2"),
        ("BADBUZZ_JETSTREAM_URL", "wss://a/s,wss://h/s?key=hunter2"),
        ("BADBUZZ_AZURE__ENDPOINT", "https://h/?sub=hunter2"),
        ("BADBUZZ_AZURE__ENDPOINT", "hunter2"),
        ("BADBUZZ_KAFKA__SASL_OAUTH_TOKEN_URL", "https://u/t?client_secret=hunter2"),
        ("BADBUZZ_KAFKA__SASL_OAUTH_SCOPE", "https://u/t?client_secret=hunter2"),
        ("BADBUZZ_KAFKA__SASL_OAUTH_CLIENT_ID", "id;secret=hunter2"),
        ("BADBUZZ_KAFKA__SASL_USERNAME", "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKey=hunter2"),
        ("BADBUZZ_KAFKA__SASL_OAUTH_EXTENSIONS", '["hunter2"]'),
    ],
)
def test_a_secret_in_a_setting_that_is_shown_is_refused_and_not_repeated(
    badbuzz: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    for command in ("show", "check"):
        code, output, errors = badbuzz("config", command)
        assert code == 78
        assert f"{variable}: " in output + errors
        assert "hunter2" not in output + errors


def test_show_masks_the_extensions_of_a_login(badbuzz: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "SECURITY_PROTOCOL": "SASL_SSL",
        "SASL_MECHANISM": "OAUTHBEARER",
        "SASL_OAUTH_TOKEN_URL": "https://u/t",
        "SASL_OAUTH_CLIENT_ID": "me",
        "SASL_OAUTH_CLIENT_SECRET": "hunter2",
        "SASL_OAUTH_EXTENSIONS": '{"a": "hunter2"}',
    }.items():
        monkeypatch.setenv(f"BADBUZZ_KAFKA__{name}", value)
    code, output, _ = badbuzz("config", "show")
    assert code == 0
    assert setting(output, "BADBUZZ_KAFKA__SASL_OAUTH_EXTENSIONS").endswith("=*** # environment")
    assert "hunter2" not in output


def test_empty_optional_settings_are_not_set(badbuzz: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("BADBUZZ_BRANDS=other.yaml\n")
    optional = [
        *("BRANDS", "ENCODER", "SCORED__CHAIN_URL", "X_BEARER_TOKEN", "KAFKA__COMPRESSION"),
        *("KAFKA__SASL_MECHANISM", "KAFKA__SASL_USERNAME", "KAFKA__SASL_PASSWORD", "KAFKA__SSL_CAFILE"),
        *("KAFKA__SASL_OAUTH_TOKEN_URL", "KAFKA__SASL_OAUTH_EXTENSIONS", "AZURE__ENDPOINT", "AZURE__KEY"),
    ]
    for name in optional:
        monkeypatch.setenv(f"BADBUZZ_{name}", "")
    assert badbuzz("config", "check")[0] == 0
    _, output, _ = badbuzz("config", "show")
    for name in optional:
        if not name.startswith("AZURE"):
            assert setting(output, f"BADBUZZ_{name}") == f"#BADBUZZ_{name}= # default"
