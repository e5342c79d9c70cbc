"""Lone surrogates become U+FFFD, and nothing else changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from badbuzz.contracts.surrogates import replace_escaped_surrogates, replace_lone_surrogates, validate_json

STRINGS = TypeAdapter(str)
OBJECTS = TypeAdapter(dict[str, str])
ANY_TEXT = st.text(st.characters(), max_size=30) | st.lists(
    st.sampled_from(["\ud83d", "\ude00", "\\", "u", "ud83d", "\\ud83d", "a", '"', "\n", "😀"]), max_size=12
).map("".join)


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (rb'"a\ud83d"', "a\ufffd"),
        (rb'"\uDE00b"', "\ufffdb"),
        (rb'"\uD83D\uDE00"', "😀"),
        (rb'"\ude00\ud83d"', "\ufffd\ufffd"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (rb'"\ud83d\u0041"', "\ufffdA"),
        (rb'"\\ud83d"', "\\ud83d"),
        (rb'"\\\ud83d"', "\\\ufffd"),
        (rb'"\\\\ud83d\"\ud83d"', '\\\\ud83d"\ufffd'),
    ],
)
def test_only_lone_surrogates_are_replaced(escaped: bytes, text: str) -> None:
    assert validate_json(STRINGS, escaped) == text
    assert validate_json(STRINGS, escaped.decode()) == text


@given(ANY_TEXT)
def test_any_string_of_javascript_is_read(text: str) -> None:
    expected = replace_lone_surrogates(text)
    assert validate_json(STRINGS, json.dumps(text).encode()) == expected
    assert validate_json(OBJECTS, json.dumps({text: text}).encode()) == {expected: expected}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_without_lone_surrogates_is_unchanged(text: str) -> None:
    assert replace_lone_surrogates(text) == text
    escaped = json.dumps(text).encode()
    assert replace_escaped_surrogates(escaped) == escaped


def test_a_str_that_holds_a_lone_surrogate_itself_is_read() -> None:
    assert validate_json(STRINGS, '"a\ud83d"') == "a\ufffd"


@pytest.mark.parametrize("broken", [b"", b'"\\ud83d', b'"\xed\xa0\xbd"', rb'"\ud8"', b"[\\ud83d]"])
def test_a_broken_document_is_still_refused(broken: bytes) -> None:
    with pytest.raises(ValidationError):
        validate_json(STRINGS, broken)


@given(st.binary())
def test_any_bytes_are_accepted_and_replaced_once(value: bytes) -> None:
    once = replace_escaped_surrogates(value)
    assert replace_escaped_surrogates(once) == once
