"""What X's answers mean. The answers in quotes are X's own, from its documentation and from reports of its users."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
import urllib3
from pydantic import SecretStr

from badbuzz.errors import GiveUp, Misconfigured
from producer.live.stream import Disconnected
from producer.live.x.answers import explain_request_error, explain_status
from producer.live.x.x_stream import XStream
from tests.producer.live.x.x_server import Answer, XServer

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECTION_LIMIT = {
    "title": "ConnectionException",
    "detail": "This stream is currently at the maximum allowed connection limit.",
    "connection_issue": "TooManyConnections",
    "type": "https://api.twitter.com/2/problems/streaming-connection",
}
USAGE_CAP = {
    "title": "UsageCapExceeded",
    "detail": "Usage cap exceeded: Monthly product cap",
    "period": "Monthly",
    "scope": "Product",
}
NOW = 1_780_000_000
DATE = "Thu, 28 May 2026 20:26:40 GMT"


def listen_to(answer: Answer, *, at_rules: bool) -> Disconnected | GiveUp:
    """Return the error of a stream whose server gives this answer."""
    with XServer([answer]) as server:
        server.rule_answers = [answer] if at_rules else []
        with pytest.raises((Disconnected, GiveUp)) as caught:
            XStream(SecretStr("secret"), ["airparadis"], server.url, timeout_s=10).listen(lambda _event: None)
    error = caught.value
    assert isinstance(error, Disconnected | GiveUp)
    return error


def explain_429(headers: Mapping[str, str], problem: str = "Too Many Requests") -> Disconnected:
    found = explain_status(429, headers, problem)
    assert isinstance(found, Disconnected)
    return found


def test_a_rate_limit_with_requests_left_has_no_long_wait() -> None:
    error = explain_429({"x-rate-limit-remaining": "48", "x-rate-limit-reset": str(int(time.time()) + 881)})
    assert error.wait_s is None
    assert "with 48 requests left" in str(error)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(NOW + 300), "Date": DATE}, 300),
        ({"x-rate-limit-reset": str(NOW - 5), "Date": DATE}, 1),
        ({"x-rate-limit-reset": "0"}, 1),
        ({"x-rate-limit-reset": "soon", "x-rate-limit-remaining": "-1"}, None),
        ({"Retry-After": "120", "x-rate-limit-reset": str(NOW + 300)}, 120),
        ({"Retry-After": "120", "x-rate-limit-remaining": "3"}, 120),
        ({}, None),
    ],
)
def test_the_wait_for_a_rate_limit(headers: dict[str, str], expected: float | None) -> None:
    assert explain_429(headers).wait_s == expected


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 May 2026 20:26:40 GMT"])
def test_without_a_valid_date_the_wait_is_by_our_clock(date: str) -> None:
    wait = explain_429({"x-rate-limit-reset": str(int(time.time()) + 60), "Date": date}).wait_s
    assert wait is not None
    assert 30 < wait <= 60


@pytest.mark.parametrize("at_rules", [True, False])
def test_the_connection_limit_is_named_and_does_not_wait_for_the_rate_limit(*, at_rules: bool) -> None:
    headers = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(int(time.time()) + 881)}
    error = listen_to(Answer(429, headers, json.dumps(CONNECTION_LIMIT).encode()), at_rules=at_rules)
    assert isinstance(error, Disconnected)
    assert error.wait_s is None
    assert "maximum allowed connection limit" in str(error)
    assert "stop the other program" in str(error)


@pytest.mark.parametrize("at_rules", [True, False])
def test_a_used_up_quota_is_final(*, at_rules: bool) -> None:
    error = listen_to(Answer(429, {}, json.dumps(USAGE_CAP).encode()), at_rules=at_rules)
    assert isinstance(error, Misconfigured)
    assert "Monthly product cap" in str(error)


@pytest.mark.parametrize("at_rules", [True, False])
@pytest.mark.parametrize(
    ("status", "body", "advice"),
    [
        (401, {"title": "Unauthorized", "detail": "Unauthorized", "status": 401}, "BADBUZZ_X_BEARER_TOKEN"),
        (403, {"title": "Client Forbidden", "detail": "enroll in a project"}, "enroll in a project"),
        (404, {}, "check BADBUZZ_X_URL"),
        (
            400,
            {
                "title": "Invalid Request",
                "errors": [{"title": "InvalidRule", "details": ["no such operator"]}],
            },
            "no such operator); check the --track terms",
        ),
        (402, {"errors": [{"message": "pay first"}]}, "pay first"),
        (409, [], "Conflict"),
    ],
)
def test_a_refusal_is_final_and_repeats_what_the_body_says(
    status: int, body: Any, advice: str, *, at_rules: bool
) -> None:
    error = listen_to(Answer(status, {}, json.dumps(body).encode()), at_rules=at_rules)
    assert isinstance(error, Misconfigured)
    assert advice in str(error)


@pytest.mark.parametrize("at_rules", [True, False])
@pytest.mark.parametrize("status", [300, 304, 408, 420, 425, 500, 503, 599])
def test_a_passing_refusal_is_a_disconnection(status: int, *, at_rules: bool) -> None:
    answer = Answer(status, {}, b"")
    if status < 400:
        assert isinstance(listen_to(answer, at_rules=at_rules), Misconfigured)
        return
    assert isinstance(listen_to(answer, at_rules=at_rules), Disconnected)


@pytest.mark.parametrize("at_rules", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        Answer(429, {"x-rate-limit-reset": "soon"}, b"<html>busy"),
        Answer(503, {}, b"[1, 2"),
        Answer(503, {}, b'["a list"]'),
        Answer(503, {}, b'{"errors": 7, "title": {}}'),
        Answer(503, {}, b'{"errors": ["text", {"details": 5}]}'),
        Answer(503, {}, b"[" * 100_000),
        Answer(503, {"Content-Encoding": "gzip"}, b"not gzip"),
        Answer(503, {}, b"\xff\xfe" * 50_000),
        Answer(503, {}, json.dumps({"detail": "\x1b[31mred\n" + "x" * 5_000}).encode()),
    ],
)
def test_an_undocumented_body_is_a_short_message(answer: Answer, *, at_rules: bool) -> None:
    error = listen_to(answer, at_rules=at_rules)
    assert isinstance(error, Disconnected)
    assert len(str(error)) < 500
    assert str(error).isprintable()


def test_an_empty_success_is_no_stream() -> None:
    error = listen_to(Answer(204), at_rules=False)
    assert str(error) == "x: X answers 204 instead of a stream"


@pytest.mark.parametrize("url", ["api.x.com", "ftp://api.x.com", "http://", "http://[::1", "http://a b"])
def test_an_unusable_address_is_named(url: str) -> None:
    with pytest.raises(Misconfigured, match="BADBUZZ_X_URL is not an address of a web server"):
        XStream(SecretStr("secret"), ["airparadis"], url, timeout_s=10).listen(lambda _event: None)


@pytest.mark.parametrize("token", ["", " ", "two words", "line\n", "tökén", "tab\t", "nul\x00"])
def test_an_unusable_token_is_reported_and_not_shown(token: str) -> None:
    with pytest.raises(Misconfigured, match="BADBUZZ_X_BEARER_TOKEN is not a token") as caught:
        XStream(SecretStr(token), ["airparadis"], "http://127.0.0.1:1")
    assert token.strip() == "" or token not in str(caught.value)


@pytest.mark.parametrize(
    "error", [requests.ConnectionError("no route"), urllib3.exceptions.ProtocolError("no route")]
)
def test_a_network_error_is_a_disconnection(error: requests.RequestException) -> None:
    found = explain_request_error(error)
    assert isinstance(found, Disconnected)
    assert "X is unavailable: no route" in str(found)
