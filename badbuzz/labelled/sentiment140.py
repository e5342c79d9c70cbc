"""The layout of Sentiment140: six columns without a header, in a mixture of two encodings.

The distributed file is nominally Latin-1, but most of its texts are UTF-8.
"""

from __future__ import annotations

from typing import Final

from badbuzz.labelled.columns import LABELS

COLUMNS: Final = ("polarity", "id", "date", "query", "user", "text")
POLARITIES: Final = {polarity: LABELS[polarity] for polarity in ("0", "2", "4")}
"""Polarity → label. Only the hand-labelled test file has 2 (neutral)."""


def decode_text(raw: bytes) -> str:
    """Decode a row or a field: as UTF-8 if it is valid UTF-8, else as Latin-1."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
