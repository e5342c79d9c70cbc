from __future__ import annotations

from pathlib import Path

import pytest

from badbuzz.errors import DataRefused
from badbuzz.labelled.labelled_csv import read_labelled_csv

PATH = Path("x.csv")


def test_a_csv_without_header_has_sentiment140s_columns() -> None:
    table, malformed = read_labelled_csv(b'"4","1","d","q","ann","fine"\n"0","2","d","q"\n', PATH)
    assert table.to_pylist() == [{"label": "4", "text": "fine", "user": "ann"}]
    assert malformed == 1


def test_users_are_null_without_a_column_of_users() -> None:
    table, malformed = read_labelled_csv(b"tweet,target\nfine,4\n", PATH)
    assert table.to_pylist() == [{"label": "4", "text": "fine", "user": None}]
    assert malformed == 0


def test_each_field_is_decoded_by_itself() -> None:
    content = "label,text,user\n1,é,".encode() + b"\xe9\n"
    assert read_labelled_csv(content, PATH)[0].to_pylist() == [{"label": "1", "text": "é", "user": "é"}]


def test_a_first_line_without_end_is_refused() -> None:
    with pytest.raises(DataRefused, match=r"x\.csv: expected one column for the label"):
        read_labelled_csv(b"x" * 200_000, PATH)
