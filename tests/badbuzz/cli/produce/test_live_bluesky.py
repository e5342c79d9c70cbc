"""``badbuzz produce live bluesky`` against servers that misbehave: restarts, gaps, metrics, messages and exit codes."""

from __future__ import annotations

import json
import signal
import socket
import time
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from tests.badbuzz.cli.produce.commands import DEADLINE_S, read_values, start_produce
from tests.producer.live.jetstream_server import JetstreamServer, Refuse, Step, post
from tests.producer.live.server_actions import SendNothing

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from benchmarks.servers.broker import Broker

    Start = Callable[..., AbstractContextManager[subprocess.Popen[str]]]


@pytest.fixture
def start(kafka: Broker, topic: str) -> Start:
    """Starts the command for servers."""

    def start_bluesky(*options: object) -> AbstractContextManager[subprocess.Popen[str]]:
        return start_produce("live", "bluesky", *options, "--bootstrap", kafka.bootstrap, "--topic", topic)

    return start_bluesky


def stop(running: subprocess.Popen[str]) -> tuple[str, str]:
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=DEADLINE_S)
    assert running.returncode == 0, err
    return out, err


def read_ids(kafka: Broker, topic: str, count: int) -> list[str]:
    return sorted(json.loads(value)["id"][-2:] for value in read_values(kafka.bootstrap, topic, count))


def test_runs_with_a_state_repeat_no_post_and_report_a_gap(
    start: Start, kafka: Broker, topic: str, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    scripts: list[list[Step]] = [
        [post(1), post(2), SendNothing()],
        [post(1), post(2), post(3), SendNothing()],
        [post(90), SendNothing()],
    ]
    with JetstreamServer(*scripts) as server:
        for posts in (2, 3, 4):
            with start("--url", server.url, "--state", state) as running:
                read_values(kafka.bootstrap, topic, posts)
                out, err = stop(running)
            assert "Traceback" not in err
    assert out.startswith(f"sent 1 tweets to {topic}; no row rejected; 1 gaps reported")
    assert "continues 89 s after the cursor; it may not have the posts in between" in err
    assert read_ids(kafka, topic, 4) == ["90", "r1", "r2", "r3"]


def test_the_metrics_tell_when_the_last_post_arrived(start: Start, kafka: Broker, topic: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    before = time.time()
    with (
        JetstreamServer([post(1), SendNothing()]) as server,
        start("--url", server.url, "--metrics-port", port) as running,
    ):
        read_values(kafka.bootstrap, topic, 1)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=DEADLINE_S) as answer:
            lines = answer.read().decode().splitlines()
        stop(running)
    metrics = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(metrics['badbuzz_live_tweets_total{source="bluesky"}']) == 1
    last_post = float(metrics['badbuzz_live_last_post_timestamp_seconds{source="bluesky"}'])
    assert before <= last_post <= time.time()


def test_a_quiet_source_is_reported_once(start: Start) -> None:
    with (
        JetstreamServer([post(1), SendNothing()]) as server,
        start("--url", server.url, "--quiet-after", 1) as running,
    ):
        assert running.stderr is not None
        line = running.stderr.readline()
        _, rest = stop(running)
    assert "bluesky: no post for 1 s" in line
    assert rest == ""


def test_a_taken_metrics_port_is_named(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with start("--url", "ws://127.0.0.1:1/subscribe", "--metrics-port", port) as running:
            out, err = running.communicate(timeout=DEADLINE_S)
    assert (running.returncode, out) == (78, "")
    assert err == f"badbuzz: --metrics-port {port} cannot be opened on 127.0.0.1: Address already in use\n"


def test_an_address_that_is_refused_or_invalid_is_exit_code_78(start: Start) -> None:
    with JetstreamServer(Refuse(HTTPStatus.NOT_FOUND)) as server:
        for url, message in [
            (server.url, "answers 404; check --url"),
            ("http://a/", "is not a Jetstream address"),
        ]:
            with start("--url", url) as running:
                out, err = running.communicate(timeout=DEADLINE_S)
            assert (running.returncode, out) == (78, "")
            assert message in err
            assert err.count("\n") == 1


def test_a_stop_while_no_host_answers_is_exit_code_0(start: Start) -> None:
    with JetstreamServer() as server:
        url = server.url
    with start("--url", url, "--url", "ws://127.0.0.1:1/subscribe") as running:
        assert running.stderr is not None
        assert "connecting again in" in running.stderr.readline()
        assert "127.0.0.1:1/subscribe" in running.stderr.readline()
        _, err = stop(running)
    assert "Traceback" not in err
