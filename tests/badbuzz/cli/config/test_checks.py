from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from badbuzz.cli.config import checks
from badbuzz.cli.config.checks import Check, run_checks
from badbuzz.errors import DataRefused, DependencyDown, Misconfigured, Retry
from model_registry.store.registry import PRODUCTION, Registry
from tests.model_registry import tiny_model

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.usefixtures("clean_environment")


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([], 0),
        ([Retry("kafka", "away")], 69),
        ([DependencyDown("away"), DataRefused("broken")], 65),
        ([Retry("redis", "away"), Misconfigured("wrong"), DataRefused("broken")], 78),
    ],
)
def test_the_exit_code_is_that_of_the_most_lasting_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], errors: list[Exception], code: int
) -> None:
    def fail(error: Exception) -> str:
        raise error

    wrong = [Check(f"check {number}", lambda error=error: fail(error)) for number, error in enumerate(errors)]  # type: ignore[misc]
    monkeypatch.setattr(
        checks, "list_file_checks", lambda _settings: [Check("right", lambda: "fine"), *wrong]
    )
    assert run_checks() == code
    lines = capsys.readouterr().out.splitlines()
    assert "ok      right: fine" in lines
    assert [line for line in lines if line.startswith("WRONG   ")] == [
        f"WRONG   check {number}: {error}" for number, error in enumerate(errors)
    ]


def test_the_model_is_loaded_from_a_local_registry(badbuzz: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry.open("registry")
    registry.promote(registry.register(tiny_model.draft()), PRODUCTION)
    monkeypatch.setenv("BADBUZZ_REGISTRY__URL", "registry")
    monkeypatch.setenv("BADBUZZ_MODEL", f"tiny@{PRODUCTION}")
    code, output, _ = badbuzz("config", "check")
    assert code == 0
    assert "BADBUZZ_MODEL: tiny@production is tiny:1" in output
    monkeypatch.setenv("BADBUZZ_MODEL", "tiny:2")
    assert badbuzz("config", "check")[0] == 78


def test_nothing_is_created(badbuzz: Run) -> None:
    assert badbuzz("config", "check")[0] == 0
    assert list(Path.cwd().iterdir()) == []
