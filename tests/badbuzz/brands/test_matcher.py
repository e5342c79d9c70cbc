from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.brands.brand_file import Brand
from badbuzz.brands.matcher import BrandMatcher, normalise
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

AIR_PARADIS = Brand("airparadis", ("airparadis",), ("airparadis",), ("air paradis",))
PARADIS = Brand("paradis", phrases=("paradis", "h&m", "joe's café"))
MATCHER = BrandMatcher([PARADIS, AIR_PARADIS])


def match(matcher: BrandMatcher, *texts: str | None) -> list[list[str]]:
    brands: list[list[str]] = matcher.match(pa.array(texts, pa.string())).to_pylist()
    return brands


@pytest.mark.parametrize(
    "text",
    [
        "@airparadis where is my suitcase",
        "never again, @AirParadis!",
        "(cc @airparadis)",
        "#AIRPARADIS",
        "so@airparadis, @airparadis",
        "😡@airparadis😡",
        "«@airparadis»",
        "RT @someone: @airparadis: sorry",
    ],
)
def test_handles_and_hashtags_match_as_whole_words(text: str) -> None:
    assert match(MATCHER, text) == [["airparadis"]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing to see",
        "@airparadis_fans",
        "@airparadis2",
        "@airparadisé",
        "me@airparadis.example",
        "é@airparadis",
        "日#airparadis",
        "paradise, air paradises, air_paradis",
        "h & m",
        "#fail#airparadis",
    ],
)
def test_a_term_inside_a_longer_word_does_not_match(text: str) -> None:
    assert match(MATCHER, text) == [[]]


@pytest.mark.parametrize(
    "text",
    [
        "Air Paradis",
        "air-paradis",
        "AIR  PARADIS",
        "air\n paradis",
        "air\u00a0paradis",
        "https://x.example/air-paradis/",
    ],
)
def test_a_phrase_matches_with_any_blanks_and_hyphens(text: str) -> None:
    assert match(MATCHER, text) == [["airparadis", "paradis"]]


@pytest.mark.parametrize("text", ["at H&amp;M today", "at h&m", "JOE’S CAFÉ", "joe's café"])
def test_escaped_and_curly_characters_match(text: str) -> None:
    assert match(MATCHER, text) == [["paradis"]]


def test_brands_are_sorted_and_without_duplicates() -> None:
    assert match(MATCHER, "paradis paradis @airparadis air paradis") == [["airparadis", "paradis"]]


def test_two_brands_may_share_a_term() -> None:
    matcher = BrandMatcher([Brand("b", phrases=("merger",)), Brand("a", phrases=("merger",))])
    assert match(matcher, "the Merger") == [["a", "b"]]


def test_no_match_spans_two_texts() -> None:
    assert match(MATCHER, "by air", "paradis", "@air", "paradis", "air ", "paradis") == [
        [], ["paradis"], [], ["paradis"], [], ["paradis"],
    ]  # fmt: skip


def test_a_null_an_empty_batch_and_no_brands() -> None:
    assert match(MATCHER, None, "@airparadis", None) == [[], ["airparadis"], []]
    assert match(MATCHER) == []
    assert match(BrandMatcher([]), "@airparadis", "") == [[], []]


def test_a_slice_of_a_batch_is_matched_alone() -> None:
    texts = pa.array(["paradis", "x", "@airparadis", "paradis"])
    assert MATCHER.match(texts.slice(1, 2)).to_pylist() == [[], ["airparadis"]]


def test_the_result_has_the_type_of_the_scored_row() -> None:
    assert MATCHER.match(pa.array(["x"])).type == pa.list_(pa.string())


def lower(text: str) -> str:
    return "".join(character.lower()[0] for character in text)


def plain(text: str) -> str:
    return re.sub(r"[\t\n\f\r \u00a0-]+", " ", lower(text).replace("&amp;", "&").replace("’", "'"))


def reference(brands: Sequence[Brand], text: str) -> list[str]:
    """Match one regular expression per term and text: a slow and simple reference."""
    return sorted(
        {
            brand.name
            for brand in brands
            for term in brand.terms
            if re.search(rf"(?<!\w){re.escape(plain(term).strip())}(?!\w)", plain(text))
        }
    )


WORD_PIECES = (
    "air",
    "Air",
    "PARADIS",
    "paradis",
    "é",
    "É",
    "e\u0301",
    "İ",
    "K",
    "ß",
    "_",
    "1",
    "²",
    "ع",
    "日本",
    "x",
)
OTHER_PIECES = ("@", "#", "&", "&amp;", "'", "’", ".", "…", "😡", "👩\u200d👧", "\x00")
BLANK_PIECES = (" ", "  ", "-", "\n", "\t", "\u00a0", "\u2028")
PIECES = st.sampled_from(WORD_PIECES + OTHER_PIECES + BLANK_PIECES)
WORDS = (
    st.lists(PIECES, min_size=1, max_size=4)
    .map("".join)
    .filter(lambda term: re.search(r"\w", term) is not None)
)
NAMES = st.sampled_from(["a", "b", "c-1", "d_2"])
BRANDS = st.lists(
    st.builds(Brand, NAMES, *[st.lists(WORDS, max_size=2).map(tuple)] * 3),
    max_size=4,
    unique_by=lambda b: b.name,
)
TEXTS = st.lists(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=40), max_size=6)


@given(BRANDS, TEXTS)
def test_equal_to_one_regular_expression_per_term(brands: list[Brand], texts: list[str]) -> None:
    assert match(BrandMatcher(brands), *texts) == [reference(brands, text) for text in texts]


def test_ten_thousand_brands_in_one_automaton() -> None:
    brands = [Brand(f"brand-{n}", handles=(f"handle{n}",), phrases=(f"number {n}",)) for n in range(10_000)]
    texts = [f"thanks @handle{n} and Number-{n * 7 % 10_000}" for n in range(0, 10_000, 13)]
    expected = [sorted({f"brand-{n}", f"brand-{n * 7 % 10_000}"}) for n in range(0, 10_000, 13)]
    assert match(BrandMatcher(brands), *texts) == expected


def test_names_are_sorted() -> None:
    assert MATCHER.names == ["airparadis", "paradis"]


def test_texts_are_normalised() -> None:
    assert normalise(pa.array(["A--b \t C", None, "JOE’S &amp;"])).to_pylist() == ["a b c", None, "joe's &"]


def test_brands_are_read_from_yaml(tmp_path: Path) -> None:
    assert BrandMatcher.from_yaml(b"- name: b\n  handles: [x]\n").names == ["b"]
    with pytest.raises(Misconfigured, match="cannot be read"):
        BrandMatcher.from_yaml(tmp_path / "nowhere.yaml")
