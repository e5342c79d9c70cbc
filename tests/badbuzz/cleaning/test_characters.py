from __future__ import annotations

import sys

import pytest

from badbuzz.cleaning.characters import build_ascii_forms, build_forms

EVERY_CHARACTER = [chr(code) for code in range(0x80, sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]


def test_the_forms_of_version_1_are_ascii() -> None:
    assert all(form.isascii() and not character.isascii() for character, form in build_ascii_forms().items())


def test_version_2_keeps_the_letters_of_version_1() -> None:
    forms = build_forms()
    assert {c: forms[c] for c, form in build_ascii_forms().items() if form != forms[c]} == {}


def test_a_form_is_its_own_form() -> None:
    forms = build_forms()
    changing = [c for c in EVERY_CHARACTER if any(part in forms for part in forms.get(c, ""))]
    assert changing == []


def test_no_form_mixes_ascii_with_other_characters() -> None:
    mixed = [c for c, form in build_forms().items() if any(map(str.isascii, form)) and not form.isascii()]
    assert mixed == []


@pytest.mark.parametrize(
    ("characters", "form"),
    [
        ("éÉ", "eE"),
        ("ЙйЁё", "ИиЕе"),
        ("ά", "α"),
        ("‐‑‒–—―−－", "--------"),
        ("ʼ’‘´′＇", "''''''"),
        ("\u00a0\u2003\u3000\u2028", "    "),
        ("\u200b\u00ad\u200d\ufeff\u2066\U000e0067\ufe0f\u20e3\u034f", ""),
        ("🅰🄱🅒ᴅ𝒆ｆⓖ", "ABCdefg".replace("A", "a").replace("B", "b").replace("C", "c")),
        ("ｿﾆｰ", "ソニー"),
        ("ﻼ", "لا"),
        ("þðħ", "thdh"),
        ("™²½№🇫日삼", "™²½№🇫日삼"),
    ],
)
def test_forms(characters: str, form: str) -> None:
    forms = build_forms()
    assert "".join(forms.get(character, character) for character in characters) == form
