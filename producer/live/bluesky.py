"""Reads posts from Bluesky's public firehose, Jetstream: one JSON message per WebSocket frame.

Protocol: https://github.com/bluesky-social/jetstream. Every message has ``time_us``, which is also the cursor from which a
later connection resumes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final, NotRequired
from urllib.parse import urlencode

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict
from websockets.exceptions import InvalidStatus, InvalidURI, WebSocketException
from websockets.sync.client import connect

from badbuzz.contracts.tweet import TweetText  # noqa: TC001 - pydantic reads the annotation
from badbuzz.errors import Misconfigured, describe_validation_error
from producer.live.stream import ArrivedTweet, Disconnected, KeepAlive, RecentIds
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from websockets.sync.client import ClientConnection

    from badbuzz.contracts.tweet import Tweet
    from producer.live.stream import Emit, Event

SOURCE: Final = "bluesky"
COLLECTION: Final = "app.bsky.feed.post"
REWIND_US: Final = 5_000_000
"""Read again after a reconnect, because the cursors of Jetstream's servers differ slightly."""

SILENCE_S: Final = 30.0
"""The firehose has dozens of posts per second. A connection without any for this long is dead."""

_MAX_MESSAGE_BYTES: Final = 1 << 20
_YEAR_2100_US: Final = 4_102_444_800_000_000
_RECENT_IDS: Final = 100_000


class _Record(TypedDict):
    text: TweetText
    createdAt: NotRequired[object]
    langs: NotRequired[list[str]]


class _Commit(TypedDict):
    operation: str
    collection: str
    rkey: Annotated[str, Field(max_length=90)]
    record: NotRequired[Any]


class _JetstreamMessage(TypedDict):
    kind: str
    did: Annotated[str, Field(max_length=128)]
    time_us: Annotated[int, Field(ge=REWIND_US, lt=_YEAR_2100_US)]
    commit: NotRequired[_Commit]


_MESSAGE: Final = TypeAdapter(_JetstreamMessage)
_RECORD: Final = TypeAdapter(_Record)


class BlueskyStream:
    """New posts that have a text.

    :param url: the server's ``subscribe`` endpoint.
    :param langs: the two-letter languages to keep, as declared by the posts; empty for all posts, declared or not.
    :param cursor: where to resume, in microseconds since 1970; None to start now.
    """

    name = SOURCE

    def __init__(
        self, url: str, langs: Collection[str] = (), cursor: int | None = None, silence_s: float = SILENCE_S
    ) -> None:
        self._url = url
        self._langs = frozenset(langs)
        self._cursor = cursor
        self._silence_s = silence_s
        self._recent_ids = RecentIds(_RECENT_IDS)
        self._messages = 0
        self._connection: ClientConnection | None = None
        self._closed = False

    def listen(self, emit: Emit) -> None:
        """Connect and emit posts."""
        try:
            with connect(
                self._build_url(), max_size=2 * _MAX_MESSAGE_BYTES, close_timeout=1, compression=None
            ) as self._connection:
                while not self._closed:
                    emit(self._parse_message(self._connection.recv(timeout=self._silence_s)))
        except TimeoutError:
            raise Disconnected(SOURCE, f"{self._url} was silent for {self._silence_s:g} s") from None
        except InvalidStatus as error:
            raise _explain_status(self._url, error) from None
        except InvalidURI as error:
            raise Misconfigured(f"{error}; a Jetstream address looks like wss://host/subscribe") from None
        except (WebSocketException, OSError) as error:
            if not self._closed:
                raise Disconnected(SOURCE, f"{self._url}: {error}") from None

    def close(self) -> None:
        """Close the connection."""
        self._closed = True
        if self._connection is not None:
            self._connection.close()

    def _build_url(self) -> str:
        query: dict[str, str | int] = {
            "wantedCollections": COLLECTION,
            "maxMessageSizeBytes": _MAX_MESSAGE_BYTES,
        }
        if self._cursor is not None:
            query["cursor"] = self._cursor - REWIND_US
        return f"{self._url}?{urlencode(query)}"

    def _parse_message(self, raw: str | bytes) -> Event:
        self._messages += 1
        try:
            message = _MESSAGE.validate_json(raw)
            self._cursor = message["time_us"]
            commit = message.get("commit")
            if commit is None or (commit["operation"], commit["collection"]) != ("create", COLLECTION):
                return KeepAlive()
            record = _RECORD.validate_python(commit.get("record"))
        except ValidationError as error:
            row = raw if isinstance(raw, str) else raw.decode(errors="replace")
            return RejectedRow(
                self._messages, describe_validation_error(error, root="message", show_values=False), row
            )
        tweet = _to_tweet(message, commit, record)
        if not self._is_wanted(record) or not self._recent_ids.add(tweet["id"]):
            return KeepAlive()
        return ArrivedTweet(tweet, message["time_us"])

    def _is_wanted(self, record: _Record) -> bool:
        if not record["text"].strip():
            return False  # a picture without text
        return not self._langs or any(lang.split("-")[0] in self._langs for lang in record.get("langs", []))


def _to_tweet(message: _JetstreamMessage, commit: _Commit, record: _Record) -> Tweet:
    return {
        "id": f"at://{message['did']}/{COLLECTION}/{commit['rkey']}",
        "text": record["text"],
        "created_at": _parse_date(record.get("createdAt"), message["time_us"]),
        "author": message["did"],
        "lang": next(iter(record.get("langs", [])), None),
        "source": SOURCE,
    }


def _parse_date(claimed: object, time_us: int) -> datetime:
    """Return the date that the author's software declares, or else the date on which Jetstream saw the post."""
    try:
        date = datetime.fromisoformat(str(claimed))
        if date.tzinfo is not None:
            return date.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    return datetime.fromtimestamp(time_us / 1_000_000, tz=UTC)


def _explain_status(url: str, error: InvalidStatus) -> Disconnected | Misconfigured:
    status = error.response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait = error.response.headers.get("Retry-After", "")
        return Disconnected(SOURCE, f"{url} answers {status}", float(wait) if wait.isdecimal() else None)
    return Misconfigured(f"{url} answers {status}; check --url")
