"""The advanced rules by example: the pairs that the study kept, and more."""

from __future__ import annotations

import pytest

from badbuzz.cleaning import ADVANCED, STANDARD, CleaningRules, clean, to_arrow


def cleaned(text: str, rules: CleaningRules) -> str:
    result: str = clean(to_arrow([text]), rules)[0].as_py()
    return result


@pytest.mark.parametrize(
    ("standard_text", "expected"),
    [
        ("user nope they did not have it", "user nope not"),
        (
            "user no it is not behaving at all i am mad why am i here because i can not see you all over there",
            "user no not behaving mad not see",
        ),
    ],
)
def test_the_study_s_advanced_pairs(standard_text: str, expected: str) -> None:
    assert cleaned(standard_text, STANDARD) == standard_text
    assert cleaned(standard_text, ADVANCED) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("The flights were late and the kids' toys are LOST", "flight late kid toy lost"),
        ("never again, no way, nor nothing without nobody", "never no way nor nothing without nobody"),
        ("others had theirs for themselves", ""),
        ("this and that", ""),
        ("she hates waiting, it seems", "hate waiting seem"),
        ("oh noes", "oh no"),
    ],
)
def test_advanced(raw: str, expected: str) -> None:
    assert cleaned(raw, ADVANCED) == expected
