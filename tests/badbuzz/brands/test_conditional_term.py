from __future__ import annotations

import pytest

from badbuzz.brands.brand_file import Place, TermOptions
from badbuzz.brands.conditional_term import ConditionalTerm
from badbuzz.brands.folded_terms import fold_term
from badbuzz.cleaning.folding import fold

EVERYWHERE: frozenset[Place] = frozenset({"hashtags", "handles", "links"})


def is_mentioned(options: TermOptions, text: str, term: str = "air paradis") -> bool:
    return ConditionalTerm(term, options).is_mentioned(fold_term(text), fold(text))


@pytest.mark.parametrize(
    ("place", "texts"),
    [
        ("hashtags", ["#boycottairparadis", "#AirParadisFail", "x #no_air_paradis!", "#日airparadis"]),
        ("handles", ["@airparadis_help", "@the.airparadis.social", "(@fly_air_paradis)"]),
        (
            "links",
            [
                "airparadis.com",
                "https://my-airparadis.example/x",
                "www.flyairparadis.fr",
                "see help.airparadis.com.",
            ],
        ),
    ],
)
def test_a_term_is_found_inside_the_places_that_it_names(place: Place, texts: list[str]) -> None:
    inside = TermOptions(inside=frozenset({place}))
    others = TermOptions(inside=EVERYWHERE - {place})
    assert [is_mentioned(inside, text) for text in texts] == [True] * len(texts)
    assert [is_mentioned(others, text) for text in texts] == [False] * len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "myairparadisx",
        "me@airparadis.example",
        "http://t.co/airparadisX",
        "#air paradisiac",
        "@air",
        "airparadis",
        "a.b airparadisx",
    ],
)
def test_elsewhere_it_must_be_a_whole_word(text: str) -> None:
    assert not is_mentioned(TermOptions(inside=EVERYWHERE), text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("delta", True),
        ("the delta variant", False),
        ("Delta-Variant", False),
        ("delta and the delta variant", True),
        ("delta variants", True),
        ("delta in the covid year", False),
        ("#deltavariant", False),
        ("#deltavariant #deltafail", True),
        ("#mydelta", True),
    ],
)
def test_exclusions(text: str, *, expected: bool) -> None:
    options = TermOptions(inside=EVERYWHERE, exclusions=("delta variant", "covid"))
    assert is_mentioned(options, text, "delta") == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("apple", False), ("apple, my iPhone", True), ("apple iphones", False)]
)
def test_context_is_required(text: str, *, expected: bool) -> None:
    assert is_mentioned(TermOptions(context=("iphone", "macbook")), text, "apple") == expected


def test_patterns_are_what_a_mention_contains() -> None:
    assert ConditionalTerm("air paradis", TermOptions()).patterns == {"air paradis"}
    inside = ConditionalTerm("@Air-Paradis", TermOptions(inside=EVERYWHERE))
    assert inside.patterns == {"@air paradis", "air paradis", "airparadis", "air_paradis"}
