from __future__ import annotations

import inspect
import re
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from badbuzz import errors
from badbuzz.errors import (
    SHOWN_CHARACTERS,
    BadBuzzError,
    BadRecord,
    GiveUp,
    Retry,
    describe_problem,
    describe_validation_error,
    shorten,
)

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


class Crew(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = "x"
    ages: list[Annotated[int, Field(ge=18)]] = []

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name == "nobody":
            raise ValueError("not a name")
        return name


def error_of(value: Any) -> ValidationError:
    with pytest.raises(ValidationError) as error:
        Crew.model_validate(value)
    return error.value


def test_each_problem_names_its_field_the_expectation_and_the_value() -> None:
    assert describe_validation_error(error_of({"name": 7, "ages": [30, 17]})) == (
        "name: Input should be a valid string (got 7); "
        "ages.1: Input should be greater than or equal to 18 (got 17)"
    )


def test_values_can_be_left_out() -> None:
    text = describe_validation_error(error_of({"name": ["hunter2"]}), show_values=False)
    assert text == "name: Input should be a valid string"


def test_a_problem_of_the_whole_value_has_the_name_of_the_root() -> None:
    assert describe_validation_error(error_of(7), root="message").startswith("message: Input should be")


def test_the_message_of_a_validator_has_no_prefix() -> None:
    assert describe_validation_error(error_of({"name": "nobody"})) == "name: not a name (got 'nobody')"


def test_a_field_can_be_renamed() -> None:
    (detail,) = error_of({"ages": "many"}).errors()
    assert describe_problem(detail, name="--ages").startswith("--ages: Input should be a valid list")


def test_unknown_fields_cannot_control_the_terminal() -> None:
    text = describe_validation_error(error_of({"na\u202eme\x1b[2J é": "\x1b[2J"}))
    assert text == r"na\u202eme\x1b[2J é: Extra inputs are not permitted (got '\x1b[2J')"


def test_long_values_are_cut() -> None:
    assert shorten("x" * (SHOWN_CHARACTERS - 2)) == repr("x" * (SHOWN_CHARACTERS - 2))
    assert shorten("x" * SHOWN_CHARACTERS) == f"'{'x' * (SHOWN_CHARACTERS - 1)}…"
