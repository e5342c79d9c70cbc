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
        ("BADBUZZ_REDIS__URL", "redis://:hunter2@cache/0", "redis://:***@cache/0"),
        ("BADBUZZ_REDIS__URL", "redis://cache/0?password=hunter2&db=1", "redis://cache/0?password=***&db=1"),
        ("BADBUZZ_REDIS__URL", "redis://[hunter2", "***"),
        ("BADBUZZ_KAFKA__SASL_PASSWORD", "hunter2", "***"),
        ("BADBUZZ_SCORED__URL", "s3://key:hunter2@bucket/scored", "s3://key:***@bucket/scored"),
    ],
)
def test_show_masks_secrets(
    badbuzz: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, shown: str
) -> None:
    monkeypatch.setenv(variable, value)
    _, output, _ = badbuzz("config", "show")
    assert setting(output, variable) == f"{variable}={shown} # environment"
    assert "hunter2" not in output


def test_check_accepts_the_defaults(badbuzz: Run) -> None:
    assert badbuzz("config", "check") == (0, "The settings are correct.\n", "")


def test_check_leaves_other_variables_alone(badbuzz: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SHARED", "TEST_REDIS", "TEST_KAFKA", "TEST_BROKER", "X_BEARER_TOKEN"):
        monkeypatch.setenv(f"BADBUZZ_{name}", "x")
    assert badbuzz("config", "check")[0] == 0


WRONG = [
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
    ({"BADBUZZ_REDIS__URL": "http://me:hunter2@x"}, ["BADBUZZ_REDIS__URL", "redis://", "http://me:***@x"]),
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
        ["BADBUZZ_KAFKA", "PLAIN", "PLAINTEXT"],
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
    code, output, errors = badbuzz("config", "check")
    assert (code, output) == (78, "")
    assert all(complaint in errors for complaint in complaints), errors
    assert "hunter2" not in errors


def test_check_reads_the_env_file_too(badbuzz: Run) -> None:
    Path(".env").write_text("BADBUZZ_MODLE=x\n")
    assert "did you mean BADBUZZ_MODEL?" in badbuzz("config", "check")[2]


def test_check_names_a_wrong_brand(badbuzz: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("brands.yaml").write_text("- name: all\n  handles: [x]\n")
    monkeypatch.setenv("BADBUZZ_BRANDS", "brands.yaml")
    code, _, errors = badbuzz("config", "check")
    assert code == 78
    assert "BADBUZZ_BRANDS: brands file 'brands.yaml': entry 1 ('all'): name: 'all' is reserved" in errors
