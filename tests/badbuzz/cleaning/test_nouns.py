from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.cleaning.nouns import INVARIABLE, IRREGULAR, SHORTEST_PLURAL, SINGULAR_ENDINGS, to_singular
from badbuzz.cleaning.stop_words import STOP_WORDS

ASCII_WORDS = st.text("abcehinosuvxyz", max_size=9) | st.builds(
    str.__add__, st.sampled_from([*IRREGULAR, *INVARIABLE]), st.sampled_from(["", "s", "es", "ies"])
)


@pytest.mark.parametrize(
    ("plural", "expected"),
    [
        ("delays", "delay"),
        ("cities", "city"),
        ("cookies", "cookie"),
        ("ties", "tie"),
        ("beaches", "beach"),
        ("headaches", "headache"),
        ("dishes", "dish"),
        ("losses", "loss"),
        ("boxes", "box"),
        ("buzzes", "buzz"),
        ("heroes", "hero"),
        ("shoes", "shoe"),
        ("prizes", "prize"),
        ("houses", "house"),
        ("viruses", "virus"),
        ("wolves", "wolf"),
        ("gloves", "glove"),
        ("children", "child"),
        ("childrens", "child"),
        ("women", "woman"),
        ("feet", "foot"),
        ("crises", "crisis"),
        ("menus", "menu"),
        ("cds", "cd"),
    ],
)
def test_plurals_become_singulars(plural: str, expected: str) -> None:
    assert to_singular(plural) == expected


@pytest.mark.parametrize(
    "word",
    [
        "",
        "s",
        "bus",
        "yes",
        "miss",
        "famous",
        "tennis",
        "news",
        "always",
        "thanks",
        "behaving",
        "plane",
        "specimen",
    ],
)
def test_other_words_stay(word: str) -> None:
    assert to_singular(word) == word


@given(ASCII_WORDS)
def test_a_singular_is_its_own_singular(word: str) -> None:
    assert to_singular(to_singular(word)) == to_singular(word)


def test_tables_list_no_word_that_the_endings_cover() -> None:
    assert [
        word for word in INVARIABLE if len(word) < SHORTEST_PLURAL or word.endswith(SINGULAR_ENDINGS)
    ] == []
    assert INVARIABLE.isdisjoint(IRREGULAR)
    assert STOP_WORDS.isdisjoint({*IRREGULAR, *IRREGULAR.values(), *INVARIABLE})
