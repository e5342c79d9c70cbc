from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from badbuzz.cleaning.references import decode_references, find_any_case, find_named


def decode(text: str) -> str:
    return decode_references(text, str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AT&#38;T AT&#x26;T AT&amp;T AT&AMP;T", "AT&T AT&T AT&T AT&T"),
        ("H&amp;amp;amp;M", "H&M"),
        ("&amp;#38;lt;", "<"),
        ("L&apos;Or&eacute;al L&#39;OR&Eacute;AL", "L'Oréal L'ORÉAL"),
        ("fun&not sad &nosuch; &; &#; &#x; &#12345678;", "fun&not sad &nosuch; &; &#; &#x; &#12345678;"),
        ("a&#0;b&#xD800;c&#x110000;d", "a\ufffdb\ufffdc\ufffdd"),
        ("&&#97;mp;lt; &am&#112;; &amp&#59; &semi;&lt&semi;", "< & & ;<"),
    ],
)
def test_references_are_decoded_completely(text: str, expected: str) -> None:
    assert decode(text) == expected


PARTS = [
    "&",
    ";",
    "#",
    "amp",
    "&amp;",
    "&#38;",
    "&#59;",
    "&semi;",
    "&#97;",
    "mp;",
    "lt;",
    "x",
    "38",
    "&#38",
    "é",
    " ",
]


@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join))
@example("&amp;" * 50 + "lt;")
def test_the_result_contains_no_reference(text: str) -> None:
    assert decode(decode(text)) == decode(text)


def test_deep_nesting_takes_linear_time() -> None:
    """A loop that decodes until nothing changes would take as many passes as there are levels: hours for this text."""
    levels = 200_000
    assert decode("&" + "#38;" * levels + "lt;") == "<"
    assert decode("&am&#112;;" * levels) == "&" * levels


def test_a_decoded_character_is_folded() -> None:
    assert decode_references("&eacute;&amp;", str.upper) == "É&"


def test_names_are_found_in_their_own_case_first() -> None:
    assert find_named("Eacute") == "É"
    assert find_named("EACUTE") is None
    assert find_any_case("Eacute") == "É"
    assert find_any_case("EACUTE") in {"É", "é"}
    assert find_any_case("nosuch") is None
