"""Reads tweets that differ from the contract in an unambiguous way, as X, Connect, JavaScript and Windows write them."""

from __future__ import annotations

import codecs
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic_core import from_json, to_json

from badbuzz.contracts.foreign_values import describe_foreign_bytes, describe_foreign_object
from badbuzz.contracts.surrogates import replace_escaped_surrogates
from badbuzz.errors import BadRecord, describe_problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationError

_X_DATE: Final = re.compile(
    r"[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) (?P<day>[0-9]{2}) (?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2}) "
    r"(?P<sign>[+-])(?P<hours>[0-9]{2})(?P<minutes>[0-9]{2}) (?P<year>[0-9]{4})"
)
"""X's own format: ``Wed Oct 10 20:19:24 +0000 2018``."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_TWEET_S: Final = 1_142_899_200
"""2006-03-21, before which nobody tweeted. So a number cannot be a date in two units."""

_LAST_S: Final = 253_402_300_799
"""The last second of the year 9999, after which Python's calendar ends."""

_UNITS: Final = (1, 1_000, 1_000_000)
"""Seconds, milliseconds and microseconds, by how many there are in a second."""


class Variant(NamedTuple):
    """A value in another form than the contract's.

    ``value`` is what it means, in the contract's form. ``sent`` is the object as it was sent. ``names`` maps fields of the
    contract to the names under which they were sent, where these differ.
    """

    value: bytes
    sent: dict[str, Any]
    names: dict[str, str]


def normalize_value(value: bytes, fields: Iterable[str]) -> Variant:
    """Return a value that is not a tweet by the contract as one that may be: these fields of it, in the contract's form.

    Changes are: a byte order mark is dropped; lone surrogates become U+FFFD; ``id_str`` and a whole number as ``id`` become the
    ``id``; ``full_text`` becomes a missing ``text``; ``created_at`` may be in X's format, or a number of seconds, milliseconds or
    microseconds since 1970.

    :raises BadRecord: if the value is recognised as something else than a tweet.
    :raises ValueError: if it is not a JSON object.
    """
    if foreign := describe_foreign_bytes(value):
        raise BadRecord("decode", foreign)
    sent = from_json(replace_escaped_surrogates(value.removeprefix(codecs.BOM_UTF8)))
    if not isinstance(sent, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - a value of a wrong form, not a wrong call
    if ("id" not in sent or "text" not in sent) and (foreign := describe_foreign_object(sent)):
        raise BadRecord("decode", foreign)
    names: dict[str, str] = {}
    if not isinstance(sent.get("id"), str) and isinstance(sent.get("id_str"), str):
        names["id"] = "id_str"
    if sent.get("text") is None and isinstance(sent.get("full_text"), str):
        names["text"] = "full_text"
    found = sent | {name: sent[sent_name] for name, sent_name in names.items()}
    if "id" in found:
        found["id"] = _normalize_id(found["id"])
    if "created_at" in found:
        found["created_at"] = _normalize_date(found["created_at"])
    kept = {name: found[name] for name in fields if name in found}
    return Variant(to_json(kept, inf_nan_mode="constants"), sent, names)


def describe_variant_error(error: ValidationError, variant: Variant) -> str:
    """Return the problems of a variant's value, with the names and the values that were sent."""
    problems = []
    for detail in error.errors(include_url=False, include_context=False):
        field = str(detail["loc"][0])
        name = variant.names.get(field, field)
        sent = variant.sent.get(name, variant.sent)
        problems.append(describe_problem({**detail, "input": sent}, name=name))
    return "; ".join(problems)


def _normalize_id(number: object) -> object:
    return str(number) if isinstance(number, int) and not isinstance(number, bool) else number


def _normalize_date(date: object) -> object:
    if isinstance(date, str) and (parts := _X_DATE.fullmatch(date)):
        return _parse_x_date(parts) or date
    if isinstance(date, (int, float)) and not isinstance(date, bool):
        return _parse_epoch(date) or date
    return date


def _parse_x_date(parts: re.Match[str]) -> str | None:
    if parts["month"] not in _MONTHS:
        return None
    month = _MONTHS.index(parts["month"]) + 1
    return f"{parts['year']}-{month:02}-{parts['day']}T{parts['time']}{parts['sign']}{parts['hours']}:{parts['minutes']}"


def _parse_epoch(number: float) -> datetime | None:
    for unit in _UNITS:
        if _FIRST_TWEET_S * unit <= number < _LAST_S * unit:
            return _EPOCH + timedelta(microseconds=round(number * (_UNITS[-1] // unit)))
    return None
