from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from string import ascii_lowercase

import pyarrow as pa
import pytest

from badbuzz.cleaning import ADVANCED, EXPRESSIVE, STANDARD, CleaningRules, arrow, clean, get_rules, to_arrow

MARKS = set('0!?.,"()*:&-')
ALL = pytest.mark.parametrize("rules", [STANDARD, ADVANCED, EXPRESSIVE], ids=lambda rules: rules.name)
TEXTS = ["Late AGAIN @AirParadis", None, "", "caf\u00e9 & co", "it's https://a.b #fail", "\U0001f600"]
CLEAN = ["late again user", "", "", "cafe co", "it is url hashtag", ""]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_any_string_column_gives_a_string_column_without_nulls(kind: pa.DataType) -> None:
    result = clean(pa.array(TEXTS, kind), STANDARD)
    assert result.type == pa.string()
    assert result.to_pylist() == CLEAN


def test_chunks_come_back_as_one_column_in_their_order() -> None:
    chunks = pa.chunked_array([pa.array(TEXTS[:2]), pa.array([], pa.string()), pa.array(TEXTS[2:])])
    assert clean(chunks, STANDARD).to_pylist() == CLEAN


def test_part_of_a_column_is_cleaned_as_if_alone() -> None:
    assert clean(pa.array(TEXTS).slice(3, 2), STANDARD).to_pylist() == CLEAN[3:5]


@ALL
def test_parts_are_joined_without_a_trace(monkeypatch: pytest.MonkeyPatch, rules: CleaningRules) -> None:
    whole = clean(pa.array(TEXTS * 5), rules)
    monkeypatch.setattr(arrow, "_ROWS_AT_ONCE", 7)
    assert clean(pa.array(TEXTS * 5), rules) == whole


@ALL
@pytest.mark.parametrize(
    "column", [pa.array([], pa.string()), pa.chunked_array([], pa.large_string())], ids=["array", "chunks"]
)
def test_an_empty_column_stays_empty(column: pa.Array | pa.ChunkedArray, rules: CleaningRules) -> None:
    assert clean(column, rules).equals(pa.array([], pa.string()))


@ALL
def test_nothing_but_nulls(rules: CleaningRules) -> None:
    assert clean(pa.nulls(3, pa.string()), rules).to_pylist() == ["", "", ""]


@ALL
def test_threads_may_clean_at_once(rules: CleaningRules) -> None:
    texts = pa.array([f"Don't @x{n} caf\u00e9s &amp; #t{n} plan{n}es" for n in range(2_000)])
    expected = clean(texts, rules)
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: clean(texts, rules), range(8)))
    assert all(result.equals(expected) for result in results)


# One megabyte each: a rule of quadratic time would not finish during the test run.
@ALL
@pytest.mark.parametrize(
    "unit",
    ["a", " ", "@", "#", "#1", "#a", "'", "'s", "n't", "&", "&amp;", "amp;", "&#", "&a", "http://", "www.", "@-",
     "\u00e9", "\u0301", "\U0001f600", "\x00", "_", ".bsky.social", "a's ", "as"],
)  # fmt: skip
def test_hostile_repetition(unit: str, rules: CleaningRules) -> None:
    (result,) = clean(
        to_arrow(["&#" + "9" * 5_000 + ";@&amp;" + unit * (1_000_000 // len(unit))]), rules
    ).to_pylist()
    assert set(result) <= set(ascii_lowercase + " ") | (MARKS if rules == EXPRESSIVE else set())


def test_to_arrow_keeps_what_has_a_utf8_form() -> None:
    texts = ["plain", "", "\ufeffcaf\u00e9", "\U0001f600", "nul\x00"]
    assert to_arrow(texts).to_pylist() == texts


def test_to_arrow_replaces_lone_surrogates_only() -> None:
    lone: str = json.loads('"a\\ud83db"')
    assert to_arrow([lone, "\udc00", "\ufeff\ud800", "caf\u00e9"]).to_pylist() == [
        "a\ufffdb", "\ufffd", "\ufeff\ufffd", "caf\u00e9"
    ]  # fmt: skip


def test_to_arrow_joins_the_two_halves_of_one_character() -> None:
    assert to_arrow(["\ud83d\ude00"]).to_pylist() == ["\U0001f600"]


@pytest.mark.parametrize("version", [1, 2])
def test_long_columns_of_plain_texts_keep_their_order(version: int) -> None:
    """Arrow's ``ascii_lower`` shifts the rows of an array whose first offset is not 0, as later parts of a column have."""
    texts = [f"Row {'x' * (number % 7)} A{chr(97 + number % 26)}" for number in range(20_000)]
    expected = [clean(to_arrow([text]), get_rules("standard", version))[0] for text in texts[16_380:16_420]]
    cleaned = clean(to_arrow(texts), get_rules("standard", version))
    assert cleaned.slice(16_380, 40).to_pylist() == [text.as_py() for text in expected]
