"""Every kind of record with a value that is not a valid tweet, with parts of the expected message."""

from __future__ import annotations

import gzip
import json
from typing import Any


def record(**fields: Any) -> bytes:
    return json.dumps({"id": "7", "text": "never again"} | fields).encode()


def nested(depth: int) -> bytes:
    return b'{"id": "7", "text": "x", "more": ' + b"[" * depth + b"]" * depth + b"}"


BAD: dict[str, tuple[bytes, list[str]]] = {
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
    "id is a fraction": (record(id=7.5), ["id: Input should be a valid string", "got 7.5"]),
    "id is a boolean": (record(id=True), ["id: Input should be a valid string", "got True"]),
    "id is null": (record(id=None), ["id: Input should be a valid string", "got None"]),
    "id of 5,000 digits": (
        b'{"id": ' + b"9" * 5_000 + b', "text": "x"}',
        ["value: Invalid JSON: number out of range"],
    ),
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
    "a date of 2006-03-20": (record(created_at=1_142_812_800), ["created_at", "got 1142812800"]),
    "a date in nanoseconds": (record(created_at=1_600_000_000 * 10**9), ["created_at", "got 16000000000"]),
    "a date as NaN": (record(created_at=float("nan")), ["created_at", "got nan"]),
    "a date as a boolean": (record(created_at=True), ["created_at", "got True"]),
    "X's format, no month": (record(created_at="Wed Okt 10 20:19:24 +0000 2018"), ["created_at", "'Wed Okt"]),
    "X's format, no day": (
        record(created_at="Wed Feb 30 20:19:24 +0000 2018"),
        ["created_at", "got 'Wed Feb 30"],
    ),
    "year 0": (record(created_at="0000-01-01T00:00:00Z"), ["created_at", "0000-01-01"]),
    "year 0 in UTC": (record(created_at="0001-01-01T00:00:00+05:00"), ["created_at", "0001-01-01"]),
    "year 10,000": (record(created_at="10000-01-01T00:00:00Z"), ["created_at", "'10000-01-01"]),
    "year 10,000 in UTC": (record(created_at="9999-12-31T23:00:00-05:00"), ["created_at", "9999-12-31"]),
    "label true": (record(label=True), ["label: Input should be a valid integer", "got True"]),
    "label false": (record(label=False), ["label: Input should be a valid integer", "got False"]),
    "label of Sentiment140": (record(label=4), ["label: Input should be less than or equal to 1", "got 4"]),
    "label in words": (record(label="negative"), ["label: Input should be a valid integer", "'negative'"]),
    "label as a fraction": (record(label=1.0), ["label: Input should be a valid integer", "got 1.0"]),
    "UTF-16": (record().decode().encode("utf-16"), ["text in UTF-16", "encode it as UTF-8"]),
    "UTF-16 without a mark": (record().decode().encode("utf-16-be"), ["text in UTF-16"]),
    "UTF-32": (record().decode().encode("utf-32"), ["text in UTF-32"]),
    "gzip": (gzip.compress(record()), ["compressed by gzip", "compression.type"]),
    "an Avro container": (b"Obj\x01\x04\x14avro.codec", ["an Avro container file"]),
    "an Avro value of a registry": (
        b"\0\0\0\0\x07\x02a\x16never again",
        ["an Avro value of a schema registry: magic byte 0, schema id 7"],
    ),
    "a Protobuf value of a registry": (b"\0\0\0\x01\0\0\x0a\x01a", ["a Protobuf value", "schema id 256"]),
    "a JSON value of a registry": (b"\0\0\0\0\x09" + record(), ["a JSON value", "schema id 9"]),
    "a Connect envelope": (
        json.dumps({"schema": {"type": "struct"}, "payload": {"id": "7", "text": "x"}}).encode(),
        ["an envelope of Kafka Connect", "value.converter.schemas.enable=false"],
    ),
    "a Debezium event": (
        json.dumps({"before": None, "after": {"id": "7", "text": "x"}, "op": "c"}).encode(),
        ["a change event of Debezium", "ExtractNewRecordState"],
    ),
    "a CloudEvent": (
        json.dumps(
            {
                "specversion": "1.0",
                "id": "e1",
                "type": "com.example.tweet",
                "source": "/x",
                "data": {"id": "7"},
            }
        ).encode(),
        ["a CloudEvent of type 'com.example.tweet'"],
    ),
    "a byte order mark alone": (b"\xef\xbb\xbf", ["value: Invalid JSON"]),
    "latin-1": ('{"id": "7", "text": "café"}'.encode("latin-1"), ["value: Invalid JSON", "unicode"]),
    "an escape that is cut": (rb'{"id": "7", "text": "\ud8"}', ["value: Invalid JSON"]),
    "a lone surrogate, encoded": (b'{"id": "7", "text": "\xed\xa0\xbd"}', ["value: Invalid JSON", "unicode"]),
    "deep nesting": (nested(100_000), ["value: Invalid JSON: recursion limit exceeded"]),
    "a number without end": (
        b'{"id": "7", "text": "x", "n": ' + b"9" * 9_999 + b"}",
        ["value: Invalid JSON"],
    ),
}
