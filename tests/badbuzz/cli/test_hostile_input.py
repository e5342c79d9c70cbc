"""Wrong options and variables, given on the command line to every command: a message and an exit code, never a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from badbuzz.cli.app import COMMANDS, app
from tests.badbuzz.cli.every_command import EVERY_COMMAND
from tests.badbuzz.cli.test_app import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., tuple[int, str, str]]

NUMBERS = (
    "nan",
    "NaN",
    "inf",
    "-inf",
    "1e400",
    "-1",
    "",
    " ",
    "x",
    "1_0",
    "0x1",
    "9" * 400,
    "9" * 5_000,
    "--1",
    "1,5",
)
CHARACTERS = ("\udcff", "\x1b[2J", "../../etc", "x" * 100_000, "%s%n", "*", "")


def number_options() -> Iterator[tuple[tuple[str, ...], click.Option]]:
    for words, command in commands(app):
        for option in command.params:
            if isinstance(option, click.Option) and option.type.name in NUMBER_TYPES:
                yield words, option


NUMBER_TYPES = {"integer", "integer range", "float", "float range", "duration", "time", "offsets"}
OPTIONS = list(number_options())
NEEDED = {"run": ["x"], "teacher": ["x"], "replay": ["tweets.csv"], "x": ["--track", "y"]}


def test_every_command_is_in_the_table() -> None:
    assert {words[0] for words in EVERY_COMMAND} == COMMANDS.keys()


def test_there_are_number_options() -> None:
    names = {option.name for _, option in OPTIONS}
    assert {
        "rate",
        "speed",
        "share",
        "at_s",
        "limit",
        "since_ms",
        "target_mb",
        "processes",
        "health_port",
    } <= names


@pytest.mark.parametrize(
    ("words", "option"), OPTIONS, ids=lambda value: getattr(value, "name", None) or " ".join(value)
)
def test_what_is_no_number_is_refused_on_the_command_line(
    badbuzz: Run, words: tuple[str, ...], option: click.Option
) -> None:
    Path("tweets.csv").touch()
    for value in ("nan", "inf", "1e400", "x", "-1"):
        if value == "-1" and option.name == "seed":
            continue
        code, output, errors = badbuzz(*words, *NEEDED.get(words[-1], []), option.opts[0], value)
        assert (code, output) == (64, ""), (value, errors)
        assert option.opts[0] in errors


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: value[:8])
def test_a_number_option_gives_a_finite_number_or_a_complaint(value: str) -> None:
    for words, option in OPTIONS:
        context = click.Context(click.Command("x"))
        try:
            number = option.type.convert(value, option, context)
        except click.BadParameter:
            continue
        numbers = number if isinstance(number, tuple) else (number,)
        assert all(each is None or -(2**63) <= each < 2**63 for each in numbers), (words, option.name, number)


@pytest.mark.parametrize(
    "arguments", [words for words in EVERY_COMMAND if words[0] != "config"], ids=" ".join
)
def test_a_misspelt_variable_ends_every_command(
    badbuzz: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("BADBUZZ_BRAND", "brands.yaml")
    complaint = "badbuzz: BADBUZZ_BRAND: no setting has this name; did you mean BADBUZZ_BRANDS?\n"
    assert badbuzz(*arguments) == (78, "", complaint)


@pytest.mark.parametrize(
    "arguments", [words for words in EVERY_COMMAND if words[0] != "config"], ids=" ".join
)
def test_help_is_shown_even_if_a_variable_is_misspelt(
    badbuzz: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("BADBUZZ_BRAND", "brands.yaml")
    assert badbuzz(*arguments, "--help")[0] == 0


@pytest.mark.parametrize("value", CHARACTERS, ids=lambda value: repr(value[:8]))
@pytest.mark.parametrize(
    "arguments",
    [
        ["rates", "--topic"],
        ["verify", "--topic"],
        ["compact", "--topic"],
        ["dlq", "show", "--topic"],
        ["models", "show"],
        ["models", "promote"],
        ["models", "list", "--registry"],
        ["produce", "replay"],
        ["produce", "live", "stdin", "--topic"],
        ["produce", "live", "stdin", "--bootstrap"],
        ["work", "--model"],
        ["work", "--brands"],
        ["train", "run"],
        ["report", "--data"],
        ["rates", "--window"],
        ["dlq", "show", "--match"],
        ["compact", "--day"],
    ],
    ids=" ".join,
)
def test_hostile_text_is_a_complaint(
    badbuzz: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], value: str
) -> None:
    for name, setting in {"KAFKA__BOOTSTRAP": "127.0.0.1:1", "REDIS__URL": "redis://127.0.0.1:1/0"}.items():
        monkeypatch.setenv(f"BADBUZZ_{name}", setting)
    monkeypatch.setenv("BADBUZZ_START_PATIENCE_SECONDS", "0")
    monkeypatch.setenv("BADBUZZ_HEALTH__PORT", "0")
    code, _, errors = badbuzz(*arguments, value)
    assert code in {0, 64, 69, 78}
    assert code == 0 or errors
    assert len(errors) < 120_000
