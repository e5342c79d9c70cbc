from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from badbuzz.cleaning.folding import fold, fold_texts
from badbuzz.cleaning.separators import SEPARATOR_PATTERN, separate

SEPARATORS = [
    *"\u00ad\u180e\u200b\u200c\ufeff",
    *("&shy;", "&SHY;", "&zwnj;", "&ZeroWidthSpace;", "&zerowidthspace;", "&NegativeThinSpace;", "&#173;"),
    *(
        "&#0173;",
        "&#xAD;",
        "&#x200b;",
        "&#8203;",
        "&amp;shy;",
        "&amp;amp;#8203;",
        "&#38;shy;",
        "&#x26;amp;shy;",
    ),
]
OTHERS = [
    "\u200d",
    "\u2060",
    "\ufe0f",
    "\u0301",
    "\u200f",
    "-",
    " ",
    "&shy",
    "&amp;",
    "&#1730;",
    "shy;",
    "😡",
    "&nbsp;",
]


def has_separator(text: str) -> bool:
    found: bool = pc.match_substring_regex(pa.array([text]), SEPARATOR_PATTERN)[0].as_py()
    return found


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_separator_is_read_in_both_ways(separator: str) -> None:
    text = f"Air{separator}Paradis"
    assert has_separator(text)
    assert separate(text) == "Air Paradis"
    assert fold(text) == "airparadis"
    both = fold_texts(pa.array(["`", text, None, "A"]), both_readings=True)
    assert both.to_pylist() == ["'", "airparadis | air paradis", None, "a"]


@pytest.mark.parametrize("other", OTHERS)
def test_other_texts_are_read_once(other: str) -> None:
    text = f"Air{other}Paradis"
    assert not has_separator(text)
    assert separate(text) == text
    texts = pa.array([text])
    assert fold_texts(texts, both_readings=True).equals(fold_texts(texts))


def test_the_models_read_one_text() -> None:
    assert fold_texts(pa.array(["Air\u00adParadis"])).to_pylist() == ["airparadis"]
