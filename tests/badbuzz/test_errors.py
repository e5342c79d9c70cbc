from __future__ import annotations

import inspect
import re

import pytest

from badbuzz import errors
from badbuzz.errors import BadBuzzError, BadRecord, GiveUp, Retry

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, BadBuzzError) and kind is not BadBuzzError
]


def test_the_documented_tree_is_the_class_hierarchy() -> None:
    picture: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^( {4}[│├└─ ]*)([A-Z]\w+)", line)
        if not found:
            continue
        depth = (len(found[1]) - 4) // 4
        above[depth:] = [found[2]]
        picture[found[2]] = above[depth - 1] if depth else "Exception"
    kinds: list[type[BadBuzzError]] = [BadBuzzError, *KINDS]
    truth = {kind.__name__: kind.__bases__[0].__name__ for kind in kinds}
    assert picture == truth


def test_the_documented_exit_codes_are_those_of_the_classes() -> None:
    expected = re.findall(r"[├└]── (\w+) .*\(exit (\d+)", errors.__doc__ or "")
    assert len(expected) >= 5
    assert {name: int(code) for name, code in expected} == {
        name: getattr(errors, name).exit_code for name, _ in expected
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_is_retry_give_up_or_bad_record(kind: type[BadBuzzError]) -> None:
    assert sum(issubclass(kind, verb) for verb in (Retry, GiveUp, BadRecord)) == 1


def test_retry_names_its_dependency_first() -> None:
    error = Retry("redis", "no answer")
    assert (str(error), error.dependency) == ("redis: no answer", "redis")


def test_a_bad_record_knows_its_stage() -> None:
    error = BadRecord("decode", "no id")
    assert (str(error), error.stage) == ("no id", "decode")
