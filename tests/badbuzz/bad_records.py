"""Every kind of record that is not a valid tweet, with parts of the expected message."""

from __future__ import annotations

import json
from typing import Any


def record(**fields: Any) -> bytes:
    return json.dumps({"id": "7", "text": "never again"} | fields).encode()


def nested(depth: int) -> bytes:
    return b'{"id": "7", "text": "x", "more": ' + b"[" * depth + b"]" * depth + b"}"


BAD = {
    "tombstone": (None, ["no value", "tombstone"]),
    "empty": (b"", ["value: Invalid JSON", "b''"]),
    "not JSON": (b"id=7, text=never again", ["value: Invalid JSON", "id=7"]),
    "cut off": (record()[:-3], ["value: Invalid JSON", "EOF"]),
    "two values": (record() + record(), ["value: Invalid JSON", "trailing characters"]),
    "a list": (b"[1]", ["value: Input should be an object", "[1]"]),
    "a string": (b'"tweet"', ["value: Input should be an object", "'tweet'"]),
    "null": (b"null", ["value: Input should be an object", "None"]),
    "no id": (b'{"text": "x"}', ["id: Field required"]),
    "no text": (b'{"id": "7"}', ["text: Field required"]),
    "neither": (b"{}", ["id: Field required", "text: Field required"]),
    "id is a number": (record(id=7), ["id: Input should be a valid string", "got 7"]),
    "id is empty": (record(id=""), ["id: String should have at least 1 character"]),
    "id without end": (record(id="7" * 1_000), ["id: String should have at most 256 characters"]),
    "text is a number": (record(text=1.5), ["text: Input should be a valid string", "got 1.5"]),
    "text is null": (record(text=None), ["text: Input should be a valid string", "got None"]),
    "text is a list": (record(text=["x"]), ["text: Input should be a valid string", "got ['x']"]),
    "text is NaN": (record(text=float("nan")), ["text: Input should be a valid string", "got nan"]),
    "text of 1 MB": (record(text="a" * 1_000_000), ["text: String should have at most 25000 characters"]),
    "author is a number": (record(author=3), ["author: Input should be a valid string", "got 3"]),
    "lang is an object": (record(lang={}), ["lang: Input should be a valid string", "got {}"]),
    "a date without offset": (record(created_at="2026-03-14T12:00:00"), ["created_at", "timezone"]),
    "a date in words": (record(created_at="Mon Apr 06 22:19:45 PDT 2009"), ["created_at", "'Mon Apr 06"]),
    "a date as a number": (record(created_at=1_600_000_000), ["created_at", "got 1600000000"]),
    "year 0": (record(created_at="0000-01-01T00:00:00Z"), ["created_at", "0000-01-01"]),
    "year 0 in UTC": (record(created_at="0001-01-01T00:00:00+05:00"), ["created_at", "0001-01-01"]),
    "year 10,000": (record(created_at="10000-01-01T00:00:00Z"), ["created_at", "'10000-01-01"]),
    "year 10,000 in UTC": (record(created_at="9999-12-31T23:00:00-05:00"), ["created_at", "9999-12-31"]),
    "label true": (record(label=True), ["label: Input should be a valid integer", "got True"]),
    "label false": (record(label=False), ["label: Input should be a valid integer", "got False"]),
    "label of Sentiment140": (record(label=4), ["label: Input should be less than or equal to 1", "got 4"]),
    "label in words": (record(label="negative"), ["label: Input should be a valid integer", "'negative'"]),
    "label as a fraction": (record(label=1.0), ["label: Input should be a valid integer", "got 1.0"]),
    "UTF-16": (record().decode().encode("utf-16"), ["value: Invalid JSON"]),
    "latin-1": ('{"id": "7", "text": "café"}'.encode("latin-1"), ["value: Invalid JSON", "unicode"]),
    "a byte order mark": (b"\xef\xbb\xbf" + record(), ["value: Invalid JSON"]),
    "an escape that is cut": (rb'{"id": "7", "text": "\ud8"}', ["value: Invalid JSON"]),
    "a lone surrogate, encoded": (b'{"id": "7", "text": "\xed\xa0\xbd"}', ["value: Invalid JSON", "unicode"]),
    "deep nesting": (nested(100_000), ["value: Invalid JSON: recursion limit exceeded"]),
    "a number without end": (
        b'{"id": "7", "text": "x", "n": ' + b"9" * 9_999 + b"}",
        ["value: Invalid JSON"],
    ),
}
