"""Parses one message of Jetstream: a post, an edit or a delete, or something else.

Protocol: https://github.com/bluesky-social/jetstream. Records: https://github.com/bluesky-social/atproto, ``lexicons/app/bsky``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, NotRequired

from pydantic import BeforeValidator, Field, OnErrorOmit, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from badbuzz.contracts.surrogates import validate_json
from badbuzz.contracts.tweet import DELETE, MAX_ID_CHARACTERS, TweetText
from badbuzz.errors import describe_validation_error
from producer.live.context import as_object, as_objects, join_context
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from badbuzz.contracts.tweet import Tweet

SOURCE: Final = "bluesky"
COLLECTION: Final = "app.bsky.feed.post"

_EARLIEST: Final = datetime(2006, 3, 21, tzinfo=UTC)
"""The day of the first tweet. An earlier date is a mistake of the author's software."""

_YEAR_2100_US: Final = 4_102_444_800_000_000
_TimeUs = Annotated[int, Field(ge=int(_EARLIEST.timestamp()) * 1_000_000, lt=_YEAR_2100_US)]


class _Record(TypedDict):
    text: TweetText
    createdAt: NotRequired[object]
    langs: NotRequired[Annotated[list[OnErrorOmit[str]], BeforeValidator(lambda value: value or [])]]
    tags: NotRequired[object]
    facets: NotRequired[object]
    embed: NotRequired[object]
    reply: NotRequired[object]


class _Commit(TypedDict):
    operation: str
    collection: str
    rkey: Annotated[str, Field(max_length=88)]
    rev: NotRequired[Annotated[str, Field(max_length=16)]]
    record: NotRequired[Any]


class _Account(TypedDict):
    status: NotRequired[str]


class _JetstreamMessage(TypedDict):
    kind: str
    did: Annotated[str, Field(max_length=128)]
    time_us: _TimeUs
    commit: NotRequired[_Commit]
    account: NotRequired[_Account]


_MESSAGE: Final = TypeAdapter(_JetstreamMessage)
_RECORD: Final = TypeAdapter(_Record)


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A message of Jetstream. ``found`` is None if it is neither a post nor a delete, ``time_us`` if it is unreadable.

    ``langs`` are the languages that a post declares.
    """

    time_us: int | None
    found: Tweet | RejectedRow | None
    langs: tuple[str, ...] = ()


def parse_message(number: int, raw: str | bytes) -> ParsedMessage:
    """Parse a message. An unreadable message raises no error.

    :param number: the number of the message.
    """
    time_us = None
    value = raw.encode(errors="replace") if isinstance(raw, str) else raw
    try:
        message = validate_json(_MESSAGE, value)
        time_us = message["time_us"]
        return _parse(message)
    except ValidationError as error:
        reason = describe_validation_error(error, root="message", show_values=False)
        return ParsedMessage(time_us, RejectedRow(number, reason, value.decode(errors="replace")))


def _parse(message: _JetstreamMessage) -> ParsedMessage:
    time_us = message["time_us"]
    seen = datetime.fromtimestamp(time_us / 1_000_000, tz=UTC)
    commit = message.get("commit")
    if message.get("account", {}).get("status") == "deleted":
        return ParsedMessage(time_us, _to_delete(f"at://{message['did']}", message["did"], seen))
    if commit is None or commit["collection"] != COLLECTION:
        return ParsedMessage(time_us, None)
    uri = f"at://{message['did']}/{COLLECTION}/{commit['rkey']}"
    if commit["operation"] == "delete":
        return ParsedMessage(time_us, _to_delete(uri, message["did"], seen))
    if commit["operation"] not in {"create", "update"}:
        return ParsedMessage(time_us, None)
    record = _RECORD.validate_python(commit.get("record"))
    tweet = _to_tweet(record, uri, message["did"], seen)
    if commit["operation"] == "update":
        # The edit is another tweet than the post. Its date is not that of the record, which may be long past.
        tweet["id"] = f"{uri}#{commit.get('rev', time_us)}"
        tweet |= {"created_at": seen, "kind": "edit", "original_id": uri}
    return ParsedMessage(time_us, tweet, tuple(record.get("langs", [])))


def _to_tweet(record: _Record, uri: str, did: str, seen: datetime) -> Tweet:
    kind, original_id = _classify(record)
    return {
        "id": uri,
        "text": record["text"],
        "created_at": _read_date(record.get("createdAt"), seen),
        "author": did,
        "lang": next(iter(record.get("langs", [])), None),
        "source": SOURCE,
        "kind": kind,
        "original_id": original_id,
        "context": join_context(_list_context(record)),
    }


def _to_delete(uri: str, did: str, seen: datetime) -> Tweet:
    return {
        "id": f"{uri}#delete",
        "text": "",
        "created_at": seen,
        "author": did,
        "source": SOURCE,
        "kind": DELETE,
        "original_id": uri,
    }


def _read_date(claimed: object, seen: datetime) -> datetime:
    """Return the date that the author's software declares, or when Jetstream saw the post if that is earlier or none is valid.

    A post cannot be from the future. An old date stays: the post is imported, and says nothing about today.
    """
    try:
        date = datetime.fromisoformat(str(claimed))
        if date.tzinfo is not None and _EARLIEST <= date <= seen:
            return date.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    return seen


def _classify(record: _Record) -> tuple[str, str | None]:
    """Return the kind of a post, and the id of the post that it quotes."""
    embed = as_object(record.get("embed"))
    quoted = as_object(embed.get("record"))
    quoted = as_object(quoted.get("record")) or quoted  # a quote with pictures is one level deeper
    uri = quoted.get("uri")
    if isinstance(uri, str) and f"/{COLLECTION}/" in uri and len(uri) <= MAX_ID_CHARACTERS:
        return "quote", uri
    return ("reply" if as_object(record.get("reply")) else "post"), None


def _list_context(record: _Record) -> Iterator[object]:
    """Yield addresses of links, hashtags beside the text, cards, and descriptions of pictures and videos."""
    for facet in as_objects(record.get("facets")):
        for feature in as_objects(facet.get("features")):
            yield feature.get("uri")
    tags = record.get("tags")
    yield from (f"#{tag}" for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    embed = as_object(record.get("embed"))
    for media in (embed, as_object(embed.get("media"))):
        card = as_object(media.get("external"))
        yield from (card.get("uri"), card.get("title"), card.get("description"))
        yield from (image.get("alt") for image in as_objects(media.get("images")))
        yield media.get("alt")
