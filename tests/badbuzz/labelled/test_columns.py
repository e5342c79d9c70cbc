from __future__ import annotations

from pathlib import Path

import pytest

from badbuzz.errors import DataRefused
from badbuzz.labelled.columns import find_columns


def test_columns_are_found_in_any_order_and_case() -> None:
    assert find_columns(["id", "Tweet ", "user", " LABEL"], Path("x.csv")) == (" LABEL", "Tweet ")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            ["text"],
            r"x\.csv: expected one column for the label \(label, polarity, .*\), found none among text",
        ),
        (["label", "target", "text"], r"found \['label', 'target'\] among label, target, text"),
        (["label", "tweet", "text"], r"expected one column for the text \(text, tweet\)"),
    ],
)
def test_missing_and_ambiguous_columns_are_refused(columns: list[str], message: str) -> None:
    with pytest.raises(DataRefused, match=message):
        find_columns(columns, Path("x.csv"))
