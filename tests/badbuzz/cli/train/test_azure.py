from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from badbuzz.cli.app import main
from tests.training import corpus
from tests.training.azure import server as language
from tests.training.azure.server import KEY, LanguageServer
from training.azure.measurement import FILE, Measurement, read_measurements

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).parents[4]
CREDENTIALS = ("BADBUZZ_AZURE__ENDPOINT", "BADBUZZ_AZURE__KEY")


class Terminal(io.StringIO):
    """A terminal with typed input."""

    def isatty(self) -> bool:
        return True


class AzureCommand:
    """The command in a folder with labelled tweets."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.out = folder / "out"
        data = corpus.write_folder(folder, test=40)
        self.arguments = ["train", "azure", "--data", str(data), "--rows", "30", "--out", str(self.out)]
        self._capsys = capsys

    def run(self, *options: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([*self.arguments, *options])
        assert isinstance(left.value.code, int)
        return left.value.code, *self._capsys.readouterr()


@pytest.fixture
def server() -> Iterator[LanguageServer]:
    with LanguageServer() as running:
        yield running


@pytest.fixture
def command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> AzureCommand:
    for name in CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return AzureCommand(tmp_path, capsys)


@pytest.fixture
def credentials(command: AzureCommand, server: LanguageServer, monkeypatch: pytest.MonkeyPatch) -> None:
    del command  # clears the environment first
    pytest.importorskip("azure.ai.textanalytics")
    server.moods = dict.fromkeys(corpus.GLAD, 0.9) | dict.fromkeys(corpus.SAD, 0.05)
    for name, value in zip(CREDENTIALS, (server.address, KEY), strict=True):
        monkeypatch.setenv(name, value)


def test_without_credentials_all_forms_are_not_run(command: AzureCommand) -> None:
    code, printed, _ = command.run("--yes")
    assert code == 0
    assert printed.count("not run") == 6
    assert "not set: BADBUZZ_AZURE__ENDPOINT, BADBUZZ_AZURE__KEY" in printed
    assert "0." not in printed
    assert not command.out.exists()


@pytest.mark.usefixtures("credentials")
def test_the_three_forms_are_measured(command: AzureCommand, server: LanguageServer) -> None:
    code, printed, _ = command.run("--yes")
    assert code == 0
    assert "90 texts will be sent to Azure. They cost about 0.08 €" in printed
    assert "30 of 30" in printed
    rows = read_measurements(command.out)
    assert [row.form for row in rows] == ["raw", "standard", "advanced"]
    results = [row.result for row in rows]
    assert all(isinstance(result, Measurement) and result.metrics.accuracy == 1 for result in results)
    assert len(server.texts) == len(set(server.texts)) == 90


@pytest.mark.usefixtures("credentials")
def test_nothing_is_paid_for_twice(command: AzureCommand, server: LanguageServer) -> None:
    server.tricks = [language.changed(lambda _results: None)] * 3 + [language.problem(403)]
    code, _, message = command.run("--yes")
    assert code == 78
    assert "refuses (403)" in message
    code, printed, _ = command.run("--yes")
    assert code == 0
    assert "60 texts will be sent" in printed
    server.tricks = [language.problem(500)]
    code, printed, _ = command.run()
    assert code == 0
    assert "no text to send" in printed
    assert len(server.requests) == 3 + 1 + 6


@pytest.mark.usefixtures("credentials")
def test_after_a_kill_only_the_texts_in_flight_are_sent_again(
    command: AzureCommand, server: LanguageServer
) -> None:
    server.tricks = [*[language.changed(lambda _results: None)] * 3, server.late()]
    call = [sys.executable, "-m", "badbuzz", *command.arguments, "--yes"]
    with subprocess.Popen(call, env={**os.environ, "PYTHONPATH": str(_ROOT)}) as run:  # noqa: S603 - ourselves
        assert server.waiting.wait(600)
        run.kill()
    before = [
        document["text"] for request in server.requests for document in request["analysisInput"]["documents"]
    ]
    assert len(before) == len(set(before)) == 40
    code, printed, _ = command.run("--yes")
    assert code == 0
    assert "60 texts will be sent" in printed
    assert set(server.texts).isdisjoint(before[:30])
    assert len(server.texts) == 60


@pytest.mark.usefixtures("credentials")
def test_without_a_terminal_nothing_is_sent(command: AzureCommand, server: LanguageServer) -> None:
    code, _, message = command.run()
    assert code == 64
    assert "pass --yes" in message
    assert server.keys == []


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(("typed", "sent"), [("n\n", 0), ("y\n", 90)])
def test_the_price_must_be_confirmed(
    command: AzureCommand, server: LanguageServer, monkeypatch: pytest.MonkeyPatch, typed: str, sent: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    code, printed, _ = command.run()
    assert code == 0
    assert ("nothing was sent" in printed) == (not sent)
    assert len(server.texts) == sent
    assert (command.out / FILE).exists() == bool(sent)


@pytest.mark.usefixtures("credentials")
def test_if_the_service_is_down_the_message_says_what_to_do(
    command: AzureCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.azure.client._RETRIES", 1)
    monkeypatch.setenv("BADBUZZ_AZURE__ENDPOINT", "http://127.0.0.1:1")
    code, _, message = command.run("--yes")
    assert code == 69
    assert "run the same command again" in message
    assert not (command.out / FILE).exists()


@pytest.mark.usefixtures("credentials")
def test_without_the_extra_the_message_says_what_to_install(
    command: AzureCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "training.azure.client", None)
    code, _, message = command.run("--yes")
    assert code == 78
    assert "extra `azure`" in message


def test_an_env_file_that_is_not_text_is_reported(command: AzureCommand) -> None:
    Path(".env").write_bytes(b"BADBUZZ_AZURE__KEY=\xff\n")
    code, _, err = command.run()
    assert (code, ".env is not text in UTF-8" in err) == (78, True)
