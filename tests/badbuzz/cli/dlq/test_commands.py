"""``badbuzz dlq`` as an operator runs it, on the tests' broker."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from badbuzz.cli.dlq import command
from badbuzz.errors import BadBuzzError, BadRecord, DependencyDown
from badbuzz.settings import KafkaSettings
from worker.dead_letters import replay
from worker.dead_letters.kafka_sink import KafkaDeadLetters
from worker.dead_letters.port import DeadLetter
from worker.source.log_reader import LogReader
from worker.source.memory import MemoryRecord
from worker.verify.topic_reader import TopicReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from click.testing import Result

    from benchmarks.servers.broker import Broker

LETTERS = {
    3: ("decode", "id: Field required (got {'text': 'a'})", b'{"text": "a"}'),
    5: ("decode", "id: Field required (got {'text': 'b'})", b'{"text": "b"}'),
    8: ("score", "ValueError: \x1b[31mred", b"\xff\x00"),
}


@pytest.fixture
def settings(
    kafka: Broker,
    new_topic: Callable[..., str],
    clean_environment: None,  # noqa: ARG001 - asked for by name only
    monkeypatch: pytest.MonkeyPatch,
) -> KafkaSettings:
    found = KafkaSettings(bootstrap=kafka.bootstrap, topic=new_topic(1), dead_letter_topic=new_topic(1))
    for name in ("bootstrap", "topic", "dead_letter_topic"):
        monkeypatch.setenv(f"BADBUZZ_KAFKA__{name.upper()}", getattr(found, name))
    return found


@pytest.fixture
def rejected(settings: KafkaSettings) -> KafkaSettings:
    """Three letters: two with the same reason, and one of the stage ``score``."""
    reject(settings)
    return settings


def reject(settings: KafkaSettings) -> None:
    sink = KafkaDeadLetters(settings, "badbuzz-test")
    sink.send(
        [
            DeadLetter(MemoryRecord(0, offset, 0, b"key", value), BadRecord(stage, message))
            for offset, (stage, message, value) in LETTERS.items()
        ]
    )
    sink.close()


def dlq(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(command, arguments, input=answer, standalone_mode=False)


def done(*arguments: str, answer: str | None = None) -> str:
    result = dlq(*arguments, answer=answer)
    assert result.exception is None, result.exception
    return result.output


def shown(*options: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done("show", "--json", *options).splitlines()]


def offsets(*options: str) -> list[int]:
    return [letter["offset"] for letter in shown(*options)]


def records(settings: KafkaSettings) -> list[tuple[bytes | None, bytes | None]]:
    with LogReader(settings, "badbuzz-test") as log:
        starts = log.fetch_start_offsets(log.list_partitions(settings.topic))
        return [(record.key, record.value) for record in log.read_to_end(starts)]


@pytest.mark.usefixtures("rejected")
def test_show_prints_reasons_first_and_no_control_characters() -> None:
    lines = [line.rstrip() for line in done("show").splitlines()]
    (alike,) = [line for line in lines if line.endswith("decode: id: Field required")]
    assert alike.split()[0] == "2"
    assert any("ValueError: ?[31mred" in line for line in lines)
    assert lines[-1].startswith("3 letters on ")


@pytest.mark.usefixtures("rejected")
def test_json_has_all_fields() -> None:
    first, _, last = shown()
    assert (first["partition"], first["offset"], first["stage"]) == (0, 3, "decode")
    assert (first["key"], first["value"], first["handled"], first["replay_of"]) == (
        "key",
        '{"text": "a"}',
        None,
        None,
    )
    assert (last["value_base64"], "value" in last) == ("/wA=", False)


@pytest.mark.usefixtures("rejected")
def test_letters_are_chosen_by_stage_reason_time_and_offset() -> None:
    assert offsets("--stage", "score") == [8]
    assert offsets("--match", "Field.*'b'") == [5]
    assert offsets("--partition", "0", "--offset", "4-8") == [5, 8]
    assert offsets("--partition", "0", "--offset", "5-") == [5, 8]
    assert offsets("--partition", "0", "--offset", "3") == [3]
    assert offsets("--since", "1h") == [3, 5, 8]
    assert offsets("--until", "1h") == []
    assert offsets("--since", "2020-01-01", "--until", "2020-01-02T03:00+01:00") == []
    assert offsets("--limit", "1") == [8]
    assert offsets("--topic", "another") == []


def test_replayed_records_are_unchanged_and_their_letters_hidden(rejected: KafkaSettings) -> None:
    assert "replayed 2 of 2 letters" in done("replay", "--stage", "decode", "--yes")
    assert records(rejected) == [(b"key", LETTERS[3][2]), (b"key", LETTERS[5][2])]
    assert offsets() == [8]
    assert [letter["handled"] for letter in shown("--handled")] == ["replayed", "replayed", None]
    assert "2 more were replayed or discarded" in done("show")


def test_a_replay_that_fails_again_names_its_letter(rejected: KafkaSettings) -> None:
    done("replay", "--partition", "0", "--offset", "8", "--yes")
    sink = KafkaDeadLetters(rejected, "badbuzz-test")
    sink.send([DeadLetter(MemoryRecord(0, 0, 0, b"key", LETTERS[8][2]), BadRecord("score", "again"))])
    sink.close()
    (again,) = shown("--match", "^again$")
    assert again["replay_of"] == {"topic": rejected.topic, "partition": 0, "offset": 8}
    assert f"replay of {rejected.topic}-0@8" in " ".join(done("show", "--match", "^again$").split())


def test_verify_finds_the_same_letters_after_handling(rejected: KafkaSettings) -> None:
    done("replay", "--stage", "decode", "--yes")
    done("discard", "--yes")
    with TopicReader(rejected) as reader:
        assert reader.read_dead_letters().named == {0: set(LETTERS)}


def test_a_discarded_letter_can_be_replayed(rejected: KafkaSettings) -> None:
    assert "discarded 3 of 3 letters" in done("discard", "--yes")
    assert offsets() == []
    assert done("replay", "--yes") == "no dead letter to replay\n"
    done("replay", "--handled", "--yes")
    assert len(records(rejected)) == 3


@pytest.mark.parametrize(
    ("verb", "options", "answer"), [("replay", ["--dry-run"], None), ("discard", [], "n\n")]
)
def test_nothing_is_done_without_confirmation(
    rejected: KafkaSettings, verb: str, options: list[str], answer: str | None
) -> None:
    assert f"{verb} these 3 letters" in done(verb, *options, answer=answer)
    assert offsets() == [3, 5, 8]
    assert records(rejected) == []


@pytest.mark.usefixtures("rejected")
def test_a_confirmed_discard_is_carried_out() -> None:
    assert "discarded 3 of 3 letters" in done("discard", answer="y\n")
    assert offsets() == []


@pytest.mark.usefixtures("rejected")
def test_ctrl_c_stops_between_two_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(letters: Sequence[object], *_: object) -> Iterator[int]:
        for _letter in letters:
            signal.raise_signal(signal.SIGINT)
            yield 1

    monkeypatch.setattr(replay, "replay_dead_letters", interrupted)
    assert "replayed 1 of 3 letters" in done("replay", "--yes")


@pytest.mark.usefixtures("settings")
def test_no_letters() -> None:
    assert done("show").startswith("0 letters on ")
    assert done("discard", "--yes") == "no dead letter to discard\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--offset", "7"], "--offset needs --partition"),
        (["--partition", "0", "--offset", "7-x"], "write one offset as 7"),
        (["--match", "("], "is not a regular expression"),
        (["--since", "yesterday"], "is not a time; write"),
        (["--topic", "../x"], "a topic's name has"),
    ],
)
@pytest.mark.usefixtures("clean_environment")
def test_invalid_options(options: list[str], words: str) -> None:
    assert words in str(getattr(dlq("show", *options).exception, "message", ""))


@pytest.mark.usefixtures("clean_environment")
def test_an_absent_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BADBUZZ_KAFKA__BOOTSTRAP", "127.0.0.1:1")
    error = dlq("show").exception
    assert isinstance(error, BadBuzzError)
    assert isinstance(error, DependencyDown)
    assert "127.0.0.1:1" in str(error)
