from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from badbuzz.cli.demo.processes import DemoProcesses
from badbuzz.errors import DependencyDown

if TYPE_CHECKING:
    from badbuzz.cli.demo.folder import DemoFolder
    from badbuzz.system.child_process import ServerProcess


def wait_until_ended(producer: ServerProcess) -> None:
    with pytest.raises(DependencyDown) as failed:  # noqa: PT012 - it fails when it has ended
        while producer.is_running():
            time.sleep(0.05)
    raise failed.value


def test_a_producer_that_fails_is_reported_with_its_output(folder: DemoFolder) -> None:
    producer = DemoProcesses(folder).start_producer(["replay", str(folder.path / "missing.csv")])
    with pytest.raises(DependencyDown, match=r"(?s)the producer ended with status 64:.*missing\.csv"):
        wait_until_ended(producer)


def test_a_producer_can_be_stopped(folder: DemoFolder) -> None:
    producer = DemoProcesses(folder).start_producer(["live", "stdin"])
    assert producer.is_running()
    producer.stop(timeout_s=10)
    with pytest.raises(DependencyDown, match="is not running"):
        _ = producer.pid


@pytest.mark.slow
@mock.patch.dict(os.environ)  # the demo replaces variables of its process
def test_the_users_settings_do_not_reach_the_processes(
    folder: DemoFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("BADBUZZ_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BADBUZZ_THREADS", "3")
    monkeypatch.setenv("BADBUZZ_KAFKA__BOOTSTRAP", "elsewhere:9092")
    (folder.path.parent / ".env").write_text("BADBUZZ_KAFKA__TOPIC=other\n")
    with DemoProcesses(folder) as processes:
        assert "BADBUZZ_THREADS" not in os.environ
        assert os.environ["BADBUZZ_KAFKA__BOOTSTRAP"] == processes.settings.kafka.bootstrap
        assert processes.settings.kafka.topic == "tweets"
        assert processes.environment["BADBUZZ_REDIS__URL"] in folder.environment_file.read_text()
        processes.start_workers()
        processes.check_workers()
        os.kill(processes._workers[0].pid, signal.SIGKILL)
        processes._workers[0]._process.wait()  # type: ignore[union-attr]
        with pytest.raises(DependencyDown, match=f"worker 1 is not running; see {folder.logs}"):
            processes.check_workers()
