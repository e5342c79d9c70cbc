from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.errors import ModelRefused
from model_registry.text.vocabulary import TokenBatch, Vocabulary

VOCABULARY = Vocabulary(("user", "late", "again", "é"))
WORDS = st.sampled_from(["user", "late", "again", "é", "flight", "crew", "", "\u2028"])
TWEETS = st.lists(st.lists(WORDS, max_size=9).map(" ".join), max_size=20)


def encode_slowly(texts: list[str], max_length: int) -> list[list[int]]:
    """One word after the other."""
    known = {token: index + 2 for index, token in enumerate(VOCABULARY.tokens)}
    return [[known.get(word, 1) for word in text.split(" ")][:max_length] for text in texts]


@given(TWEETS, st.integers(1, 8), st.integers(0, 5))
def test_encode_equals_the_slow_reference(texts: list[str], max_length: int, skipped: int) -> None:
    batch = VOCABULARY.encode(pa.array(texts, pa.string())[skipped:], max_length)
    rows = encode_slowly(texts[skipped:], max_length)
    assert batch.lengths.tolist() == [len(row) for row in rows]
    width = max(map(len, rows), default=0)
    assert batch.ids.tolist() == [row + [0] * (width - len(row)) for row in rows]
    assert batch.ids.dtype == np.dtype("int32")
    assert batch.lengths.dtype == np.dtype("int32")


def test_an_empty_tweet_is_one_unknown_word() -> None:
    batch = VOCABULARY.encode(pa.array(["", "late again"]), 36)
    assert batch.ids.tolist() == [[1, 0], [3, 4]]
    assert batch.lengths.tolist() == [1, 2]


def test_a_long_tweet_is_cut_after_its_first_words() -> None:
    assert VOCABULARY.encode(pa.array(["late late again user"]), 3).ids.tolist() == [[3, 3, 4]]


@given(TWEETS, st.integers(1, 8))
def test_a_tweet_without_a_known_word_is_unread(texts: list[str], max_length: int) -> None:
    """ "user" stands for a mention, "é" is a single letter. Words after the first ``max_length`` are not looked at."""
    batch = VOCABULARY.encode(pa.array(texts, pa.string()), max_length)
    expected = [not {"late", "again"}.intersection(text.split(" ")[:max_length]) for text in texts]
    assert VOCABULARY.find_unread(batch).tolist() == expected


def test_a_vocabulary_without_placeholders_reads_known_words() -> None:
    vocabulary = Vocabulary(("late",))
    batch = vocabulary.encode(pa.array(["late", "user", "", "crew late"]), 36)
    assert vocabulary.find_unread(batch).tolist() == [False, True, True, False]


def test_an_empty_batch() -> None:
    batch = VOCABULARY.encode(pa.array([], pa.string()), 36)
    assert isinstance(batch, TokenBatch)
    assert batch.ids.shape == (0, 0)
    assert batch.lengths.shape == (0,)


@given(
    st.lists(
        st.text(st.characters(exclude_characters=" \n", codec="utf-8"), min_size=1), unique=True, min_size=1
    )
)
def test_a_written_file_is_read_back(tokens: list[str]) -> None:
    vocabulary = Vocabulary(tuple(tokens))
    assert Vocabulary.read(vocabulary.to_bytes()) == vocabulary


def test_build_keeps_the_most_frequent_words_and_breaks_ties_by_alphabet() -> None:
    counts = {"rare": 1, "b": 3, "a": 3, "common": 9}
    assert Vocabulary.build(counts, size=5).tokens == ("common", "a", "b")
    assert Vocabulary.build(counts, size=5).size == 5
    assert Vocabulary.build(counts, size=50).size == 6


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"late\nagain", "cut off"),
        (b"late\nl\xe4t\n", "not UTF-8 at byte 6"),
        (b"late\n\nagain\n", "'' .id 3. is not a word"),
        (b"\n", "'' .id 2. is not a word"),
        (b"late flight\n", "'late flight' .id 2. is not a word"),
        (b"late\nagain\nlate\n", "1 of its 3 words occur twice"),
    ],
)
def test_a_bad_file_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(ModelRefused, match=reason):
        Vocabulary.read(content)


def test_an_empty_file_is_a_vocabulary_without_words() -> None:
    assert Vocabulary.read(b"") == Vocabulary(())
    assert Vocabulary(()).to_bytes() == b""
