"""The rights in ``docs/security.md`` for ``badbuzz dlq`` are enough on a real broker, and each is needed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import BadRecord, Misconfigured
from badbuzz.settings import KafkaSettings
from worker.dead_letters.kafka_sink import KafkaDeadLetters
from worker.dead_letters.port import DeadLetter
from worker.source.memory import MemoryRecord

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from tests.security.conftest import Secured

USER = "badbuzz-dlq"
SHOW = ("show", "--json")
REPLAY = ("replay", "--yes")
DISCARD = ("discard", "--yes")
HIDDEN = "hides topic {name!r} from user 'badbuzz-dlq': grant the operation Read on it"


def send_letters(secured: Secured) -> None:
    """Send two dead letters."""
    prefix = "BADBUZZ_KAFKA__"
    login = {
        name.removeprefix(prefix).lower(): value for name, value in secured.kafka.environment("admin").items()
    }
    names = {"topic": secured.system.topic, "dead_letter_topic": secured.system.dead_letter_topic}
    sink = KafkaDeadLetters(KafkaSettings.model_validate(login | names), "badbuzz-test")
    sink.send(
        [
            DeadLetter(MemoryRecord(0, offset, 0, None, b"not JSON"), BadRecord("decode", "not JSON"))
            for offset in (3, 5)
        ]
    )
    sink.close()


def run_dlq(secured: Secured, *arguments: str) -> CompletedProcess[str]:
    return secured.system.run("dlq", *arguments, **secured.as_user(USER))


def list_waiting(secured: Secured) -> list[int]:
    """Return the offsets of the records with waiting letters."""
    shown = run_dlq(secured, *SHOW)
    assert shown.returncode == 0, shown.stderr
    return [json.loads(line)["offset"] for line in shown.stdout.splitlines()]


@pytest.mark.slow
def test_the_documented_rights_are_enough_to_show_replay_and_discard(secured: Secured) -> None:
    secured.kafka.allow(secured.grants(USER))
    send_letters(secured)
    assert list_waiting(secured) == [3, 5]
    replayed = run_dlq(secured, *REPLAY, "--partition", "0", "--offset", "3")
    assert replayed.returncode == 0, replayed.stderr
    assert list_waiting(secured) == [5]
    discarded = run_dlq(secured, *DISCARD)
    assert discarded.returncode == 0, discarded.stderr
    assert list_waiting(secured) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "operation", "thing", "expected"),
    [
        (SHOW, "Read", "letters", "refuses us: [Error 29] TopicAuthorizationFailedError: {{{name!r}}}"),
        (DISCARD, "Write", "letters", "not allowed to write to {name!r}"),
        (REPLAY, "Write", "topic", "not allowed to write to {name!r}"),
    ],
)
def test_a_missing_right_is_named(
    secured: Secured, arguments: tuple[str, ...], operation: str, thing: str, expected: str
) -> None:
    name = {"topic": secured.system.topic, "letters": secured.system.dead_letter_topic}[thing]
    others = [grant for grant in secured.grants(USER) if (grant.operation, grant.name) != (operation, name)]
    assert len(others) == len(secured.grants(USER)) - 1
    secured.kafka.allow(others)
    send_letters(secured)
    done = run_dlq(secured, *arguments)
    assert done.returncode == Misconfigured.exit_code, done.stdout + done.stderr
    assert expected.format(name=name) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_hidden_dead_letters_are_an_error(secured: Secured) -> None:
    send_letters(secured)
    done = run_dlq(secured, *SHOW)
    assert done.returncode == Misconfigured.exit_code, done.stdout + done.stderr
    assert HIDDEN.format(name=secured.system.dead_letter_topic) in done.stderr
