"""``badbuzz produce live``: standard input, missing packages and tokens."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from badbuzz.cli.produce.live import LiveSettings

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.servers.broker import Broker

from tests.badbuzz.cli.produce.commands import DEADLINE_S, read_values, run_produce, start_produce


def test_json_lines_from_standard_input(kafka: Broker, topic: str) -> None:
    lines = "".join(json.dumps({"id": str(number), "text": "late again"}) + "\n" for number in range(20))
    with start_produce("live", "stdin", "--bootstrap", kafka.bootstrap, "--topic", topic) as running:
        out, err = running.communicate(lines + "garbage\n", timeout=DEADLINE_S)
    assert (running.returncode, err) == (0, "")
    assert out.startswith(f"sent 20 tweets to {topic}; 1 row rejected (first: line 21: value: Invalid JSON")
    assert len(read_values(kafka.bootstrap, topic, 20)) == 20


def test_a_stop_while_standard_input_is_silent(kafka: Broker, topic: str) -> None:
    with start_produce("live", "stdin", "--bootstrap", kafka.bootstrap, "--topic", topic) as running:
        assert running.stdin is not None
        running.stdin.write('{"id": "1", "text": "and then nothing"}\n')
        running.stdin.flush()
        assert len(read_values(kafka.bootstrap, topic, 1)) == 1
        running.send_signal(signal.SIGTERM)
        assert running.wait(DEADLINE_S) == 0
        out, err = running.communicate()
    assert (out, err) == (f"sent 1 tweets to {topic}; no row rejected\n", "")


@pytest.mark.parametrize(("variable", "source"), [("tweepy", "x"), ("websockets", "bluesky")])
def test_a_missing_package_is_named(
    variable: str, source: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [
        name for name in sys.modules if name.split(".")[0] == variable or name.startswith("producer.live.")
    ]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, variable, None)
    monkeypatch.setenv("BADBUZZ_X_BEARER_TOKEN", "secret")
    code, _, err = run_produce(capsys, "live", source, *(["--track", "airparadis"] if source == "x" else []))
    assert code == 78
    assert "install badbuzz[live]" in err


def test_x_needs_a_token(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BADBUZZ_X_BEARER_TOKEN", raising=False)
    code, _, err = run_produce(capsys, "live", "x", "--track", "airparadis")
    assert code == 78
    assert "BADBUZZ_X_BEARER_TOKEN is not set" in err


@pytest.mark.parametrize("source", [["x", "--track", "airparadis"], ["bluesky"]], ids=["x", "bluesky"])
def test_an_env_file_that_is_not_text_is_reported(
    source: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"BADBUZZ_X_URL=\xff\n")
    code, _, err = run_produce(capsys, "live", *source)
    assert (code, ".env is not text in UTF-8" in err) == (78, True)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # without a .env
    for name in ("BADBUZZ_X_BEARER_TOKEN", "BADBUZZ_X_URL", "BADBUZZ_JETSTREAM_URL"):
        monkeypatch.delenv(name, raising=False)
    assert LiveSettings().x_bearer_token is None
    assert LiveSettings().x_url == "https://api.x.com"
    monkeypatch.setenv("BADBUZZ_X_BEARER_TOKEN", "secret")
    settings = LiveSettings()
    assert settings.x_bearer_token is not None
    assert settings.x_bearer_token.get_secret_value() == "secret"
    assert "secret" not in repr(settings)
