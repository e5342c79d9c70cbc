"""Parses one row of Sentiment140's CSV, given as bytes: ``"polarity","id","date","query","user","text"``.

In the original file every field is in double quotes, and quotes inside a field are not escaped. Copies of the file without
quotes, with other quotes, or with Windows line ends are read as well.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from badbuzz.errors import shorten
from badbuzz.labelled.sentiment140 import COLUMNS, POLARITIES, decode_text
from producer.files.tweet_file import find_problem
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from badbuzz.contracts.tweet import Tweet
    from badbuzz.labelled.columns import Label

SOURCE: Final = "sentiment140"

_QUOTES: Final = frozenset("\"'")
_QUOTE_BYTES: Final = frozenset(b"\"'")
_LABELS_BY_BYTE: Final = {ord(polarity): label for polarity, label in POLARITIES.items()}

# Quotes inside a text may be unescaped: the text ends at the last quote of the row.
_UNESCAPED: Final = re.compile(r'"([^"]*)","([^"]*)","([^"]*)","([^"]*)","([^"]*)","(.*)"', re.DOTALL)

_DATE: Final = re.compile(
    rb"[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([A-Z]{3}) ([0-9]{4})"
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}
_HOURS_FROM_UTC: Final = {b"PDT": -7, b"PST": -8, b"UTC": 0, b"GMT": 0}
_DATE_BYTES: Final = 160
"""The date is searched for in the first bytes of a row only, because a text may contain a date too."""


def read_label(raw: bytes) -> Label:
    """Return the class of a row from its first field, without parsing the rest."""
    return _LABELS_BY_BYTE.get(raw[1] if raw[0] in _QUOTE_BYTES else raw[0])


def parse_row(line: int, raw: bytes) -> Tweet | RejectedRow:
    """Return the row as a tweet (without ``created_at``), or the reason why it is rejected."""
    row = decode_text(raw).rstrip("\r\n")
    fields = _split_fields(row)
    if len(fields) != len(COLUMNS):
        found = "1 column" if len(fields) == 1 else f"{len(fields)} columns"
        return RejectedRow(line, f"{found}, expected {len(COLUMNS)} separated by commas", row)
    polarity, tweet_id, _date, _query, user, text = fields
    if polarity not in POLARITIES:
        return RejectedRow(line, f"polarity {shorten(polarity)}, expected 0, 2 or 4", row)
    tweet: Tweet = {
        "id": tweet_id,
        "text": text,
        "author": user or None,
        "source": SOURCE,
        "label": POLARITIES[polarity],
    }
    if problem := find_problem(tweet):
        return RejectedRow(line, problem, row)
    return tweet


def read_date(raw: bytes) -> int | None:
    """Return the row's date in milliseconds since 1970, or None if it has none."""
    match = _DATE.search(raw, 0, _DATE_BYTES)
    if match is None:
        return None
    month, day, hour, minute, second, zone, year = match.groups()
    if month not in _MONTHS or zone not in _HOURS_FROM_UTC:
        return None
    try:
        local = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    return int((local - timedelta(hours=_HOURS_FROM_UTC[zone])).timestamp() * 1000)


def _split_fields(row: str) -> list[str]:
    quote = row[0] if row[:1] in _QUOTES else '"'
    try:
        return next(csv.reader([row], quotechar=quote, strict=True))
    except csv.Error:
        pass  # a quote is not escaped, or never closed
    match = _UNESCAPED.fullmatch(row)
    if match and '","' not in match[6]:
        return list(match.groups())
    try:
        return next(csv.reader([row], quotechar=quote))
    except csv.Error:
        return [row]
