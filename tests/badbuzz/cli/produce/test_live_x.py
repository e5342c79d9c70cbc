"""``badbuzz produce live x`` against a server that misbehaves: messages, exit codes, no tracebacks."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.badbuzz.cli.produce.commands import DEADLINE_S, read_values, start_produce
from tests.producer.live.server_actions import CutConnection, SendNothing
from tests.producer.live.x.x_server import KEEP_ALIVE, Answer, Step, XServer, post

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from benchmarks.servers.broker import Broker

    Start = Callable[[XServer], AbstractContextManager[subprocess.Popen[str]]]


@pytest.fixture
def start(kafka: Broker, topic: str, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts the command for a server."""
    monkeypatch.setenv("BADBUZZ_X_BEARER_TOKEN", "s3cret-token")

    def start_x(server: XServer) -> AbstractContextManager[subprocess.Popen[str]]:
        monkeypatch.setenv("BADBUZZ_X_URL", server.url)
        return start_produce(
            "live", "x", "--track", "airparadis", "--bootstrap", kafka.bootstrap, "--topic", topic
        )

    return start_x


@pytest.mark.parametrize("at_rules", [True, False], ids=["rules", "stream"])
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            Answer(401, {}, b'{"title": "Unauthorized"}'),
            "X refuses the token (401 Unauthorized); check BADBUZZ_X",
        ),
        (Answer(403, {}, b'{"detail": "enroll"}'), "X refuses the token (403 enroll); check BADBUZZ_X"),
        (Answer(400, {}, b"<html>"), "X refuses the request (400 Bad Request); check the --track terms"),
        (Answer(404), "X does not know the address (404 Not Found); check BADBUZZ_X_URL"),
        (
            Answer(429, {}, b'{"title": "UsageCapExceeded"}'),
            "X's quota of posts is used up (UsageCapExceeded)",
        ),
    ],
    ids=["token", "access", "term", "address", "quota"],
)
def test_a_refusal_is_one_line_and_exit_code_78(
    start: Start, answer: Answer, message: str, *, at_rules: bool
) -> None:
    with XServer([answer]) as server:
        server.rule_answers = [answer] if at_rules else []
        with start(server) as running:
            out, err = running.communicate(timeout=DEADLINE_S)
    assert (running.returncode, out) == (78, "")
    assert err.startswith(f"badbuzz: {message}")
    assert err.count("\n") == 1
    assert "s3cret-token" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "trouble",
    [
        [Answer(503)],
        [Answer(429, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(int(time.time()) + 5_000)})],
        [post(1)],
        [post(1), CutConnection()],
        [post(1), SendNothing()],
    ],
    ids=["away", "rate limit", "closed", "cut", "silent"],
)
def test_a_stop_after_trouble_is_exit_code_0_without_a_traceback(
    start: Start, kafka: Broker, topic: str, trouble: list[Step], number: signal.Signals
) -> None:
    has_post = not isinstance(trouble[0], Answer)
    with XServer(trouble, *[[Answer(503)]] * 50) as server, start(server) as running:
        if has_post:
            assert len(read_values(kafka.bootstrap, topic, 1)) == 1
        else:
            assert running.stderr is not None
            first = running.stderr.readline()
            assert "connecting again in" in first, first
        running.send_signal(number)
        out, err = running.communicate(timeout=DEADLINE_S)
    assert running.returncode == 0, err
    assert out.startswith(f"sent {int(has_post)} tweets to {topic}")
    assert "Traceback" not in err
    assert "shutdown" not in err


def test_a_wait_for_a_connection_limit_is_short_and_says_why(start: Start) -> None:
    body = json.dumps({"title": "ConnectionException", "detail": "maximum allowed connection limit"}).encode()
    reset = {"x-rate-limit-remaining": "48", "x-rate-limit-reset": str(int(time.time()) + 881)}
    with (
        XServer([Answer(429, reset, body)], [Answer(429, reset)], [post(1)]) as server,
        start(server) as running,
    ):
        assert running.stderr is not None
        lines = [running.stderr.readline(), running.stderr.readline()]
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=DEADLINE_S)
    assert "X refuses another connection (ConnectionException: maximum allowed connection limit)" in lines[0]
    assert "with 48 requests left" in lines[1]
    for line in lines:
        assert float(line.rpartition(" in ")[2].removesuffix(" s\n")) < 5


def test_posts_arrive_through_noise(start: Start, kafka: Broker, topic: str) -> None:
    noise: list[Step] = [
        KEEP_ALIVE,
        b"<html>\r\n",
        post(1)[:40],
        b"\r\n",
        post(1).strip() + post(2),
        KEEP_ALIVE,
    ]
    with XServer([*noise, SendNothing()]) as server, start(server) as running:
        values = [json.loads(value) for value in read_values(kafka.bootstrap, topic, 2)]
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=DEADLINE_S)
    assert sorted(value["id"] for value in values) == ["1", "2"]
    assert (running.returncode, err) == (0, "")
    assert out.startswith(f"sent 2 tweets to {topic}; 2 rows rejected (first: line 1:")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("BADBUZZ_X_BEARER_TOKEN", "two words"), ("BADBUZZ_X_BEARER_TOKEN", ""), ("BADBUZZ_X_URL", "api.x.com")],
)
def test_an_unusable_setting_is_named(
    start: Start, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    with XServer() as server:
        running_command = start(server)
        monkeypatch.setenv(variable, value)
        with running_command as running:
            out, err = running.communicate(timeout=DEADLINE_S)
    assert (running.returncode, out) == (78, "")
    assert err.startswith(f"badbuzz: {variable}")
    assert err.count("\n") == 1
