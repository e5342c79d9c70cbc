from __future__ import annotations

import signal
import tempfile
from pathlib import Path

import pytest

from badbuzz.cli.produce.running import rejects_path, stop_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_insists(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_on_signals() as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_rejected_rows_go_where_they_were_told_to_or_into_the_working_folder() -> None:
    assert rejects_path(Path("bad.jsonl"), "sample.csv") == Path("bad.jsonl")
    assert rejects_path(None, "sample.csv") == Path("rejected-sample.csv.jsonl")


def test_in_a_read_only_folder_rejected_rows_go_where_anybody_may_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read_only(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", read_only)
    assert rejects_path(None, "stdin") == Path(tempfile.gettempdir()) / "rejected-stdin.jsonl"
