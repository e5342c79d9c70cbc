from __future__ import annotations

import pytest

from badbuzz.labelled.sentiment140 import COLUMNS, POLARITIES, decode_text


def test_the_layout() -> None:
    assert COLUMNS == ("polarity", "id", "date", "query", "user", "text")
    assert POLARITIES == {"0": 0, "2": None, "4": 1}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_both_encodings_are_decoded(encoding: str) -> None:
    assert decode_text("café fermé".encode(encoding)) == "café fermé"
