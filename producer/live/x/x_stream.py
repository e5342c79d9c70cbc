"""Reads posts that match search terms from X's filtered stream (API v2), through tweepy.

tweepy implements the protocol. Reconnecting does not use tweepy, because its waits cannot be interrupted and ignore X's
rate-limit headers.
"""

from __future__ import annotations

import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import requests
import tweepy
import urllib3
from requests.adapters import HTTPAdapter

from badbuzz.errors import Misconfigured
from producer.live.stream import ArrivedTweet, Disconnected, GapFound, KeepAlive, RecentIds
from producer.live.x.answers import SOURCE, explain_request_error, explain_response
from producer.live.x.message import EXPANSIONS, MEDIA_FIELDS, TWEET_FIELDS, parse_line
from producer.live.x.rules import sync_rules
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pydantic import SecretStr

    from badbuzz.contracts.tweet import Tweet
    from producer.live.stream import Emit, Event

TIMEOUT_S: Final = 21.0
"""X sends a keep-alive every 20 seconds."""

_TWEEPY_HOST: Final = "https://api.twitter.com"
_RECENT_IDS: Final = 100_000


class XStream:
    """Posts that match at least one term.

    :param terms: in X's rule language. They replace the rules of an earlier run.
    :param url: the address of the API.
    :param backfill_minutes: how many minutes to request again after a disconnection (1 to 5; some access levels only).
    """

    name = SOURCE

    def __init__(
        self,
        token: SecretStr,
        terms: Collection[str],
        url: str,
        backfill_minutes: int | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._token = _check_token(token)
        self._terms = terms
        self._url = _check_url(url)
        self._backfill = backfill_minutes
        self._timeout_s = timeout_s
        self._connected_before = False
        self._is_first_line = False
        self._last_line_at: float | None = None
        self._recent_ids = RecentIds(_RECENT_IDS)
        self._lines = 0
        self._connection: _Connection | None = None
        self._closed = False

    def listen(self, emit: Emit) -> None:
        """Set the rules, connect and emit posts."""
        self._connection = _Connection(
            self._token.get_secret_value(), lambda line: self._emit_line(line, emit)
        )
        for prefix in ("https://", "http://"):
            self._connection.session.mount(prefix, _RedirectAdapter(self._url, self._timeout_s))
        sync_rules(self._connection, self._terms)
        if self._closed:
            return
        backfill = self._backfill if self._connected_before else None
        self._connected_before = self._is_first_line = True
        self._connection.filter(
            tweet_fields=TWEET_FIELDS,
            expansions=EXPANSIONS,
            media_fields=MEDIA_FIELDS,
            user_fields="username",
            backfill_minutes=backfill,
        )
        if not self._closed:
            raise self._connection.outcome or Disconnected(SOURCE, "X closed the stream")

    def close(self) -> None:
        """Close the connection."""
        self._closed = True
        if self._connection is not None:
            self._connection.shut_down()

    def _emit_line(self, line: bytes, emit: Emit) -> None:
        if (gap := self._find_gap(time.monotonic())) is not None:
            emit(gap)
        if not line.strip():
            emit(KeepAlive())
            return
        self._lines += 1
        for found in parse_line(self._lines, line):
            emit(self._to_event(found))

    def _find_gap(self, now: float) -> GapFound | None:
        """Return what X did not send while there was no connection, less what it sends again."""
        last, self._last_line_at = self._last_line_at, now
        is_first, self._is_first_line = self._is_first_line, False
        if last is None or not is_first:
            return None
        missing_s = now - last - 60 * (self._backfill or 0)
        if missing_s <= 0:
            return None
        return GapFound(SOURCE, f"posts of {missing_s:,.1f} s without a connection are missing")

    def _to_event(self, found: Tweet | RejectedRow | None) -> Event:
        if isinstance(found, RejectedRow):
            return found
        if found is None or not self._recent_ids.add(found["id"]):
            return KeepAlive()
        return ArrivedTweet(found)


def _check_token(token: SecretStr) -> SecretStr:
    """Return the token.

    :raises Misconfigured: if it is empty, or contains characters that no header can contain.
    """
    value = token.get_secret_value()
    if not value or not value.isascii() or any(character <= " " for character in value):
        raise Misconfigured(
            "BADBUZZ_X_BEARER_TOKEN is not a token: it is empty, or contains blanks, line ends or other characters "
            "that a token cannot contain"
        )
    return token


def _check_url(url: str) -> str:
    """Return the URL.

    :raises Misconfigured: if it is not an address of a web server.
    """
    try:
        requests.Request("GET", url).prepare()
        is_valid = url.startswith(("http://", "https://"))
    except (requests.RequestException, ValueError):
        is_valid = False
    if not is_valid:
        raise Misconfigured(f"BADBUZZ_X_URL is not an address of a web server (got {url!r})")
    return url


class _Connection(tweepy.StreamingClient):  # type: ignore[misc] # tweepy is published without types
    """One connection, without reconnects. ``outcome`` is the error that ended it.

    Every answer is checked before tweepy sees it: tweepy fails on bodies and headers of errors that X does not document.
    """

    def __init__(self, token: str, on_line: Callable[[bytes], None]) -> None:
        super().__init__(token, return_type=dict, max_retries=0)
        self.outcome: BaseException | None = None
        self._on_line = on_line
        self._response: requests.Response | None = None
        self.session.hooks["response"].append(self._check_response)

    def on_data(self, raw_data: bytes) -> None:
        self._on_line(raw_data)

    def on_keep_alive(self) -> None:
        self._on_line(b"")

    def on_request_error(self, status_code: int) -> None:
        self._end(Disconnected(SOURCE, f"X answers {status_code} instead of a stream"))

    def on_connection_error(self) -> None:
        self._end(Disconnected(SOURCE, "the connection to X was lost or silent for too long"))

    def on_closed(self, response: requests.Response) -> None:
        del response
        self._end(Disconnected(SOURCE, "X closed the stream"))

    def on_exception(self, exception: BaseException) -> None:
        if isinstance(exception, requests.RequestException | urllib3.exceptions.HTTPError):
            exception = explain_request_error(exception)
        self._end(exception)

    def shut_down(self) -> None:
        """Close the connection from another thread, even while it waits for data."""
        self.disconnect()
        if self._response is not None:
            with suppress(ValueError, RuntimeError, OSError):  # it has ended by itself
                self._response.raw.shutdown()

    def _check_response(self, response: requests.Response, **_: object) -> None:
        self._response = response
        if not response.ok or (
            not response.is_redirect and response.status_code >= HTTPStatus.MULTIPLE_CHOICES
        ):
            with response:
                raise explain_response(response)

    def _end(self, outcome: BaseException) -> None:
        self.outcome = outcome
        self.disconnect()


class _RedirectAdapter(HTTPAdapter):
    """Redirects tweepy's requests, whose host is fixed, to the configured address, and sets a timeout."""

    def __init__(self, url: str, timeout_s: float) -> None:
        super().__init__()
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:  # noqa: ANN401 - arguments of requests
        if request.url is not None:
            request.url = request.url.replace(_TWEEPY_HOST, self._url, 1)
        options["timeout"] = self._timeout_s
        return super().send(request, *args, **options)
