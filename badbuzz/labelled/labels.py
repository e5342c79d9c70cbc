"""The labels of tweets, as files write them."""

from __future__ import annotations

from typing import Final, Literal

Label = Literal[0, 1] | None
"""The class of a row: 0 negative, 1 positive, None for a row that is neutral, unlabelled or malformed."""

LABELS: Final[dict[str, Label]] = {
    "0": 0, "1": 1, "4": 1, "2": None, "negative": 0, "positive": 1, "neutral": None,
}  # fmt: skip
"""Every accepted spelling of a label, in lower case. 0, 2 and 4 are Sentiment140's."""
