from __future__ import annotations

import pyarrow as pa

from training.data.word_counts import count_words


def test_words_are_counted_without_the_empty_one() -> None:
    assert count_words(pa.array(["late crew", "", "late"])) == {"late": 2, "crew": 1}


def test_texts_without_words_have_no_counts() -> None:
    assert count_words(pa.array([""])) == {}
