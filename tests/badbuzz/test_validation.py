from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from badbuzz.validation import SHOWN_CHARACTERS, describe_problem, describe_validation_error, shorten


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
