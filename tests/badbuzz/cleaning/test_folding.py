from __future__ import annotations

import unicodedata
from html import escape

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from badbuzz.cleaning.folding import fold, fold_texts


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["AT&#38;T", "AT&amp;T", "at&t", "AT＆T", "AT&amp;amp;T"], "at&t"),
        (["Ben &amp; Jerry&#39;s", "BEN & JERRY’S", "Ben & Jerry`s"], "ben & jerry's"),
        (["L&apos;Oréal", "L'Ore\u0301al", "L’OREAL", "l'oreal"], "l'oreal"),
        (["McDonaldʼs", "McDonald‘s", "mcdonald´s", "Mc\u200bDonald's", "Mc\u00adDonald's"], "mcdonald's"),
        (["Air–Paradis", "Air\u2011Paradis", "AIR—PARADIS", "Аir-Рaradis"], "air-paradis"),
        (
            [
                "Citroën",
                "CITROËN",
                "citroe\u0308n",
                "Citro&euml;n",
                "CITRO&EUML;N",
                "ｃｉｔｒｏｅｎ",
                "𝓒𝓲𝓽𝓻𝓸𝓮𝓷",
            ],
            "citroen",
        ),
        (["Straße", "STRASSE", "STRAẞE"], "strasse"),
        (["İstanbul", "ISTANBUL", "ıstanbul", "i\u0307stanbul"], "istanbul"),
        (["Οδυσσεύς", "ΟΔΥΣΣΕΥΣ", "οδυσσευσ"], "οδυσσευσ"),
        (["ガス", "カ\u3099ス", "ｶﾞｽ"], "ガス"),
        (["삼성", "\u1109\u1161\u11b7\u1109\u1165\u11bc"], "삼성"),
        (["Ёжик", "ежик", "Е\u0308жик"], "ежик"),
        (["Apple™", "apple™"], "apple™"),
    ],
)
def test_what_is_written_in_several_ways_becomes_one(texts: list[str], expected: str) -> None:
    assert [fold(text) for text in texts] == [expected] * len(texts)


def test_genuine_text_in_other_alphabets_stays_readable() -> None:
    assert fold("Купил аpple в Москве, а он сломан") == "купил apple в москве, а он сломан"
    assert fold("ソニーの新製品 你好 สวัสดี") == "ソニーの新製品 你好 สวัสดี"
    assert fold("😡👩\u200d👧 🇫🇷") == "😡👩👧 🇫🇷"


PIECES = """
    & ; # amp &amp; &#38; &#59; &#1072; &EACUTE; &Eacute; ＆ ； ; &nbsp; &#769; &#12441; аpple а р ж Σ ς ß ẞ İ ı ŉ ǰ ΐ ﬃ
    カ \u3099 ｶ ﾞ ᄉ ᅡ ᆷ ㅅ 삼 é e \u0301 \u0345 ` ’ – \u200b \u00ad ™ ² 🅰 🇦 ᴀ K Å Ω x A 0 _ @ Ꭰ ꭰ ﷺ ำ ํ า και Ֆ և
"""
PARTS = PIECES.split()
TEXTS = st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=15)


@settings(max_examples=400)
@given(TEXTS.map("".join), st.frozensets(st.sampled_from(["apple", "a", "p", "x"])))
@example("&аmp;", frozenset())
@example("＆am\u200bp；#38；", frozenset())
def test_folding_is_idempotent(text: str, expected: frozenset[str]) -> None:
    once = fold(text, expected)
    assert fold(once, expected) == once


@settings(max_examples=400)
@given(TEXTS.map("".join))
def test_normal_forms_fold_alike(text: str) -> None:
    composed = unicodedata.ucd_3_2_0.normalize("NFC", text)
    assert fold(composed) == fold(unicodedata.ucd_3_2_0.normalize("NFD", text))


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=20))
def test_an_escaped_text_folds_like_the_text(text: str) -> None:
    references = "".join(f"&#{ord(character)};" for character in text)
    assert fold(references) == fold(escape(escape(text))) == fold(text)


@given(st.lists(st.none() | TEXTS.map("".join), max_size=6))
def test_columns_fold_as_texts_do(texts: list[str | None]) -> None:
    expected = [None if text is None else fold(text) for text in texts]
    assert fold_texts(pa.array(texts, pa.string())).to_pylist() == expected


def test_a_column_uses_the_expected_words() -> None:
    assert fold_texts(pa.array(["аррӏе", "Apple`s"]), {"apple"}).to_pylist() == ["apple", "apple's"]
