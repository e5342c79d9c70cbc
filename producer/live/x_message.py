"""Parses one line of X's filtered stream (API v2): a post with its author and the matched rules, or errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, NotRequired

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from badbuzz.contracts.tweet import MAX_ID_CHARACTERS, Moment, TweetText
from badbuzz.errors import describe_validation_error
from producer.live.stream import Disconnected
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from badbuzz.contracts.tweet import Tweet

SOURCE: Final = "x"
RULE_TAG: Final = "badbuzz"
"""Marks the rules of this program. Rules of other programs on the same account are neither deleted nor followed."""

TWEET_FIELDS: Final = ["created_at", "lang", "author_id", "note_tweet"]


class _Note(TypedDict):
    text: TweetText


class _Post(TypedDict):
    id: Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARACTERS)]
    text: TweetText
    created_at: NotRequired[Moment]
    lang: NotRequired[str]
    author_id: NotRequired[str]
    note_tweet: NotRequired[_Note]


class _User(TypedDict):
    id: str
    username: str


class _Includes(TypedDict):
    users: NotRequired[list[_User]]


class _MatchingRule(TypedDict):
    tag: NotRequired[str | None]


class _Error(TypedDict):
    title: NotRequired[str]
    detail: NotRequired[str]


class _XMessage(TypedDict):
    data: NotRequired[_Post]
    includes: NotRequired[_Includes]
    matching_rules: NotRequired[list[_MatchingRule]]
    errors: NotRequired[list[_Error]]


_MESSAGE: Final = TypeAdapter(_XMessage)


def parse_message(number: int, line: bytes) -> Tweet | RejectedRow | None:
    """Return the post, or the reason why it is rejected, or None if it matches only rules of other programs.

    :raises Disconnected: if X announces that it closes the connection.
    """
    try:
        message = _MESSAGE.validate_json(line)
    except ValidationError as error:
        return RejectedRow(
            number,
            describe_validation_error(error, root="message", show_values=False),
            line.decode(errors="replace"),
        )
    post = message.get("data")
    if post is None:
        return _reject_without_post(number, message, line)
    rules = message.get("matching_rules")
    if rules and all(rule.get("tag") != RULE_TAG for rule in rules):
        return None
    names = {user["id"]: user["username"] for user in message.get("includes", {}).get("users", [])}
    author = post.get("author_id", "")
    return {
        "id": post["id"],
        "text": post["note_tweet"]["text"] if "note_tweet" in post else post["text"],
        "created_at": post.get("created_at"),
        "author": names.get(author, author) or None,
        "lang": post.get("lang"),
        "source": SOURCE,
    }


def _reject_without_post(number: int, message: _XMessage, line: bytes) -> RejectedRow:
    errors = message.get("errors")
    if errors:
        problems = "; ".join(
            error.get("detail") or error.get("title") or "an unnamed error" for error in errors
        )
        raise Disconnected(SOURCE, f"X ends the stream: {problems}")
    return RejectedRow(number, "neither a post nor errors", line.decode(errors="replace"))
