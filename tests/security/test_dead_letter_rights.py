"""The rights of whoever runs ``badbuzz dlq``, as ``docs/security.md`` grants them: enough on a real broker, and all needed."""

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


def reject(secured: Secured) -> None:
    """Two letters."""
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


def dlq(secured: Secured, *arguments: str) -> CompletedProcess[str]:
    return secured.system.run("dlq", *arguments, **secured.as_user(USER))


def waiting(secured: Secured) -> list[int]:
    """Offsets of the records whose letters wait."""
    shown = dlq(secured, *SHOW)
    assert shown.returncode == 0, shown.stderr
    return [json.loads(line)["offset"] for line in shown.stdout.splitlines()]


@pytest.mark.slow
def test_the_documented_rights_are_enough_to_show_replay_and_discard(secured: Secured) -> None:
    secured.kafka.allow(secured.grants(USER))
    reject(secured)
    assert waiting(secured) == [3, 5]
    replayed = dlq(secured, *REPLAY, "--partition", "0", "--offset", "3")
    assert replayed.returncode == 0, replayed.stderr
    assert waiting(secured) == [5]
    discarded = dlq(secured, *DISCARD)
    assert discarded.returncode == 0, discarded.stderr
    assert waiting(secured) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "operation", "thing", "told"),
    [
        (SHOW, "Read", "letters", "refuses us: [Error 29] TopicAuthorizationFailedError: {{{name!r}}}"),
        (DISCARD, "Write", "letters", "not allowed to write to {name!r}"),
        (REPLAY, "Write", "topic", "not allowed to write to {name!r}"),
    ],
)
def test_each_right_is_needed_and_missed_by_name(
    secured: Secured, arguments: tuple[str, ...], operation: str, thing: str, told: str
) -> None:
    name = {"topic": secured.system.topic, "letters": secured.system.dead_letter_topic}[thing]
    others = [grant for grant in secured.grants(USER) if (grant.operation, grant.name) != (operation, name)]
    assert len(others) == len(secured.grants(USER)) - 1
    secured.kafka.allow(others)
    reject(secured)
    done = dlq(secured, *arguments)
    assert done.returncode == Misconfigured.exit_code, done.stdout + done.stderr
    assert told.format(name=name) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_without_rights_on_the_letters_they_are_hidden_and_not_taken_for_none(secured: Secured) -> None:
    reject(secured)
    done = dlq(secured, *SHOW)
    assert done.returncode == Misconfigured.exit_code, done.stdout + done.stderr
    assert HIDDEN.format(name=secured.system.dead_letter_topic) in done.stderr
