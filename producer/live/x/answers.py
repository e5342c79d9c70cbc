"""Explains X's refusals: what the status, the headers and the body of an answer mean for the next attempt."""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import requests
import urllib3

from badbuzz.errors import Misconfigured
from producer.live.stream import Disconnected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.errors import GiveUp

SOURCE: Final = "x"

_ENHANCE_YOUR_CALM: Final = 420
_PASSING: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, _ENHANCE_YOUR_CALM}
_MAX_BODY_BYTES: Final = 16_384
_MAX_PROBLEM_CHARACTERS: Final = 300


def explain_response(response: requests.Response) -> Disconnected | GiveUp:
    """Return the error for an answer that is not a success, whose body has not been read."""
    return explain_status(response.status_code, response.headers, _read_problem(response))


def explain_status(status: int, headers: Mapping[str, str], problem: str) -> Disconnected | GiveUp:
    """Return the error for the status of an answer.

    :param problem: what the body says, or the reason phrase of the status.
    """
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _explain_too_many_requests(headers, problem)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING:
        return Disconnected(SOURCE, f"X answers {status} ({problem})", _read_retry_after(headers))
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Misconfigured(
            f"X refuses the token ({status} {problem}); check BADBUZZ_X_BEARER_TOKEN and its access level"
        )
    if status == HTTPStatus.NOT_FOUND:
        return Misconfigured(f"X does not know the address ({status} {problem}); check BADBUZZ_X_URL")
    return Misconfigured(f"X refuses the request ({status} {problem}); check the --track terms")


def explain_request_error(
    error: requests.RequestException | urllib3.exceptions.HTTPError,
) -> Disconnected | GiveUp:
    """Return the error for a request without an answer."""
    if isinstance(error, requests.exceptions.JSONDecodeError):
        return Disconnected(SOURCE, "X's answer about rules is not JSON; check BADBUZZ_X_URL")
    return Disconnected(SOURCE, f"X is unavailable: {error}")


def _read_problem(response: requests.Response) -> str:
    """Return what the body says (``detail`` or ``title`` of X's problem, or its errors), or else the status' reason."""
    try:
        body = response.raw.read(_MAX_BODY_BYTES, decode_content=True)
    except (urllib3.exceptions.HTTPError, OSError):
        body = b""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    problem = _find_problem(content) or str(response.reason or "no reason")
    shown = "".join(character for character in problem if character.isprintable())
    return shown[:_MAX_PROBLEM_CHARACTERS]


def _find_problem(content: Any) -> str:  # noqa: ANN401 - any JSON
    if not isinstance(content, dict):
        return ""
    parts = [content.get("title"), content.get("detail")]
    errors = content.get("errors")
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            parts.append(error.get("detail") or error.get("message") or error.get("title"))
            details = error.get("details")
            parts.extend(details if isinstance(details, list) else [])
    texts = [part for part in parts if isinstance(part, str) and part]
    return ": ".join(dict.fromkeys(texts))


def _explain_too_many_requests(headers: Mapping[str, str], problem: str) -> Disconnected | GiveUp:
    """Tell apart the four things that X answers with 429."""
    lowered = problem.lower()
    if "usage cap" in lowered or "usagecap" in lowered:
        return Misconfigured(
            f"X's quota of posts is used up ({problem}); wait for its next period or raise it"
        )
    if "connection limit" in lowered or "connectionexception" in lowered or "toomanyconnections" in lowered:
        return Disconnected(
            SOURCE,
            f"X refuses another connection ({problem}); stop the other program that uses this token's stream",
        )
    remaining = headers.get("x-rate-limit-remaining", "")
    if remaining.isdecimal() and int(remaining) > 0:
        return Disconnected(
            SOURCE,
            f"X answers 429 ({problem}), with {remaining} requests left",
            _read_retry_after(headers),
        )
    return Disconnected(SOURCE, f"X's rate limit is reached ({problem})", _read_reset_wait(headers))


def _read_retry_after(headers: Mapping[str, str]) -> float | None:
    seconds = headers.get("Retry-After", "")
    return float(seconds) if seconds.isdecimal() else None


def _read_reset_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until the rate limit resets, by X's clock if it says the time."""
    if (seconds := _read_retry_after(headers)) is not None:
        return seconds
    reset = headers.get("x-rate-limit-reset", "")
    if not reset.isdecimal():
        return None
    try:
        now = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, OverflowError, OSError):
        now = time.time()
    return max(1.0, float(reset) - now)
