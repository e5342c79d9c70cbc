from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.brands import Brand, BrandMatcher, ReloadingBrands, read_brands
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
def test_handles_and_hashtags_count_on_word_boundaries(text: str) -> None:
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
def test_a_term_inside_a_longer_word_does_not_count(text: str) -> None:
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
def test_a_phrase_counts_with_any_blanks_and_hyphens(text: str) -> None:
    assert match(MATCHER, text) == [["airparadis", "paradis"]]


@pytest.mark.parametrize("text", ["at H&amp;M today", "at h&m", "JOE’S CAFÉ", "joe's café"])
def test_x_escapes_and_curly_apostrophes_do_not_hide_a_brand(text: str) -> None:
    assert match(MATCHER, text) == [["paradis"]]


def test_a_tweet_names_each_of_its_brands_once_and_in_order() -> None:
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


def test_a_slice_of_a_batch_is_matched_as_if_it_were_alone() -> None:
    texts = pa.array(["paradis", "x", "@airparadis", "paradis"])
    assert MATCHER.match(texts.slice(1, 2)).to_pylist() == [[], ["airparadis"]]


def test_the_result_is_the_type_of_the_scored_row() -> None:
    assert MATCHER.match(pa.array(["x"])).type == pa.list_(pa.string())


def lower(text: str) -> str:
    return "".join(character.lower()[0] for character in text)


def plain(text: str) -> str:
    return re.sub(r"[\t\n\f\r \u00a0-]+", " ", lower(text).replace("&amp;", "&").replace("’", "'"))


def reference(brands: Sequence[Brand], text: str) -> list[str]:
    """One regular expression per term and text: slow and obvious."""
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


GOOD = (
    b"- name: airparadis\n  handles: ['@airparadis']\n  hashtags: ['#airparadis']\n  phrases: [air paradis]\n"
)


def test_signs_may_be_written_or_left_out() -> None:
    assert read_brands(GOOD) == [AIR_PARADIS]


def test_an_empty_list_is_no_brands() -> None:
    assert read_brands(b"[]") == []


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        (b"", ["expected a list of brands", "None"]),
        (b"airparadis: {}", ["expected a list of brands"]),
        (b"- [unclosed", ["not YAML", "line 1"]),
        (b"- name: \xff", ["not YAML"]),
        (b"- airparadis", ["entry 1", "'airparadis'"]),
        (b"- handles: [x]", ["entry 1: name", "required"]),
        (b"- name: Air Paradis\n  handles: [x]", ["entry 1 ('Air Paradis')", "name", "[a-z0-9_-]"]),
        (b"- name: all\n  handles: [x]", ["entry 1 ('all')", "reserved"]),
        (GOOD + b"- name: airparadis\n  handles: [x]", ["entry 2 ('airparadis')", "taken"]),
        (b"- name: a\n", ["entry 1 ('a')", "no handles, hashtags or phrases"]),
        (b"- name: a\n  handels: [x]", ["entry 1 ('a'): handels", "not permitted"]),
        (b"- name: a\n  handles: [two words]", ["handles.0", "'two words'"]),
        (b"- name: a\n  hashtags:\n    - #lost\n", ["hashtags", "# begins a comment"]),
        (b"- name: a\n  phrases: [1664]", ["phrases.0", "1664", "string"]),
        (b"- name: a\n  phrases: ['--']", ["phrases.0", "'--'"]),
        (b"- name: '" + b"x" * 500 + b"'\n  handles: [x]", ["x…"]),
    ],
)
def test_a_wrong_file_is_refused_by_entry_field_and_value(content: bytes, complaints: list[str]) -> None:
    with pytest.raises(Misconfigured) as refused:
        read_brands(content)
    assert all(complaint in str(refused.value) for complaint in complaints), str(refused.value)


def test_all_wrong_entries_are_named_at_once() -> None:
    with pytest.raises(Misconfigured, match=r"entry 1.*\n.*entry 3"):
        read_brands(b"- name: A\n  handles: [x]\n- name: b\n  handles: [x]\n- name: c\n")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.yaml.*No such file"):
        BrandMatcher.from_yaml(tmp_path / "nowhere.yaml")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Reloading:
    """A reloading matcher over a file of one's own, with its clock and what it refused."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "brands.yaml"
        self.clock = Clock()
        self.refused: list[Misconfigured] = []
        self.stamp = 0
        self.write(GOOD)
        self.brands = ReloadingBrands(
            self.path, on_refused=self.refused.append, check_seconds=5, clock=self.clock
        )

    def write(self, content: bytes) -> None:
        """Write the file with a time of change of its own, however fast the test is."""
        self.path.write_bytes(content)
        self.stamp += 1
        os.utime(self.path, (self.stamp, self.stamp))

    def match(self, text: str) -> list[str]:
        brands: list[str] = self.brands.match(pa.array([text])).to_pylist()[0]
        return brands


@pytest.fixture
def reloading(tmp_path: Path) -> Reloading:
    return Reloading(tmp_path)


def test_a_changed_file_is_read_when_a_look_is_due(reloading: Reloading) -> None:
    reloading.write(b"- name: other\n  handles: [airparadis]\n")
    reloading.clock.now = 4.9
    assert reloading.match("@airparadis") == ["airparadis"]
    reloading.clock.now = 5.0
    assert reloading.match("@airparadis") == ["other"]
    assert reloading.brands.matcher.names == ["other"]
    assert reloading.refused == []


def test_an_unchanged_file_is_not_read_again(reloading: Reloading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("badbuzz.brands.reloading.BrandMatcher", None)
    reloading.clock.now = 5.0
    assert reloading.match("@airparadis") == ["airparadis"]


def test_a_broken_file_is_said_once_and_the_old_brands_stay(reloading: Reloading) -> None:
    reloading.write(b"- name: [")
    for now in (5.0, 10.0, 15.0):
        reloading.clock.now = now
        assert reloading.match("@airparadis") == ["airparadis"]
    assert ["not YAML" in str(error) for error in reloading.refused] == [True]


def test_a_file_that_goes_and_comes_back(reloading: Reloading) -> None:
    reloading.path.unlink()
    reloading.clock.now = 5.0
    assert reloading.match("@airparadis") == ["airparadis"]
    assert ["cannot be read" in str(error) for error in reloading.refused] == [True]
    reloading.write(b"- name: other\n  handles: [airparadis]\n")
    reloading.clock.now = 10.0
    assert reloading.match("@airparadis") == ["other"]


def test_a_wrong_file_at_the_start_is_refused(tmp_path: Path) -> None:
    (tmp_path / "brands.yaml").write_text("- 7\n")
    with pytest.raises(Misconfigured, match="entry 1"):
        ReloadingBrands(tmp_path / "brands.yaml", on_refused=print)
