from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from badbuzz.contracts.lone_surrogates import replace_lone_surrogates


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (rb'"cut \ud83d"', "cut �"),
        (rb'"\uDE00 cut"', "� cut"),
        (rb'"\ud83d\ude21"', "😡"),
        (rb'"\ud83d\ud83d\ude21"', "�😡"),
        (rb'"\ude21\ud83d"', "��"),
        (rb'"\\ud83d"', r"\ud83d"),
        (rb'"\\\ud83d"', "\\�"),
        (rb'"\ud83d\\ude21"', "�\\ude21"),
        (rb'"\ud83d\n\u00e9"', "�\né"),
        ('"é😡"'.encode(), "é😡"),
    ],
)
def test_only_lone_surrogates_are_replaced(value: bytes, expected: str) -> None:
    assert from_json(replace_lone_surrogates(value)) == expected


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_that_python_can_escape_becomes_unicode(text: str) -> None:
    expected = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert from_json(replace_lone_surrogates(json.dumps(text).encode())) == expected


@given(st.binary())
def test_any_bytes_are_accepted_and_replaced_once(value: bytes) -> None:
    once = replace_lone_surrogates(value)
    assert replace_lone_surrogates(once) == once
