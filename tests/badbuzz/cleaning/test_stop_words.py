from __future__ import annotations

from badbuzz.cleaning.stop_words import STOP_WORDS


def test_no_negation_is_a_stop_word() -> None:
    negations = "no not nor nope nah never neither none nothing nobody nowhere without cannot hardly"
    assert STOP_WORDS.isdisjoint(negations.split())


def test_stop_words_are_single_lower_case_words() -> None:
    assert all(word.isascii() and word.isalpha() and word.islower() for word in STOP_WORDS)
