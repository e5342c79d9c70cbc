"""Recognises values that are not plain JSON tweets, so that a dead letter says what they are and what to change."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any, Final

from badbuzz.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

_FRAME_BYTES: Final = 5
"""The header of a schema registry's value: the magic byte 0 and the schema's id."""

_ENCODINGS: Final = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    b"{\0\0\0": "UTF-32",
    b"\0\0\0{": "UTF-32",
    b'{\0"\0': "UTF-16",
    b'\0{\0"': "UTF-16",
    b"{\0}\0": "UTF-16",
    b"\0{\0}": "UTF-16",
}
"""How a text in another encoding than UTF-8 begins. The longer of two possible ones comes first."""

_FORMATS: Final = {
    b"\x1f\x8b": "compressed by gzip before it was sent; let the producer's compression.type compress instead",
    b"Obj\x01": "an Avro container file; a value is one tweet in JSON",
}

_IDS: Final = frozenset({"id", "id_str"})
_TEXTS: Final = frozenset({"text", "full_text"})
_TWEET_FIELDS: Final = _IDS | _TEXTS
"""An object that has one of them is a tweet with a fault: the tweets inside it are those that it quotes or repeats."""


def describe_foreign_bytes(value: bytes) -> str | None:
    """Say what a value that is not JSON is; None if it is not recognised."""
    for start, encoding in _ENCODINGS.items():
        if value.startswith(start):
            return f"the value is text in {encoding}; a tweet is JSON in UTF-8, so encode it as UTF-8"
    for start, description in _FORMATS.items():
        if value.startswith(start):
            return f"the value is {description}"
    if value[:1] == b"\0" and len(value) > _FRAME_BYTES:
        return _describe_frame(int.from_bytes(value[1:_FRAME_BYTES], "big"), value[_FRAME_BYTES:])
    return None


def describe_foreign_object(fields: Mapping[str, Any]) -> str | None:
    """Say what a JSON object that is not a tweet is; None if it is not recognised."""
    if "specversion" in fields and "type" in fields:
        return (
            f"the value is a CloudEvent of type {str(fields['type'])[:60]!r}; a tweet is the event's data: send it in binary "
            "content mode, or unwrap it"
        )
    if fields.keys() == {"schema", "payload"}:
        return (
            "the value is an envelope of Kafka Connect with schema and payload; set value.converter.schemas.enable=false, so "
            "that the connector sends the payload alone"
        )
    if {"before", "after", "op"} <= fields.keys():
        return (
            "the value is a change event of Debezium; unwrap it with the transformation ExtractNewRecordState"
        )
    if not _TWEET_FIELDS.isdisjoint(fields):
        return None
    return next(
        (_describe_envelope(name, inner) for name, inner in fields.items() if _has_tweets(inner)), None
    )


def _has_tweets(inner: object) -> bool:
    first = inner[0] if isinstance(inner, list) and inner else inner
    return isinstance(first, dict) and not (_IDS.isdisjoint(first) or _TEXTS.isdisjoint(first))


def _describe_envelope(name: str, inner: object) -> str:
    source = "an answer of X's API version 2" if name == "data" else "an envelope"
    if isinstance(inner, list):
        return f"the value is {source} with a list of tweets in its field {shorten(name)}; send each of them as a record"
    return f"the value is {source} around a tweet; send the object in its field {shorten(name)} alone"


def _describe_frame(schema_id: int, rest: bytes) -> str:
    kind = "a JSON" if rest.lstrip()[:1] == b"{" else "a Protobuf" if rest[:1] == b"\0" else "an Avro"
    return (
        f"the value is {kind} value of a schema registry: magic byte 0, schema id {schema_id}; a tweet is plain JSON: use a "
        "serializer without a registry"
    )
