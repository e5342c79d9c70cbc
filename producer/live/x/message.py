"""Parses one line of X's filtered stream (API v2): posts with their authors and the matched rules, or errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final, NotRequired

from pydantic import BeforeValidator, Field, OnErrorOmit, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from badbuzz.contracts.surrogates import replace_escaped_surrogates
from badbuzz.contracts.tweet import MAX_ID_CHARACTERS, Moment, TweetText
from badbuzz.errors import describe_validation_error
from producer.live.context import as_object, as_objects, join_context
from producer.live.stream import Disconnected
from producer.live.x.answers import SOURCE
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Iterator

from badbuzz.contracts.tweet import Tweet

RULE_TAG: Final = "badbuzz"
"""Marks the rules of this program. Rules of other programs on the same account are neither deleted nor followed."""

TWEET_FIELDS: Final = [
    "created_at", "lang", "author_id", "note_tweet", "referenced_tweets", "edit_history_tweet_ids", "entities",
]  # fmt: skip
EXPANSIONS: Final = [
    "author_id",
    "referenced_tweets.id",
    "referenced_tweets.id.author_id",
    "attachments.media_keys",
]
MEDIA_FIELDS: Final = ["alt_text"]

RETWEETED: Final = "retweeted"
QUOTED: Final = "quoted"
REPLIED_TO: Final = "replied_to"


_Objects = Annotated[list[dict[str, Any]], BeforeValidator(as_objects)]
_Object = Annotated[dict[str, Any], BeforeValidator(as_object)]
_PostId = Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARACTERS)]


class _Note(TypedDict):
    text: TweetText
    entities: NotRequired[_Object]


class _Reference(TypedDict):
    type: str
    id: _PostId


class _Post(TypedDict):
    id: _PostId
    text: TweetText
    created_at: NotRequired[Moment]
    lang: NotRequired[str]
    author_id: NotRequired[str]
    note_tweet: NotRequired[_Note]
    referenced_tweets: NotRequired[list[OnErrorOmit[_Reference]]]
    edit_history_tweet_ids: NotRequired[list[_PostId]]
    entities: NotRequired[_Object]


class _User(TypedDict):
    id: str
    username: str


class _Includes(TypedDict):
    users: NotRequired[list[OnErrorOmit[_User]]]
    tweets: NotRequired[list[OnErrorOmit[_Post]]]
    media: NotRequired[_Objects]


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
_DECODER: Final = json.JSONDecoder()
_MESSAGE_STARTS: Final = ('{"data"', '{"errors"')


def parse_line(number: int, line: bytes) -> Iterator[Tweet | RejectedRow | None]:
    """Parse the messages of one line: each is a post, or the reason why it is rejected, or None (rules of others only).

    A line has one message, by X's documentation. Several messages in a line, and a message that is cut off before another
    begins, are separated.

    :param number: the number of the line.
    :raises Disconnected: if X announces that it closes the connection.
    """
    text = replace_escaped_surrogates(line).decode(errors="replace").strip()
    while text:
        try:
            content, end = _DECODER.raw_decode(text)
        except (ValueError, RecursionError) as error:
            end = _find_next_message(text)
            reason = f"message: Invalid JSON: {getattr(error, 'msg', error)}"
            yield RejectedRow(number, reason, text[:end])
        else:
            yield _parse_message(number, content, text[:end])
        text = text[end:].lstrip()


def _find_next_message(text: str) -> int:
    starts = [found for start in _MESSAGE_STARTS if (found := text.find(start, 1)) > 0]
    return min(starts, default=len(text))


def _parse_message(number: int, content: object, text: str) -> Tweet | RejectedRow | None:
    try:
        message = _MESSAGE.validate_python(content)
    except ValidationError as error:
        reason = describe_validation_error(error, root="message", show_values=False)
        return RejectedRow(number, reason, text)
    post = message.get("data")
    if post is None:
        return _reject_without_post(number, message, text)
    rules = message.get("matching_rules")
    if rules and all(rule.get("tag") != RULE_TAG for rule in rules):
        return None
    return _to_tweet(post, message.get("includes", {}))


def _to_tweet(post: _Post, includes: _Includes) -> Tweet:
    names = {user["id"]: user["username"] for user in includes.get("users", [])}
    references = {reference["type"]: reference["id"] for reference in post.get("referenced_tweets", [])}
    included = {tweet["id"]: tweet for tweet in includes.get("tweets", [])}
    kind, original_id = _classify(post, references)
    original = included.get(original_id or "")
    text = _get_text(post)
    context = _list_context(post)
    if kind == "retweet" and original is not None:
        # X cuts a retweet after 140 characters, and puts "RT @author: " before it.
        text = _get_text(original)
        author = names.get(original.get("author_id", ""))
        context = [*_list_context(original), f"@{author}" if author else None]
    elif original is not None and original_id == references.get(QUOTED):
        context += [_get_text(original), *_list_context(original)]
    context += [medium["alt_text"] for medium in includes.get("media", []) if "alt_text" in medium]
    return {
        "id": post["id"],
        "text": text,
        "created_at": post.get("created_at"),
        "author": _name_author(post, names),
        "lang": post.get("lang"),
        "source": SOURCE,
        "kind": kind,
        "original_id": original_id,
        "context": join_context(context),
    }


def _name_author(post: _Post, names: dict[str, str]) -> str | None:
    author = post.get("author_id", "")
    return names.get(author, author) or None


def _classify(post: _Post, references: dict[str, str]) -> tuple[str, str | None]:
    """Return the kind of a post and the id of the post that it repeats, replaces or quotes."""
    first_version = next(iter(post.get("edit_history_tweet_ids", [])), post["id"])
    if RETWEETED in references:
        return "retweet", references[RETWEETED]
    if first_version != post["id"]:
        return "edit", first_version
    if QUOTED in references:
        return "quote", references[QUOTED]
    return ("reply" if REPLIED_TO in references else "post"), None


def _get_text(post: _Post) -> str:
    """Return the whole text. ``text`` is cut if the post is longer than 280 characters."""
    return post["note_tweet"]["text"] if "note_tweet" in post else post["text"]


def _list_context(post: _Post) -> list[object]:
    """Return addresses behind links, and the titles and descriptions of their pages."""
    found: list[object] = []
    for entities in (post.get("entities", {}), post.get("note_tweet", {}).get("entities", {})):
        for link in as_objects(entities.get("urls")):
            found += [link.get(name) for name in ("expanded_url", "unwound_url", "title", "description")]
    return found


def _reject_without_post(number: int, message: _XMessage, text: str) -> RejectedRow:
    errors = message.get("errors")
    if errors:
        problems = "; ".join(
            error.get("detail") or error.get("title") or "an unnamed error" for error in errors
        )
        raise Disconnected(SOURCE, f"X ends the stream: {problems}")
    return RejectedRow(number, "neither a post nor errors", text)
