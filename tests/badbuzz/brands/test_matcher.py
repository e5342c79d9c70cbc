from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.brands.brand_file import Brand, TermOptions
from badbuzz.brands.matcher import BrandMatcher
from badbuzz.cleaning.folding import fold
from badbuzz.cleaning.separators import separate
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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
        "ж#airparadis",
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


@pytest.mark.parametrize(
    "separator", ["\u00ad", "\u200b", "\u200c", "\ufeff", "&shy;", "&amp;ZeroWidthSpace;"]
)
def test_an_invisible_separator_separates_or_joins(separator: str) -> None:
    """In a text of each reading, in a batch with others, with and without options."""
    inside = Brand(
        "inside", phrases=("airparadis",), options={"airparadis": TermOptions(inside=frozenset({"hashtags"}))}
    )
    near = Brand("near", phrases=("delta",), options={"delta": TermOptions(context=("air paradis",))})
    matcher = BrandMatcher([AIR_PARADIS, inside, near])
    for term in ("air paradis", "airparadis"):
        one_term = BrandMatcher([Brand("a", phrases=(term,))])
        assert match(one_term, f"x Air{separator}Paradis!", "é", f"Ai{separator}r Para") == [["a"], [], []]
    assert match(
        matcher, "late", f"del{separator}ta: air{separator}paradis", f"#noair{separator}paradis"
    ) == [
        [],
        ["airparadis", "inside", "near"],
        ["inside"],
    ]


def test_no_match_spans_two_readings() -> None:
    matcher = BrandMatcher([Brand("a", phrases=("two one",))])
    assert match(matcher, "one\u200bx two") == [[]]


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


def plain(text: str) -> str:
    return re.sub(r"[\t\n\f\r -]+", " ", fold(text))


UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "IDEOGRAPHIC")


def is_joined(neighbour: str, edge: str) -> bool:
    """Say whether a term's edge is in one word with its neighbour. Korean particles are not among the pieces."""
    is_mark = unicodedata.category(neighbour)[0] == "M"
    if not (is_mark or neighbour == "_" or neighbour.isalnum()):
        return False
    names = [unicodedata.name(character, "") for character in (neighbour, edge)]
    if any(all(name.startswith(script) for name in names) for script in ("KATAKANA", "HANGUL")):
        return True
    return not any(name.startswith(UNSPACED) for name in names)


def is_whole(term: str, text: str) -> bool:
    starts = [found.start() for found in re.finditer(f"(?={re.escape(term)})", text)]
    for start, end in [(start, start + len(term)) for start in starts]:
        before, after = text[:start][-1:], text[end:][:1]
        is_marked = after and unicodedata.category(after)[0] == "M"
        if (
            not (before and is_joined(before, term[0]))
            and not (after and is_joined(after, term[-1]))
            and not is_marked
        ):
            return True
    return False


