"""Commits that name folders, on a real broker, and workers that share nothing but Kafka."""

from __future__ import annotations

import uuid
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import CoordinatorNotAvailableError
from kafka.structs import OffsetAndMetadata

from badbuzz.embedded.loopback_port import LoopbackPort
from badbuzz.errors import Retry
from badbuzz.settings import KafkaSettings
from tests.worker.source.group_member import GroupMember
from tests.worker.source.group_member import until as until_polled
from tests.worker.system import PARTITIONS, System, until
from tests.worker.valkey import open_valkey
from worker.source.commit_notes import CommitNotes, format_note
from worker.source.kafka import KafkaSource
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.servers.broker import Broker
    from tests.worker.system import WorkerProcess

pytestmark = [pytest.mark.slow, pytest.mark.apache_kafka]


def make_settings(kafka: Broker, topic: str) -> KafkaSettings:
    return KafkaSettings(
        bootstrap=kafka.bootstrap, topic=topic, group=f"group-{uuid.uuid4().hex}", session_timeout_ms=6_000
    )


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def commit_as_another_tool(settings: KafkaSettings, metadata: str) -> None:
    with KafkaAdminClient(bootstrap_servers=settings.bootstrap) as admin:
        offsets = {TopicPartition(settings.topic, 1): OffsetAndMetadata(0, metadata, -1)}

        def is_committed() -> bool:
            try:
                admin.alter_group_offsets(settings.group, offsets)
            except CoordinatorNotAvailableError:  # the broker makes its topic of offsets for the first group
                return False
            return True

        until(is_committed, "the group has a coordinator")


def test_commits_name_the_folder_of_their_worker(
    kafka: Broker, new_topic: Callable[..., str], stack: ExitStack
) -> None:
    settings = make_settings(kafka, new_topic(2))
    topic_id = describe_topic(settings, settings.topic).id
    one = stack.enter_context(closing(CommitNotes(settings, (0, 1), "one")))
    two = stack.enter_context(closing(CommitNotes(settings, (0, 1), "two")))
    assert one.find_difference() is None  # no commits yet
    with closing(KafkaSource(settings, "member", topic_id, format_note("one"))) as source:
        member = GroupMember(source)
        until_polled(lambda: member.owned == {0, 1}, member)
        assert source.commit({0: 0})
    assert one.find_difference() is None
    difference = two.find_difference()
    assert difference is not None
    for part in (
        f"group {settings.group!r} on topic {settings.topic!r}",
        "the commit of partition 0 names the folder one",
        "is the folder two",
        "BADBUZZ_KAFKA__GROUP",
    ):
        assert part in difference
    command = (
        f"kafka-consumer-groups.sh --bootstrap-server {kafka.bootstrap} --group {settings.group} --topic {settings.topic} "
        "--delete-offsets"
    )
    assert difference.endswith(command)


@pytest.mark.parametrize("metadata", ["", "another tool"])
def test_other_metadata_are_ignored(
    kafka: Broker, new_topic: Callable[..., str], stack: ExitStack, metadata: str
) -> None:
    settings = make_settings(kafka, new_topic(2))
    commit_as_another_tool(settings, metadata)
    notes = stack.enter_context(closing(CommitNotes(settings, (0, 1), "one")))
    assert notes.find_difference() is None
    commit_as_another_tool(settings, format_note("two"))
    assert notes.find_difference() is not None


def test_an_absent_broker_may_come_back() -> None:
    with pytest.raises(Retry, match="kafka"):
        CommitNotes(KafkaSettings(bootstrap="127.0.0.1:1"), (0,), "one").find_difference()


@pytest.fixture
def system(kafka: Broker, new_topic: Callable[..., str], redis_url: str, tmp_path: Path) -> Iterator[System]:
    system = System(kafka, new_topic(PARTITIONS), new_topic(1), redis_url, tmp_path)
    yield system
    system.close()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings with which a worker shares neither folder nor Redis with those of ``system``."""
    (tmp_path / "valkey").mkdir()
    with open_valkey(tmp_path / "valkey") as valkey:
        yield {"BADBUZZ_REDIS__URL": valkey.url, "BADBUZZ_SCORED__URL": "elsewhere"}


def has_committed(system: System) -> bool:
    group = system.settings["BADBUZZ_KAFKA__GROUP"]
    with KafkaAdminClient(bootstrap_servers=system.broker.bootstrap) as admin:
        return len(admin.list_group_offsets({group: None})[group]) == PARTITIONS


def count_members(settings: KafkaSettings) -> int:
    with KafkaAdminClient(bootstrap_servers=settings.bootstrap) as admin:
        return len(admin.describe_groups([settings.group])[settings.group]["members"])


def test_a_late_worker_that_shares_only_kafka_is_refused(system: System, elsewhere: dict[str, str]) -> None:
    first = system.start()
    until(lambda: has_committed(system), "the first has committed")
    second = system.run("work", "--health-port", "0", **elsewhere)
    assert second.returncode == 78, second.stderr
    assert "writes to another folder of scored rows" in second.stderr
    system.produce([b'{"id": "1", "text": "my bag"}'] * 30)
    until(lambda: system.counted().rows == 30, "the first has counted all")
    assert first.terminate() == 0
    assert first.output == ""
    system.verify()
    group = system.settings["BADBUZZ_KAFKA__GROUP"]
    with KafkaAdminClient(bootstrap_servers=system.broker.bootstrap) as admin:
        admin.delete_group_offsets(
            group, [TopicPartition(system.topic, number) for number in range(PARTITIONS)]
        )
    moved = system.run("work", "--until-drained", "--health-port", "0", **elsewhere)
    assert moved.returncode == 0, moved.stderr


def test_workers_that_begin_together_and_share_only_kafka_report_each_other(
    system: System, elsewhere: dict[str, str]
) -> None:
    """Both start before the group has commits, because a member that does not poll holds up the group until both wait to join."""
    with ExitStack() as stack:
        ports = [stack.enter_context(LoopbackPort()) for _ in range(2)]

        def reports(worker: WorkerProcess) -> bool:
            status, body = worker.ask("/readyz")
            return status == 200 and "writes to another folder of scored rows" in body

        settings = KafkaSettings(
            bootstrap=system.broker.bootstrap,
            topic=system.topic,
            group=system.settings["BADBUZZ_KAFKA__GROUP"],
        )
        source = KafkaSource(settings, "holder", describe_topic(settings, system.topic).id)
        leave = stack.enter_context(ExitStack())
        leave.callback(source.close)
        holder = GroupMember(source)
        until_polled(lambda: len(holder.owned) == PARTITIONS, holder)
        workers = [
            system.start(health_port=port.number, **different)
            for port, different in zip(ports, ({}, elsewhere), strict=True)
        ]
        until(lambda: count_members(settings) == 3, "both wait to join")
        leave.close()
        until(lambda: all(map(reports, workers)), "both report the other")
        assert 'badbuzz_group_differs{setting="folder"} 1.0' in workers[0].ask("/metrics")[1]
        assert workers[1].terminate() == 0
        until(lambda: not reports(workers[0]), "the first has all partitions and committed")
        assert workers[0].terminate() == 0
        lines = workers[0].output.splitlines()
    assert len(lines) == 2
    assert "writes to another folder" in lines[0]
    assert "all workers have the same folder again" in lines[1]
