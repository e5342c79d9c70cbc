"""The file ``.env`` of the working folder, read more strictly than by python-dotenv, which skips what it cannot parse."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dotenv.parser import parse_stream

from badbuzz.errors import Misconfigured

ENV_FILE: Final = ".env"


def read_env_file() -> tuple[dict[str, str | None], list[int]]:
    """Return the variables of ``.env``, and the numbers of the lines that cannot be parsed. A missing file is empty.

    A variable without ``=`` is None.

    :raises OSError: if the file cannot be read.
    :raises UnicodeDecodeError: if it is not text in UTF-8.
    """
    path = Path(ENV_FILE)
    if not path.is_file():
        return {}, []
    variables, wrong = {}, []
    with path.open(encoding="utf-8") as file:
        for binding in parse_stream(file):
            if binding.error:
                text = binding.original.string
                blank = text[: len(text) - len(text.lstrip())]
                wrong.append(binding.original.line + blank.count("\n"))
            elif binding.key is not None:
                variables[binding.key] = binding.value
    return variables, wrong


def check_env_file(prefix: str) -> None:
    """Check that each line of ``.env`` can be parsed and gives a value.

    :raises Misconfigured: with the line's number only, because its text may hold a secret; also for a name that begins with
        ``prefix`` and has no ``=``.
    """
    variables, wrong = read_env_file()
    problems = [
        f"{ENV_FILE} line {number}: expected NAME=value, and an end of each quote; the line would be ignored"
        for number in wrong
    ]
    problems += [
        f"{ENV_FILE}: {name} has no value: expected {name}=value"
        for name, value in variables.items()
        if value is None and name.upper().startswith(prefix)
    ]
    if problems:
        raise Misconfigured("\n".join(problems))
