from __future__ import annotations

import pytest

from badbuzz.cleaning.version_1 import to_ascii
from tests.badbuzz.cleaning import reference


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Plain & simple", "Plain & simple"),
        ("Caf\u00e9 \U0001d4fc\U0001d4ea\U0001d4ed it\u2019s", "Cafe sad it's"),
        ("&amp;amp;lt;3 &#39; &nosuch; &lt", "<3 ' &nosuch; &lt"),
        ("a\u200db c\U0001f600d", "ab c d"),
    ],
)
def test_texts_become_ascii(text: str, expected: str) -> None:
    assert to_ascii(text) == expected


def test_every_character_folds_alike() -> None:
    surrogates = range(0xD800, 0xE000)
    characters = [chr(code_point) for code_point in range(0x110000) if code_point not in surrogates]
    differing = [c for c in characters if to_ascii(c).lower() != reference.folded(c).lower()]
    assert differing == []
