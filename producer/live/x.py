"""Reads posts that match search terms from X's filtered stream (API v2), through tweepy.

tweepy implements the protocol. Reconnecting does not use tweepy, because its waits cannot be interrupted and ignore X's
rate-limit headers.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import tweepy
from requests.adapters import HTTPAdapter

from producer.live.stream import ArrivedTweet, Disconnected, KeepAlive, RecentIds
from producer.live.x_message import SOURCE, TWEET_FIELDS, parse_message
from producer.live.x_rules import explain_rate_limit, explain_refusal, sync_rules
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import requests
    from pydantic import SecretStr

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
        self._token = token
        self._terms = terms
        self._url = url
        self._backfill = backfill_minutes
        self._timeout_s = timeout_s
        self._connected_before = False
        self._recent_ids = RecentIds(_RECENT_IDS)
        self._messages = 0
        self._connection: _Connection | None = None
        self._closed = False

    def listen(self, emit: Emit) -> None:
        """Set the rules, connect and emit posts."""
        self._connection = _Connection(
            self._token.get_secret_value(), lambda line: emit(self._parse_line(line))
        )
        self._connection.session.mount(_TWEEPY_HOST, _RedirectAdapter(self._url, self._timeout_s))
        sync_rules(self._connection, self._terms)
        backfill = self._backfill if self._connected_before else None
        self._connected_before = True
        self._connection.filter(
            tweet_fields=TWEET_FIELDS,
            expansions="author_id",
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

    def _parse_line(self, line: bytes) -> Event:
        if not line:
            return KeepAlive()
        self._messages += 1
        found = parse_message(self._messages, line)
        if isinstance(found, RejectedRow):
            return found
        if found is None or not self._recent_ids.add(found["id"]):
            return KeepAlive()
        return ArrivedTweet(found)


class _Connection(tweepy.StreamingClient):  # type: ignore[misc] # tweepy is published without types
    """One connection, without reconnects. ``outcome`` is the error that ended it."""

    def __init__(self, token: str, on_line: Callable[[bytes], None]) -> None:
        super().__init__(token, return_type=dict, max_retries=0)
        self.outcome: BaseException | None = None
        self._on_line = on_line
        self._response: requests.Response | None = None
        self.session.hooks["response"].append(self._store_response)

    def on_data(self, raw_data: bytes) -> None:
        self._on_line(raw_data)

    def on_keep_alive(self) -> None:
        self._on_line(b"")

    def on_request_error(self, status_code: int) -> None:
        headers = {} if self._response is None else self._response.headers
        if status_code == HTTPStatus.TOO_MANY_REQUESTS:
            self._end(explain_rate_limit(headers))
        elif status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._end(Disconnected(SOURCE, f"X answers {status_code}"))
        else:
            self._end(explain_refusal(status_code, "" if self._response is None else self._response.reason))

    def on_connection_error(self) -> None:
        self._end(Disconnected(SOURCE, "the connection to X was lost or silent for too long"))

    def on_closed(self, response: requests.Response) -> None:
        del response
        self._end(Disconnected(SOURCE, "X closed the stream"))

    def on_exception(self, exception: BaseException) -> None:
        self._end(exception)

    def shut_down(self) -> None:
        """Close the connection from another thread, even while it waits for data."""
        self.disconnect()
        if self._response is not None and self._response.raw is not None:
            self._response.raw.shutdown()

    def _store_response(self, response: requests.Response, **_: object) -> None:
        self._response = response

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
