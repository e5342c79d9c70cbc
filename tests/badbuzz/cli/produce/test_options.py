from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from badbuzz.cli.produce.options import KafkaOptions
from badbuzz.errors import Misconfigured
from badbuzz.settings import KafkaSettings, Settings


def options(
    bootstrap: str | None = None, topic: str | None = None, rejects: Path | None = None
) -> KafkaOptions:
    return KafkaOptions(bootstrap, topic, create_topic=True, rejects=rejects)


def test_rejected_rows_go_to_the_given_file_or_into_the_working_folder() -> None:
    assert options(rejects=Path("bad.jsonl")).choose_rejects_path("sample.csv") == Path("bad.jsonl")
    assert options().choose_rejects_path("sample.csv") == Path("rejected-sample.csv.jsonl")


def test_in_a_read_only_folder_rejected_rows_go_into_the_temporary_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read_only(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", read_only)
    assert options().choose_rejects_path("stdin") == Path(tempfile.gettempdir()) / "rejected-stdin.jsonl"


def test_the_command_line_overrides_the_settings() -> None:
    settings = Settings(_env_file=None, kafka=KafkaSettings(bootstrap="a:1", topic="tweets"))
    assert options().override(settings) == settings.kafka
    kafka = options("b:2", "other").override(settings)
    assert (kafka.bootstrap, kafka.topic) == ("b:2", "other")
    with pytest.raises(Misconfigured, match=r"--topic: .* \(got {'topic': 'no blanks'}\)"):
        options(topic="no blanks").override(settings)
