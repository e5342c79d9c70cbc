"""Reads posts from Bluesky's public firehose, Jetstream: one JSON message per WebSocket frame.

Every message has ``time_us``, which is also the cursor from which a later connection resumes.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from websockets.exceptions import InvalidStatus, InvalidURI, WebSocketException
from websockets.sync.client import connect

from badbuzz.contracts.tweet import DELETE
from badbuzz.errors import Misconfigured
from producer.live.bluesky_message import COLLECTION, SOURCE, parse_message
from producer.live.resume_point import ResumePoint
from producer.live.stream import ArrivedTweet, Disconnected, EarlierRun, KeepAlive, RecentIds
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from websockets.sync.client import ClientConnection

    from badbuzz.contracts.tweet import Tweet
    from producer.live.stream import Emit

SILENCE_S: Final = 30.0
"""After this long without a message, the server is asked for a pong. The firehose has dozens of posts per second."""

SILENCES_PER_HOST: Final = 4
"""After so many silences in a row, another host is tried: a host may answer pings and have lost its own source."""

_MAX_MESSAGE_BYTES: Final = 1 << 20
_RECENT_IDS: Final = 100_000


class BlueskyStream:
    """New posts that have a text.

    :param urls: the servers' ``subscribe`` endpoints. The next one is used when a connection fails.
    :param langs: the two-letter languages to keep, as declared by the posts; empty for all posts, declared or not.
    :param earlier_run: where to resume; by default, start now.
    :param deletes: emit a tweet of kind ``delete`` for each deleted post and account.
    """

    name = SOURCE

    def __init__(
        self,
        urls: Sequence[str],
        langs: Collection[str] = (),
        earlier_run: EarlierRun = EarlierRun(),  # noqa: B008 - it is frozen
        *,
        deletes: bool = False,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._urls = list(dict.fromkeys(urls))
        for url in self._urls:
            _check_url(url)
        self._langs = frozenset(langs)
        self._deletes = deletes
        self._silence_s = silence_s
        self._resume_point = ResumePoint(SOURCE, earlier_run.position)
        self._recent_ids = RecentIds(_RECENT_IDS, earlier_run.ids)
        self._messages = 0
        self._connection: ClientConnection | None = None
        self._closed = False

    def listen(self, emit: Emit) -> None:
        """Connect to a server and emit posts. After a failure, the next call connects to the next server."""
        url = self._urls[0]
        try:
            with connect(
                self._build_address(url), max_size=2 * _MAX_MESSAGE_BYTES, close_timeout=1, compression=None
            ) as self._connection:
                self._receive(self._connection, url, emit)
        except Disconnected:
            self._use_next_url()
            raise
        except InvalidStatus as error:
            raise self._explain_status(url, error) from None
        except InvalidURI as error:
            raise Misconfigured(f"{error}; a Jetstream address looks like wss://host/subscribe") from None
        except (WebSocketException, OSError) as error:
            if not self._closed:
                self._use_next_url()
                raise Disconnected(SOURCE, f"{url}: {str(error) or type(error).__name__}") from None

    def close(self) -> None:
        """Close the connection."""
        self._closed = True
        if self._connection is not None:
            self._connection.close()

    def _build_address(self, url: str) -> str:
        query: dict[str, str | int] = {
            "wantedCollections": COLLECTION,
            "maxMessageSizeBytes": _MAX_MESSAGE_BYTES,
        }
        cursor = self._resume_point.connect(url)
        if cursor is not None:
            query["cursor"] = cursor
        return f"{url}?{urlencode(query)}"

    def _receive(self, connection: ClientConnection, url: str, emit: Emit) -> None:
        silences = 0
        while not self._closed:
            try:
                raw = connection.recv(timeout=self._silence_s)
            except TimeoutError:
                silences += 1
                self._check_alive(connection, url, silences)
                emit(KeepAlive())
            else:
                silences = 0
                self._emit_message(raw, url, emit)

    def _check_alive(self, connection: ClientConnection, url: str, silences: int) -> None:
        """Accept a pong as a sign of life: a server may have no posts to send."""
        if not connection.ping().wait(self._silence_s) and not self._closed:
            raise Disconnected(SOURCE, f"{url} was silent for {2 * self._silence_s:g} s and answers no ping")
        if silences >= SILENCES_PER_HOST and len(self._urls) > 1:
            raise Disconnected(
                SOURCE, f"{url} answers pings and sent nothing for {silences * self._silence_s:g} s"
            )

    def _emit_message(self, raw: str | bytes, url: str, emit: Emit) -> None:
        self._messages += 1
        message = parse_message(self._messages, raw)
        if message.time_us is None:
            if message.found is not None and isinstance(message.found, RejectedRow):
                emit(message.found)
            return
        gap = self._resume_point.add(url, message.time_us)
        if gap is not None:
            emit(gap)
        position = self._resume_point.at(message.time_us)
        if isinstance(message.found, RejectedRow):
            emit(message.found)
            return
        tweet = message.found
        if (
            tweet is None
            or not self._is_wanted(tweet, message.langs)
            or not self._recent_ids.add(tweet["id"])
        ):
            emit(KeepAlive(position))
        else:
            emit(ArrivedTweet(tweet, position))

    def _is_wanted(self, tweet: Tweet, langs: Collection[str]) -> bool:
        if tweet.get("kind") == DELETE:
            return self._deletes
        if not tweet["text"].strip():
            return False  # a picture without text
        return not self._langs or any(lang.split("-")[0] in self._langs for lang in langs)

    def _use_next_url(self) -> None:
        self._urls.append(self._urls.pop(0))

    def _explain_status(self, url: str, error: InvalidStatus) -> Disconnected | Misconfigured:
        status = error.response.status_code
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._use_next_url()
            wait = error.response.headers.get("Retry-After", "")
            # Another server need not be waited for.
            seconds = float(wait) if wait.isdecimal() and len(self._urls) == 1 else None
            return Disconnected(SOURCE, f"{url} answers {status}", seconds)
        if len(self._urls) == 1:
            return Misconfigured(f"{url} answers {status}; check --url")
        self._urls.remove(url)
        return Disconnected(SOURCE, f"{url} answers {status}; it is left out from now on")


def _check_url(url: str) -> None:
    """Check the address of a server.

    :raises Misconfigured: if it is not the address of a WebSocket.
    """
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in {"ws", "wss"} and bool(parts.hostname) and not parts.query
    except ValueError:
        is_valid = False
    if not is_valid:
        raise Misconfigured(f"{url!r} is not a Jetstream address, which looks like wss://host/subscribe")
