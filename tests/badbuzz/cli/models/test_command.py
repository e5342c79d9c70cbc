from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_registry import bundled
from model_registry.package.manifest import WEIGHTS
from model_registry.package.refs import ModelRef
from model_registry.store.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


def test_an_empty_registry_says_how_to_fill_it(run: Run, tweets: str) -> None:
    code, out, err = run("list")
    assert (code, out) == (0, "")
    assert "badbuzz models import --bundled" in err
    code, out, err = run("evaluate", "tiny@production", tweets)
    assert (code, out) == (78, "")
    assert "the registry is empty: fill it with `badbuzz models import --bundled`" in err


def test_promote_and_rollback(run: Run, registry: Registry) -> None:
    assert run("promote", "tiny:2") == (0, "tiny@production points to tiny:2\n", "")
    assert registry.resolve("tiny@production") == ModelRef("tiny", 2)
    assert run("rollback", "tiny") == (0, "tiny@production points to tiny:1 again\n", "")
    code, _, err = run("rollback", "tiny")
    assert code == 78
    assert "nothing to roll back" in err
    assert run("promote", "tiny@production", "--alias", "shadow")[0] == 0
    assert registry.resolve("tiny@shadow") == ModelRef("tiny", 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("promote", "tiny:9"), "its versions: 1, 2"),
        (("promote", "tiny"), "expected name:version or name@alias"),
        (("show", "tiny@shadow"), "its aliases: production"),
        (("rollback", "../x"), "expected name:version or name@alias"),
        (("evaluate", "./nowhere", "FILE"), "expected NAME@ALIAS, NAME:VERSION or the directory"),
    ],
)
@pytest.mark.usefixtures("registry")
def test_an_unknown_name_is_reported_with_the_known_ones(
    run: Run, tweets: str, arguments: tuple[str, ...], message: str
) -> None:
    code, _, err = run(*(tweets if word == "FILE" else word for word in arguments))
    assert code == 78
    assert message in err


def test_verify_names_each_version_that_is_refused(run: Run, registry: Registry, tmp_path: Path) -> None:
    assert registry.list()
    assert run("verify") == (0, "tiny:1: ok\ntiny:2: ok\n", "")
    weights = tmp_path / "registry/tiny/versions/2" / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    code, out, err = run("verify")
    assert code == 78
    assert "tiny:1: ok" in out
    assert "tiny:2: refused" in out
    assert "SHA-256" in out
    assert "refused 1 of 2 versions: tiny:2" in err
    assert run("verify", "tiny:1")[0] == 0


def test_import_a_directory(run: Run, directory: Path, url: str) -> None:
    assert run("import", str(directory)) == (0, "imported tiny:1\n", "")
    assert run("import", str(directory)) == (0, "imported tiny:1\n", "")
    (directory / "extra.txt").write_text("")
    code, _, err = run("import", str(directory))
    assert code == 78
    assert "holds 'extra.txt'" in err
    assert len(Registry.open(url).list()) == 1


def test_import_what_is_shipped(run: Run, directory: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "list_bundled_models", lambda: [directory])
    assert run("import", "--bundled") == (0, "imported tiny:1\n", "")
    assert Registry.open(url).resolve("tiny@production") == ModelRef("tiny", 1)


def test_import_needs_either_a_directory_or_bundled(run: Run, directory: Path) -> None:
    assert run("import")[0] == 64
    assert run("import", str(directory), "--bundled")[0] == 64


def test_the_registry_option_overrides_the_settings(run: Run, directory: Path, tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    assert run("import", str(directory), "--registry", elsewhere)[0] == 0
    assert Registry.open(elsewhere).list()
    assert run("list")[1] == ""
