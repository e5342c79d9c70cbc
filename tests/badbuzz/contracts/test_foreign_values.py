"""Values of other formats are recognised, and nothing else is taken for them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.contracts.foreign_values import describe_foreign_bytes, describe_foreign_object


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{}".encode("utf-16"), "UTF-16"),
        ("{}".encode("utf-16-le"), "UTF-16"),
        ("{}".encode("utf-16-be"), "UTF-16"),
        ("{}".encode("utf-32"), "UTF-32"),
        ("{}".encode("utf-32-be"), "UTF-32"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"Obj\x01", "Avro container"),
        (b"\0\0\0\0\x07\x02a", "an Avro value of a schema registry: magic byte 0, schema id 7;"),
        (b"\0\x01\0\0\0\0\x0a", "a Protobuf value of a schema registry: magic byte 0, schema id 16777216;"),
        (b'\0\0\0\0\x07 {"id": 1}', "a JSON value of a schema registry: magic byte 0, schema id 7;"),
    ],
)
def test_a_format_is_named(value: bytes, words: str) -> None:
    assert words in (describe_foreign_bytes(value) or "")


@pytest.mark.parametrize("value", [b"", b"\0", b"\0\0\0\0\x07", b"{", b"{}", b"x", b"\xef\xbb\xbf{}"])
def test_other_bytes_are_not_named(value: bytes) -> None:
    assert describe_foreign_bytes(value) is None


@given(st.dictionaries(st.text(), st.text()))
def test_json_in_utf_8_is_never_taken_for_another_format(fields: dict[str, str]) -> None:
    assert describe_foreign_bytes(json.dumps(fields, ensure_ascii=False).encode()) is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"specversion": "1.0", "type": "x" * 1_000, "data": {}}, "a CloudEvent of type"),
        ({"schema": None, "payload": {}}, "an envelope of Kafka Connect"),
        ({"before": {}, "after": {}, "op": "u", "ts_ms": 1}, "a change event of Debezium"),
        ({"data": {"id": 1, "text": "x"}, "includes": {}}, "an answer of X's API version 2 around a tweet"),
        (
            {"meta": {}, "data": [{"id": "1", "text": "x"}]},
            "an answer of X's API version 2 with a list of tweets",
        ),
        ({"x" * 1_000: {"id_str": "1", "full_text": "x"}}, "an envelope around a tweet"),
    ],
)
def test_an_envelope_is_named(fields: dict[str, object], words: str) -> None:
    found = describe_foreign_object(fields)
    assert found is not None
    assert words in found
    assert len(found) < 300


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"id": "7"},
        {"schema": 1, "payload": 2, "text": "x"},
        {"op": "c"},
        {"data": {"id": "7"}},
        {"data": []},
        {"data": "x"},
        {"id": "7", "quoted_status": {"id": "3", "text": "x"}},
        {"full_text": "x", "quoted_status": {"id": "3", "text": "x"}},
    ],
)
def test_other_objects_are_not_named(fields: dict[str, object]) -> None:
    assert describe_foreign_object(fields) is None
