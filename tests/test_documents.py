"""The commands in the documents are valid, and the files that they name exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from badbuzz.cli.app import app

ROOT = Path(__file__).parents[1]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
PAGES = (*DOCUMENTS, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "benchmarks").rglob("*.md")))
FOLDERS = "badbuzz|producer|worker|model_registry|training|tests|benchmarks|docs|deploy|requirements"
CODE = re.compile(r"```sh\n(.*?)```|(?<!\\)`([^`\n]+)`", re.DOTALL)
END = {"|", ">", ">>", "&&", "&", ";", "…", "#"}
"""What ends a command: shell operators, a comment, an ellipsis."""


def commands(text: str) -> list[list[str]]:
    found = []
    for block, span in CODE.findall(text):
        for line in (block or span).replace("\\\n", " ").splitlines():
            words = re.sub(r"^(\w+=\S* +)+", "", line.strip())
            if words.startswith("badbuzz ") and "|row|" not in words:
                found.append(arguments(words))
    return found


def arguments(line: str) -> list[str]:
    words = shlex.split(re.sub(r"[][]", "", line), comments=True)[1:]  # optional arguments count, too
    ends = [index for index, word in enumerate(words) if word in END]
    return words[: ends[0]] if ends else words


def find_mistake(words: list[str]) -> str | None:
    """Return what click would refuse. Values are not checked, since files and servers do not exist."""
    command: click.Command = app
    context = click.Context(command)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None:
            return f"no command {words[0]}"
        command, words = found, words[1:]
        context = click.Context(command, context)
    if isinstance(command, click.Group):
        return None
    try:
        _, left, _ = command.make_parser(context).parse_args(list(words))
    except click.UsageError as error:
        return error.format_message()
    return f"no argument {' '.join(left)}" if left else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_in_documents_are_valid(document: Path) -> None:
    wrong = {" ".join(words): find_mistake(words) for words in commands(document.read_text())}
    assert not {words: why for words, why in wrong.items() if why}


def test_invalid_commands_are_detected() -> None:
    text = "`badbuzz models promote lstm:1 candidate` and `badbuzz verify --such` or\n```sh\nA=1 badbuzz mood # x\n```"
    assert [find_mistake(words) for words in commands(text)] == [
        "no argument candidate",
        "No such option '--such'.",
        "no command mood",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_and_modules_in_documents_exist(page: Path) -> None:
    assert find_missing(page.read_text(), page.parent) == []


def test_missing_files_and_modules_are_detected(tmp_path: Path) -> None:
    text = "`worker/away.py`, `tests/worker/`, [x](away.md#y), [z](https://host/away.md), `python -m benchmarks.away`"
    assert find_missing(text, tmp_path) == ["worker/away.py", "away.md", "benchmarks.away"]


def find_missing(text: str, folder: Path) -> list[str]:
    """Return the paths, link targets and modules in a text that do not exist."""
    paths = [path for path in re.findall(rf"`((?:{FOLDERS})/[\w./*-]+)`", text) if not any(ROOT.glob(path))]
    links = [link for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) if not (folder / link).exists()]
    modules = [
        module
        for module in re.findall(rf"python -m ((?:{FOLDERS})[\w.]*)", text)
        if not any((ROOT / f"{module.replace('.', '/')}{end}").is_file() for end in (".py", "/__main__.py"))
    ]
    return paths + links + modules
