from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.cleaning.look_alikes import LOOK_ALIKES, fold_look_alikes

RUSSIAN = [
    "Купил новый телефон и очень доволен",
    "а он у нас сам в Москве лето",
    "сор и роса, оса укусила Тома",
    "вN еще menя где-то у ваN мен2n",
    "мой iPhoneа сломался, SMSки не ходят, VIPом стал",
    "Ελλάδα και Αθήνα, η ομάδα μου",
    "Ես սիրում եմ Հայաստանը",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("аpple", "apple"),
        ("аррlе is АРPLE", "apple is APPLE"),
        ("ΝIKE, ΗONDA and yοu", "NIKE, HONDA and you"),
        ("Нello, Sоny2, sοny_fan", "Hello, Sony2, sony_fan"),
        ("օracle", "oracle"),
        ("купил аpple", "купил apple"),
        ("Sonyж appжle", "Sonyж appжle"),
        ("xа: &xа; &#xаb; & xа;", "xa: &xа; &#xаb; & xa;"),
    ],
)
def test_words_that_mix_alphabets_become_latin(text: str, expected: str) -> None:
    assert fold_look_alikes(text) == expected


@pytest.mark.parametrize("text", RUSSIAN)
def test_text_in_another_alphabet_stays(text: str) -> None:
    assert fold_look_alikes(text) == text
    assert fold_look_alikes(text, {"cop", "oca", "poca", "tom", "a", "y", "iphonea", "η"}) == text


def test_a_word_of_look_alikes_becomes_the_expected_word() -> None:
    assert fold_look_alikes("аррӏе is down") == "аррӏе is down"
    assert fold_look_alikes("аррӏе is down", {"apple"}) == "apple is down"
    assert fold_look_alikes("АРРӀЕ is down", {"apple"}) == "APPlE is down"
    assert fold_look_alikes("аррӏе is down", {"apples"}) == "аррӏе is down"


def test_each_small_letter_has_its_capital_in_the_table() -> None:
    assert [c for c in map(chr, LOOK_ALIKES) if c.lower() in map(chr, LOOK_ALIKES)].count("а") == 1
    assert [chr(c) for c in LOOK_ALIKES if ord(chr(c).upper()) not in LOOK_ALIKES] == []


LETTERS = st.sampled_from([*map(chr, LOOK_ALIKES), *"abcXYZ019_ &#;жΣΓμՄ"])


@given(st.lists(LETTERS, max_size=20).map("".join), st.frozensets(st.text("aeopx", min_size=1, max_size=3)))
def test_folding_is_idempotent(text: str, expected: frozenset[str]) -> None:
    once = fold_look_alikes(text, expected).casefold()
    assert fold_look_alikes(once, expected).casefold() == once
