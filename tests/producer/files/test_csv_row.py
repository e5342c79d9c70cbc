from __future__ import annotations

from datetime import UTC, datetime

import pytest

from producer.files.csv_row import parse_row, read_date, read_label
from producer.rejected_rows import RejectedRow
from tests.producer.files.csv_rows import csv_row


def text_of(raw: bytes) -> str:
    row = parse_row(1, raw)
    assert not isinstance(row, RejectedRow), row
    return row["text"]


def test_a_row_of_the_original_layout() -> None:
    assert parse_row(7, csv_row(12, "two hours on the tarmac, no water").encode()) == {
        "id": "12",
        "text": "two hours on the tarmac, no water",
        "author": "user12",
        "source": "sentiment140",
        "label": 0,
    }


@pytest.mark.parametrize(("polarity", "label"), [(0, 0), (4, 1), (2, None)])
def test_polarity_becomes_the_label(polarity: int, label: int | None) -> None:
    raw = csv_row(1, "gate 12", polarity=polarity).encode()
    row = parse_row(1, raw)
    assert not isinstance(row, RejectedRow)
    assert row["label"] == read_label(raw) == label


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ('"0","1","d","q","u","café crème"', "café crème"),
        ('"0","1","d","q","u","she said "no refund" and left"', 'she said "no refund" and left'),
        ('"0","1","d","q","u","she said "no, never" and left"', 'she said "no, never" and left'),
        ('"0","1","d","q","u","5" of snow"', '5" of snow'),
        ('"0","1","d","q","u","doubled ""quotes"" here"', 'doubled "quotes" here'),
        ('"0","1","d","q","u","so tired :-\\"', "so tired :-\\"),
        ("0,1,d,q,u,no quotes at all", "no quotes at all"),
        ("'0','1','d','q','u','single ones, with a comma'", "single ones, with a comma"),
        ('"0","1","d","q","u","windows"\r\n', "windows"),
        ('"0","1","d","q","u","two\nlines"\n', "two\nlines"),
        ('"0","1","d","q","u","  blanks stay "', "  blanks stay "),
    ],
)
def test_other_layouts_are_read(raw: str, text: str) -> None:
    assert text_of(raw.encode()) == text


def test_each_row_is_decoded_as_utf8_or_else_as_latin1() -> None:
    assert text_of('"0","1","d","q","u","déjà vu"'.encode("latin-1")) == "déjà vu"
    assert text_of('"0","1","d","q","u","déjà vu"'.encode()) == "déjà vu"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ('"0","1","d","q","only five"', "5 columns, expected 6"),
        ('"0","1","d","q","u","text","seventh"', "7 columns, expected 6"),
        ("0;1;d;q;u;semicolons", "1 column, expected 6"),
        ('"3","1","d","q","u","t"', "polarity '3', expected 0, 2 or 4"),
        ("target,ids,date,flag,user,text", "polarity 'target'"),
        ('"0","","d","q","u","t"', "the id is empty"),
        ('"0","1","d","q","u",""', "the text is empty"),
        (f'"0","{"9" * 300}","d","q","u","t"', "the id has 300 characters"),
        (f'"0","1","d","q","u","{"x" * 30_000}"', "the text has 30,000 characters"),
        (f'"0","1","d","q","{"u" * 300}","t"', "the author has 300 characters"),
        ('"0","1","d","q","u","never closed', None),
    ],
)
def test_malformed_rows_are_rejected_with_line_and_reason(raw: str, reason: str | None) -> None:
    row = parse_row(41, raw.encode())
    if reason is None:  # a missing last quote is accepted
        assert not isinstance(row, RejectedRow)
        return
    assert isinstance(row, RejectedRow)
    assert str(row).startswith(f"line 41: {reason}")
    assert row.row == raw


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon Apr 06 22:19:45 PDT 2009", datetime(2009, 4, 7, 5, 19, 45, tzinfo=UTC)),
        ("Thu Jan 01 00:00:00 PST 2009", datetime(2009, 1, 1, 8, tzinfo=UTC)),
        ("Mon May 11 03:17:40 UTC 2009", datetime(2009, 5, 11, 3, 17, 40, tzinfo=UTC)),
        ("Mon Foo 11 03:17:40 UTC 2009", None),
        ("Mon Feb 31 03:17:40 UTC 2009", None),
        ("Mon Feb 01 03:17:40 UTC 0000", None),
        ("Mon Feb 01 03:17:40 XYZ 2009", None),
        ("2009-04-06", None),
    ],
)
def test_dates(date: str, expected: datetime | None) -> None:
    found = read_date(csv_row(1, "text", date=date).encode())
    assert found == (None if expected is None else int(expected.timestamp() * 1000))


def test_a_date_inside_the_text_is_not_the_rows_date() -> None:
    text = "x" * 150 + " Mon Apr 06 22:19:45 PDT 2009"
    assert read_date(csv_row(1, text, date="").encode()) is None
