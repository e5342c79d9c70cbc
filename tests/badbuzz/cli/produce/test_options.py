from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from badbuzz.cli.produce.options import choose_rejects_path, override_kafka_settings
from badbuzz.errors import Misconfigured
from badbuzz.settings import KafkaSettings, Settings


def test_rejected_rows_go_to_the_given_file_or_into_the_working_folder() -> None:
    assert choose_rejects_path(Path("bad.jsonl"), "sample.csv") == Path("bad.jsonl")
    assert choose_rejects_path(None, "sample.csv") == Path("rejected-sample.csv.jsonl")


def test_in_a_read_only_folder_rejected_rows_go_into_the_temporary_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read_only(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", read_only)
    assert choose_rejects_path(None, "stdin") == Path(tempfile.gettempdir()) / "rejected-stdin.jsonl"


def test_the_command_line_overrides_the_settings() -> None:
    settings = Settings(_env_file=None, kafka=KafkaSettings(bootstrap="a:1", topic="tweets"))
    assert override_kafka_settings(settings, None, None) == settings.kafka
    kafka = override_kafka_settings(settings, "b:2", "other")
    assert (kafka.bootstrap, kafka.topic) == ("b:2", "other")
    with pytest.raises(Misconfigured, match=r"--topic: .* \(got {'topic': 'no blanks'}\)"):
        override_kafka_settings(settings, None, "no blanks")
