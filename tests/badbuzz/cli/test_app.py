from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from badbuzz import __version__, errors
from badbuzz.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., tuple[int, str, str]]

HEAVY = ("tensorflow", "keras", "onnxruntime", "gensim", "sklearn", "pandas", "kafka", "duckdb")


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_help_describes_the_program_and_lists_every_command(badbuzz: Run) -> None:
    code, output, _ = badbuzz("--help")
    assert code == 0
    assert "turned against a brand" in output
    assert all(f"\n  {name} " in output for name in app.COMMANDS)


def test_every_command_and_option_has_a_help_text(badbuzz: Run) -> None:
    silent = []
    for words, command in commands(app.app):
        code, output, _ = badbuzz(*words, "--help")
        assert code == 0
        assert output.startswith(f"Usage: badbuzz {' '.join(words)} ")
        silent += [" ".join(words)] if not command.help else []
        silent += [
            f"{' '.join(words)} {option.opts[0]}"
            for option in command.params
            if isinstance(option, click.Option) and not option.help
        ]
    assert silent == []


def test_help_loads_no_engine() -> None:
    """Each command's help in one fresh process; what it imported on the way must be light."""
    script = f"""
import sys
from badbuzz.cli.app import COMMANDS, main
for command in COMMANDS:
    try:
        main([command, "--help"])
    except SystemExit as left:
        assert left.code == 0
print("loaded:", *sorted(set({HEAVY!r}) & set(sys.modules)))
"""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded:"


def test_version(badbuzz: Run) -> None:
    assert badbuzz("--version") == (0, f"badbuzz, version {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments", [("wrok",), ("config", "shwo"), ("--colour",), ("config", "show", "surplus"), ()]
)
def test_a_wrong_command_line_is_exit_code_64(badbuzz: Run, arguments: tuple[str, ...]) -> None:
    code, output, complaint = badbuzz(*arguments)
    assert (code, output) == (64, "")
    assert "Usage: badbuzz" in complaint


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.Usage("x"), 64),
        (errors.DataRefused("x"), 65),
        (errors.DependencyDown("x"), 69),
        (errors.Retry("redis", "x"), 75),
        (errors.Misconfigured("x"), 78),
        (errors.ModelRefused("x"), 78),
        (KeyboardInterrupt(), 130),
    ],
)
def test_an_error_is_one_message_and_its_exit_code(
    badbuzz: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(app.app, "main", fail)
    expected = f"badbuzz: {error}\n" if isinstance(error, errors.BadBuzzError) else ""
    assert badbuzz() == (code, "", expected)


def test_an_unexpected_error_is_not_hidden(badbuzz: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(app.app, "main", fail)
    with pytest.raises(ZeroDivisionError):
        badbuzz()


def test_every_exit_code_is_documented(badbuzz: Run) -> None:
    _, output, _ = badbuzz("--help")
    kinds: list[type[errors.BadBuzzError]] = [
        errors.Usage,
        errors.DataRefused,
        errors.DependencyDown,
        errors.Retry,
        errors.Misconfigured,
    ]
    assert all(re.search(rf"^ +{kind.exit_code}  \w", output, re.MULTILINE) for kind in kinds)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_emitted(badbuzz: Run, monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    monkeypatch.setenv("_BADBUZZ_COMPLETE", f"{shell}_source")
    code, output, _ = badbuzz()
    assert code == 0
    assert "_badbuzz_completion" in output


def test_completion_offers_the_commands(badbuzz: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_BADBUZZ_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "badbuzz mo")
    monkeypatch.setenv("COMP_CWORD", "1")
    code, output, _ = badbuzz()
    assert (code, output.split()) == (0, ["plain,models"])
