"""X's filtered stream (API v2), through tweepy: posts that match the terms we track.

tweepy knows the protocol; waiting and connecting again is ours: its own waits cannot be interrupted and do not heed
X's rate-limit headers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import tweepy
from requests.adapters import HTTPAdapter

from producer.live.recent_ids import RecentIds
from producer.live.stream import ArrivedTweet, Disconnected, KeepAlive
from producer.live.x_message import SOURCE, TWEET_FIELDS, parse_message
from producer.live.x_rules import rate_limit_error, refused, sync_rules
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import requests
    from pydantic import SecretStr

    Emit = Callable[[ArrivedTweet | RejectedRow | KeepAlive], None]

TIMEOUT_S: Final = 21.0
"""X sends a sign of life every 20 seconds."""

_TWEEPYS_HOST: Final = "https://api.twitter.com"
_REMEMBERED: Final = 100_000
_OK: Final = 200
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500


class XStream:
    """Posts that match at least one term.

    :param terms: each in X's rule language; they replace the rules that an earlier run made.
    :param url: of the API.
    :param backfill_minutes: how much to ask for again after a drop (1 to 5; X grants it to some access levels only).
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
        self._recent = RecentIds(_REMEMBERED)
        self._messages = 0
        self._connection: _Connection | None = None
        self._closed = False

    def listen(self, emit: Emit) -> None:
        """Set the rules, connect and pass on posts."""
        self._connection = _Connection(self._token.get_secret_value(), lambda line: emit(self._event(line)))
        self._connection.session.mount(_TWEEPYS_HOST, _Redirect(self._url, self._timeout_s))
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
            self._connection.hang_up()

    def _event(self, line: bytes) -> ArrivedTweet | RejectedRow | KeepAlive:
        if not line:
            return KeepAlive()
        self._messages += 1
        found = parse_message(self._messages, line)
        if isinstance(found, RejectedRow):
            return found
        if found is None or not self._recent.is_new(found["id"]):
            return KeepAlive()
        return ArrivedTweet(found)


class _Connection(tweepy.StreamingClient):  # type: ignore[misc] # tweepy is published without types
    """One connection, never a second one. What ended it stands in ``outcome``."""

    def __init__(self, token: str, on_line: Callable[[bytes], None]) -> None:
        super().__init__(token, return_type=dict, max_retries=0)
        self.outcome: BaseException | None = None
        self._on_line = on_line
        self._response: requests.Response | None = None
        self.session.hooks["response"].append(self._keep)

    def on_data(self, raw_data: bytes) -> None:
        self._on_line(raw_data)

    def on_keep_alive(self) -> None:
        self._on_line(b"")

    def on_request_error(self, status_code: int) -> None:
        headers = {} if self._response is None else self._response.headers
        if status_code == _TOO_MANY:
            self._end(rate_limit_error(headers))
        elif status_code >= _SERVER_ERROR:
            self._end(Disconnected(SOURCE, f"X answers {status_code}"))
        else:
            self._end(refused(status_code, "" if self._response is None else self._response.reason))

    def on_connection_error(self) -> None:
        self._end(Disconnected(SOURCE, "the connection to X broke, or nothing came for too long"))

    def on_closed(self, response: requests.Response) -> None:
        del response
        self._end(Disconnected(SOURCE, "X closed the stream"))

    def on_exception(self, exception: BaseException) -> None:
        self._end(exception)

    def hang_up(self) -> None:
        """End it from another thread, also while it waits for data."""
        self.disconnect()
        if self._response is not None and self._response.raw is not None:
            self._response.raw.shutdown()

    def _keep(self, response: requests.Response, **_: object) -> None:
        self._response = response

    def _end(self, outcome: BaseException) -> None:
        self.outcome = outcome
        self.disconnect()


class _Redirect(HTTPAdapter):
    """Sends tweepy's requests, whose host is fixed, to the configured address; none of them waits for ever."""

    def __init__(self, url: str, timeout_s: float) -> None:
        super().__init__()
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:  # noqa: ANN401 - passed on
        if request.url is not None:
            request.url = request.url.replace(_TWEEPYS_HOST, self._url, 1)
        options["timeout"] = self._timeout_s
        return super().send(request, *args, **options)
