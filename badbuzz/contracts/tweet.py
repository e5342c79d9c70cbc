"""Contract 1: the tweet in Kafka.

Topic ``tweets``; key = tweet id, value = one JSON object in UTF-8. Unknown fields are ignored. Some other forms are read as well
(:func:`badbuzz.contracts.tweet_variants.normalize_value`). Producers and workers validate with the same function.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, NotRequired

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError, with_config
from pydantic_core import to_json
from typing_extensions import TypedDict

from badbuzz.contracts.tweet_variants import describe_variant_error, normalize_value
from badbuzz.errors import BadRecord, describe_validation_error

MAX_ID_CHARACTERS = 256
MAX_KIND_CHARACTERS = 32
MAX_TEXT_CHARACTERS = 25_000
"""The longest post that X allows. A longer text is a producer's mistake; one record would cost as much as thousands."""

DELETE = "delete"
"""The kind of a tweet that says that another one was deleted."""

CONTEXT_SEPARATOR = " | "
"""Stands between the parts of a context, and between text and context, so that no brand's name spans two of them."""


TweetText = Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)]

Moment = Annotated[
    AwareDatetime, Field(ge=datetime.min.replace(tzinfo=UTC), le=datetime.max.replace(tzinfo=UTC))
]
"""A date with an offset that exists in UTC. The first hours of the year 1 at +05:00 are in the year 0, which does not."""


@with_config(ConfigDict(extra="ignore", strict=True))
class Tweet(TypedDict):
    """One tweet. A plain dictionary, not a model: the worker makes a hundred thousand a second.

    ``created_at`` is RFC 3339 with an offset. ``kind`` says what sort of post it is (``post``, ``reply``, ``retweet``, ``quote``,
    ``edit``, ``delete``, ...), ``original_id`` which post it repeats, quotes, edits or deletes. ``context`` has words around the
    post that are not its text: addresses behind links, titles of pages, descriptions of pictures, a quoted post. Brands are
    searched in it, and no model reads it. Only labelled replays have a ``label`` (0 negative, 1 positive).
    """

    id: Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARACTERS)]
    text: TweetText
    created_at: NotRequired[Moment | None]
    author: NotRequired[str | None]
    lang: NotRequired[str | None]
    source: NotRequired[str | None]
    kind: NotRequired[Annotated[str, Field(max_length=MAX_KIND_CHARACTERS)] | None]
    original_id: NotRequired[Annotated[str, Field(max_length=MAX_ID_CHARACTERS)] | None]
    context: NotRequired[TweetText | None]
    label: NotRequired[Annotated[int, Field(ge=0, le=1)] | None]


_ADAPTER: TypeAdapter[Tweet] = TypeAdapter(Tweet)


def decode_tweet(value: bytes | None) -> Tweet:
    """Parse one record's value. Other forms than that of the contract are tried only if it is not of that form.

    :raises BadRecord: (stage ``decode``) with the wrong field, its value, and what is expected.
    """
    if value is None:
        raise BadRecord("decode", "the record has no value (a tombstone); a tweet is a JSON object")
    try:
        return _ADAPTER.validate_json(value)
    except ValidationError as error:
        return _decode_variant(value, error)


def _decode_variant(value: bytes, problem: ValidationError) -> Tweet:
    try:
        variant = normalize_value(value, Tweet.__annotations__)
    except ValueError:  # not a JSON object: the first problem says more
        raise BadRecord("decode", describe_validation_error(problem)) from None
    try:
        return _ADAPTER.validate_json(variant.value)
    except ValidationError as error:
        raise BadRecord("decode", describe_variant_error(error, variant)) from None


def encode_tweet(tweet: Tweet) -> bytes:
    """Return a tweet as a record's value, without the fields that are None."""
    fields = {name: value for name, value in tweet.items() if value is not None}
    if created_at := tweet.get("created_at"):
        fields["created_at"] = created_at.astimezone(UTC)
    return to_json(fields)
