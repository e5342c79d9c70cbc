from __future__ import annotations

import pytest

from model_registry.text.readable_words import count_letters, is_readable


@pytest.mark.parametrize("word", ["no", "late", "rts", "users", "o'k", "k9s"])
def test_a_word_of_two_letters_is_readable(word: str) -> None:
    assert is_readable(word)


@pytest.mark.parametrize("word", ["", "a", "0", "100", "!!", "..", "-", "d!", "url", "user", "hashtag", "rt"])
def test_other_words_are_not_readable(word: str) -> None:
    assert not is_readable(word)


def test_letters_are_counted_without_digits_and_marks() -> None:
    assert count_letters("##a-b0!") == 2
