"""Cleaning equals the slow reference implementation, on generated texts and on real tweets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from badbuzz.cleaning import clean, get_rules, to_arrow
from tests.badbuzz.cleaning import reference

if TYPE_CHECKING:
    from pathlib import Path

# Pieces where rules begin, end or break. Hypothesis puts them next to each other and to other text.
PIECES = """
    @ @bob @b_1 # #1 #a ' ` ’ ´ 's 't n't 'nt 'm 're 've 'll 'd 'em 'til 'till 'cause can't won't ain't let's y'all
    it that what's nobody's mom http:// https:// www. HTTP://A.B/c?d=e&f .bsky.social & ; &amp; amp; &lt; &quot;
    &#39; &#x2019; &#146; &#0; &#xD800; &#99999999999; &Aacute; &not &nosuch; user url hashtag the not movies
    children others James é É ß ẞ İ ı Σ ς ſ ﬃ Ａ 𝓼 ⓢ ™ № ½ K Å _ - 0 a Z s .
    ! !! ? ... 3.5 10:30 1, oooo nnn't * ( ) :
    аpple аррӏе iPhoneа - – — &#1072; &amp;#59; ＆amp； &EACUTE; ㅅ ㅏ 삼 ｶ ﾞ 🅰 🇦 ᴀ ﷺ
    שלום مرحبا привет नमस्ते สวัสดี こんにちは 👩‍👩‍👧 🇫🇷 #️⃣ 1️⃣
"""
UNSEEN = " |  |\t|\n|\v|\f|\r|\0|\x1c|\x7f|\x85|\x92|\xa0|\xad|\u0301|\u0345|\u200b|\u200d|\u2028|\u202e|\u3000|\ufe0f|\ufeff"
PARTS = [*PIECES.split(), *UNSEEN.split("|")]
CHARACTERS = st.characters(exclude_categories=())
TWEETS = st.lists(st.sampled_from(PARTS) | st.text(CHARACTERS, max_size=6), max_size=25).map("".join)
RULES = ("standard", "advanced", "expressive")
BATCHES = st.lists(TWEETS, max_size=6)


def assert_equal_to_reference(texts: pa.Array | pa.ChunkedArray) -> None:
    for version, to_ascii in reference.TO_ASCII.items():
        plain = [to_ascii(text) for text in texts.to_pylist()]
        standard = [reference.standard(text) for text in plain]
        expressive = [reference.expressive(text) for text in plain]
        advanced = [reference.advanced(text) for text in standard]
        for name, expected in (("standard", standard), ("expressive", expressive), ("advanced", advanced)):
            assert clean(texts, get_rules(name, version)).to_pylist() == expected


@settings(deadline=None, max_examples=400)
@given(BATCHES)
@example(["", "https://a.b http://c.d", "\ud800", "\udfff@bob", "\x00"])
def test_generated_batches(texts: list[str]) -> None:
    assert_equal_to_reference(to_arrow(texts))


@settings(deadline=None, max_examples=25)
@given(st.text(CHARACTERS, min_size=1, max_size=20) | st.sampled_from(PARTS), TWEETS)
def test_tweets_of_ten_thousand_characters(unit: str, end: str) -> None:
    assert_equal_to_reference(to_arrow([unit * (10_000 // len(unit)) + end]))


@settings(deadline=None)
@given(BATCHES)
def test_cleaning_is_idempotent(texts: list[str]) -> None:
    for rules in (get_rules(name, version) for name in RULES for version in (1, 2)):
        once = clean(to_arrow(texts), rules)
        assert len(once) == len(texts)
        assert clean(once, rules).equals(once)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "every"),
    [
        ("sentiment140/train.parquet", 30),
        ("sentiment140/test.parquet", 3),
        ("eval/manual_test.parquet", 1),
        ("eval/vader_tweets.parquet", 1),
    ],
)
def test_real_tweets(shared: Path, file: str, every: int) -> None:
    texts = pq.read_table(shared / "data" / file, columns=["text"])["text"]
    assert_equal_to_reference(texts.take(pa.array(range(0, len(texts), every))))


@pytest.mark.shared
def test_real_tweets_that_are_not_ascii(shared: Path) -> None:
    texts = pq.read_table(shared / "data/sentiment140/train.parquet", columns=["text"])["text"]
    foreign = texts.filter(pc.invert(pc.string_is_ascii(texts)))
    assert_equal_to_reference(foreign)
