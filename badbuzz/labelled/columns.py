"""The columns of labelled tweets: their names, and the spellings of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from badbuzz.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

Label = Literal[0, 1] | None
"""The class of a row: 0 negative, 1 positive, None for a row that is neutral, unlabelled or malformed."""

LABELS: Final[dict[str, Label]] = {
    "0": 0, "1": 1, "4": 1, "2": None, "negative": 0, "positive": 1, "neutral": None,
}  # fmt: skip
"""Every accepted spelling of a label, in lower case. 0, 2 and 4 are Sentiment140's."""

LABEL_COLUMNS: Final = ("label", "polarity", "sentiment", "target")
TEXT_COLUMNS: Final = ("text", "tweet")
USER_COLUMN: Final = "user"


def find_columns(columns: Collection[str], path: Path) -> tuple[str, str]:
    """Return the names of the label column and of the text column. Case and surrounding blanks do not matter.

    :raises DataRefused: if there is not exactly one of each.
    """
    return _find_column("label", LABEL_COLUMNS, columns, path), _find_column(
        "text", TEXT_COLUMNS, columns, path
    )


def _find_column(content: str, accepted: tuple[str, ...], columns: Collection[str], path: Path) -> str:
    found = [column for column in columns if column.strip().lower() in accepted]
    if len(found) != 1:
        raise DataRefused(
            f"{path}: expected one column for the {content} ({', '.join(accepted)}), found {found or 'none'} among "
            f"{', '.join(columns)}"
        )
    return found[0]