def reference(brands: Sequence[Brand], text: str) -> list[str]:
    """Look at each term and text alone: a slow and simple reference."""
    return sorted(
        {
            brand.name
            for brand in brands
            for term in brand.terms
            if any(is_whole(plain(term).strip(" "), plain(reading)) for reading in (text, separate(text)))
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
    "ソ",
    "ニー",
    "삼",
    "ไท",
    "\u0e35",
    "x",
)
OTHER_PIECES = ("@", "#", "&", "&amp;", "'", "’", ".", "…", "😡", "👩\u200d👧", "\x00")
BLANK_PIECES = (" ", "  ", "-", "\n", "\t", "\u00a0", "\u2028")
SEPARATING_PIECES = ("\u00ad", "\u200b", "&shy;", "&amp;#8203;")
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
TEXTS = st.lists(
    st.lists(PIECES | st.sampled_from(SEPARATING_PIECES), max_size=12).map("".join) | st.text(max_size=40),
    max_size=6,
)


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


def test_brands_are_read_from_yaml(tmp_path: Path) -> None:
    assert BrandMatcher.from_yaml(b"- name: b\n  handles: [x]\n").names == ["b"]
    with pytest.raises(Misconfigured, match="cannot be read"):
        BrandMatcher.from_yaml(tmp_path / "nowhere.yaml")


VARIANTS = {
    "AT&T": ["AT&#38;T", "at&amp;t", "AT&amp;amp;T", "A\u200bT&T", "АT&Т"],
    "H&M": ["H&amp;amp;M", "h&#x26;m", "H\u00ad&M", "Н&М"],
    "Ben & Jerry's": ["Ben &amp; Jerry&#39;s", "BEN & JERRY’S", "ben  &  jerry`s"],
    "L'Oréal": ["L&apos;Oréal", "L’Oreal", "L'ORE\u0301AL", "l'or&eacute;al"],
    "McDonald's": ["McDonaldʼs", "Mc\u200dDonald's", "MCDONALD’S"],
    "Nestlé": ["Nestle\u0301", "nestle", "NESTLÉ", "Nеstlé"],
    "Citroën": ["citroen", "CITROE\u0308N", "ｃｉｔｒｏëｎ"],
    "Air-Paradis": ["Air–Paradis", "Air\u2011Paradis", "air paradis", "A\u00adir Paradis"],
    "Weiß": ["WEISS", "weiß", "WEIẞ"],
    "İpek": ["ipek", "IPEK", "ıpek", "İPEK"],
    "Οδυσσεύς": ["ΟΔΥΣΣΕΥΣ", "οδυσσευς"],
    "Аэрофлот": ["аэрофлот", "АЭРОФЛОТ"],
    "ソニー": ["ソニーの新製品", "ｿﾆｰ", "新しいソニーTV"],
    "삼성": ["삼성은", "\u1109\u1161\u11b7\u1109\u1165\u11bc은"],
    "Sony": ["Sonyのカメラ", "カメラはSony", "Sony는", "@ Sony™", "Sоny"],
}


@pytest.mark.parametrize(("term", "texts"), VARIANTS.items())
def test_variants_of_a_term_are_found(term: str, texts: list[str]) -> None:
    matcher = BrandMatcher([Brand("b", phrases=(term,))])
    assert match(matcher, *texts) == [["b"]] * len(texts)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("sony", "sonya"),
        ("sony", "Sоnyа"),
        ("nestle", "nestlés"),
        ("cop", "сор и роса ждут"),
        ("h&m", "h&amp;mm"),
        ("삼성", "삼성동"),
    ],
)
def test_other_words_are_not_found(term: str, text: str) -> None:
    assert match(BrandMatcher([Brand("b", phrases=(term,))]), text) == [[]]


LETTERS = st.characters(codec="latin-1", categories=("L", "Nd"), exclude_characters="µ") | st.sampled_from(
    "ソ索삼ทжőẞ"
)
TERMS = st.lists(st.text(LETTERS, min_size=1, max_size=6), min_size=1, max_size=3).map(" ".join)
WRITTEN = st.sampled_from([
    str,
    str.upper,
    str.title,
    lambda text: unicodedata.normalize("NFC", text),
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: "".join(f"&#{ord(c)};" for c in text),
    "\u200b".join,
    lambda text: text.replace(" ", "\u2011"),
    lambda text: text.replace(" ", " – "),
    lambda text: "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)),
])  # fmt: skip


@given(TERMS, st.lists(WRITTEN, max_size=3), st.sampled_from(["", "😡", "(", "… "]))
def test_a_term_is_found_however_it_is_written(
    term: str, ways: list[Callable[[str], str]], mark: str
) -> None:
    text = term
    for way in ways:
        text = way(text)
    assert match(BrandMatcher([Brand("b", phrases=(term,))]), f"{mark}{text}{mark} ok", "ok") == [["b"], []]


def test_terms_with_and_without_options_are_found_together() -> None:
    inside = {"air paradis": TermOptions(inside=frozenset({"hashtags"}))}
    brands = [Brand("a", phrases=("air paradis",), options=inside), Brand("b", phrases=("air paradis", "x"))]
    assert match(BrandMatcher(brands), "#noairparadis x", "air-paradis", None, "#noairparadis") == [
        ["a", "b"], ["a", "b"], [], ["a"],
    ]  # fmt: skip
