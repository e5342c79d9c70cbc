from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import redis
from obstore.store import MemoryStore
from prometheus_client import CollectorRegistry

from badbuzz.contracts.counters import Buckets
from badbuzz.embedded.loopback_port import LoopbackPort
from badbuzz.errors import BadBuzzError, Misconfigured, Retry
from tests.worker.system import PARTITIONS, System, until
from tests.worker.valkey import open_valkey
from worker.counters.redis_sink import RedisCounters
from worker.monitoring.group_agreement import AgreementWatch, GroupAgreement
from worker.monitoring.health import Health
from worker.monitoring.metrics import WorkerMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from obstore.store import ObjectStore

    from benchmarks.servers.broker import Broker

TOPIC = "tweets"


class Member:
    """A worker's agreement, with brands that can be changed. ``commits``: the folder that each partition's commit names."""

    def __init__(
        self,
        url: str,
        internal: ObjectStore,
        folder: str = "one",
        brands: str = "x",
        commits: Mapping[int, str] | None = None,
    ) -> None:
        counters = RedisCounters(redis.Redis.from_url(url), TOPIC)
        counters.open("topic-id", Buckets(10, 7_200), 3)
        self.brands = brands
        self.health = Health()
        self.health.set_lags({})
        fixed = {"folder": folder, "isolation": "read_committed"}
        self.agreement = GroupAgreement(
            counters, self, internal, TOPIC, fixed, lambda: self.brands, self.health
        )
        self.folder = folder
        self.commits = commits or {}
        self.kafka_error: BadBuzzError | None = None

    def find_difference(self) -> str | None:
        if self.kafka_error:
            raise self.kafka_error
        others = set(self.commits.values()) - {self.folder}
        return f"a commit names {others}" if others else None

    @property
    def differs(self) -> set[str]:
        self.agreement.check()
        return set(self.health.get_disagreements())


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_workers_that_agree_are_ready(redis_url: str, store: MemoryStore) -> None:
    members = [Member(redis_url, store) for _ in range(3)]
    for member in members:
        member.agreement.join()
    assert [member.differs for member in members] == [set(), set(), set()]
    assert members[0].health.check_ready() == (True, "ready; partitions: none, others have them all\n")
    assert len(store.list().collect()) == 1


def test_another_folder_is_refused_at_the_start(redis_url: str, store: MemoryStore) -> None:
    Member(redis_url, store).agreement.join()
    other = Member(redis_url, MemoryStore(), folder="two")
    with pytest.raises(Misconfigured, match=r"folder differs .* theirs is one, this worker's is two"):
        other.agreement.join()
    assert other.agreement._internal.list().collect() == []


def test_one_of_two_folders_is_refused_after_redis_was_emptied(redis_url: str, store: MemoryStore) -> None:
    one, two = Member(redis_url, store), Member(redis_url, MemoryStore(), folder="two")
    one.agreement.join()
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    two.agreement.join()
    with pytest.raises(Misconfigured, match="theirs is two, this worker's is one"):
        one.agreement.check()


def test_the_advice_of_the_refusal_lets_a_group_change(redis_url: str, store: MemoryStore) -> None:
    Member(redis_url, store).agreement.join()
    with redis.Redis.from_url(redis_url) as client:
        assert client.delete(f"badbuzz:{{{TOPIC}}}:group") == 1
    Member(redis_url, store, folder="two").agreement.join()


def test_another_redis_makes_the_earlier_worker_unready(
    redis_url: str, store: MemoryStore, tmp_path: Path
) -> None:
    one = Member(redis_url, store)
    one.agreement.join()
    with open_valkey(tmp_path) as valkey:
        two = Member(valkey.url, store)
        two.agreement.join()
        assert (one.differs, two.differs) == ({"redis"}, set())
        is_ready, reason = one.health.check_ready()
        assert not is_ready
        assert "counts in another Redis" in reason
        three = Member(redis_url, store)
        three.agreement.join()
        assert (one.differs, two.differs, three.differs) == (set(), {"redis"}, set())


def test_an_emptied_redis_is_taken_as_a_new_one(redis_url: str, store: MemoryStore) -> None:
    one = Member(redis_url, store)
    one.agreement.join()
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    assert one.differs == set()
    again = Member(redis_url, store)
    again.agreement.join()
    assert (one.differs, again.differs) == (set(), set())


def test_differing_brands_are_reported_until_they_are_the_same(
    redis_url: str, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = Member(redis_url, store), Member(redis_url, store, brands="y")
    one.agreement.join()
    two.agreement.join()
    assert (one.differs, two.differs, one.differs) == ({"brands"}, set(), {"brands"})
    is_ready, reason = one.health.check_ready()
    assert is_ready
    assert "has other brands (fingerprint y, here x)" in reason
    one.brands = "y"
    assert (one.differs, two.differs) == (set(), set())
    assert [record.message.partition(" (")[0] for record in caplog.records] == [
        "the workers of this group had other brands",
        "another worker of this group has other brands",
        "all workers have the same brands again",
    ]


def test_a_commit_for_another_folder_is_refused_before_anything_is_written(
    redis_url: str, store: MemoryStore
) -> None:
    member = Member(redis_url, store, folder="two", commits={0: "two", 1: "one"})
    with redis.Redis.from_url(redis_url) as client:
        before = client.dbsize(), client.exists(f"badbuzz:{{{TOPIC}}}:group")
        with pytest.raises(Misconfigured, match=r"a commit names \{'one'\}"):
            member.agreement.join()
        assert (client.dbsize(), client.exists(f"badbuzz:{{{TOPIC}}}:group")) == before
    assert before[1] == 0
    assert store.list().collect() == []


@pytest.mark.parametrize("error", [Retry("kafka", "away"), Misconfigured("kafka refuses us")])
def test_a_later_commit_for_another_folder_is_reported_until_it_is_gone(
    redis_url: str, store: MemoryStore, error: BadBuzzError, caplog: pytest.LogCaptureFixture
) -> None:
    commits = {0: "one"}
    member = Member(redis_url, store, commits=commits)
    registry = CollectorRegistry()
    WorkerMetrics(member.health, registry)

    def metric() -> float | None:
        return registry.get_sample_value("badbuzz_group_differs", {"setting": "folder"})

    member.agreement.join()
    assert (member.differs, metric()) == (set(), 0)
    commits[1] = "two"
    assert (member.differs, member.differs, metric()) == ({"folder"}, {"folder"}, 1)
    is_ready, reason = member.health.check_ready()
    assert is_ready  # the other worker may be the one that is wrong
    assert "a commit names {'two'}" in reason
    member.kafka_error = error
    member.brands = "y"
    assert member.differs == {"folder"}
    member.kafka_error = None
    commits[1] = "one"
    assert (member.differs, metric()) == (set(), 0)
    assert [record.message for record in caplog.records] == [
        "a commit names {'two'}",
        "all workers have the same folder again",
    ]


def test_the_watch_reports_a_refusal_and_survives_an_outage() -> None:
    outcomes = [Retry("redis", "away"), Misconfigured("differs")]
    refused = threading.Event()
    problems: list[str] = []

    def check() -> None:
        raise outcomes.pop(0)

    def refuse(problem: str) -> None:
        problems.append(problem)
        refused.set()

    agreement: Any = SimpleNamespace(check=check)
    watch = AgreementWatch(agreement, refuse, 0.01)
    assert refused.wait(600)
    watch.close()
    assert problems == ["differs"]


def test_a_check_that_hangs_does_not_delay_the_end() -> None:
    entered, released, refused = threading.Event(), threading.Event(), threading.Event()

    def check() -> None:
        entered.set()
        assert released.wait(600)
        raise OSError("closed under it")

    agreement: Any = SimpleNamespace(check=check)
    watch = AgreementWatch(agreement, lambda _problem: refused.set(), 0.01)
    assert entered.wait(600)
    watch.close()
    released.set()
    watch._thread.join()
    assert not refused.is_set()


@pytest.fixture
def system(kafka: Broker, new_topic: Callable[..., str], redis_url: str, tmp_path: Path) -> Iterator[System]:
    system = System(kafka, new_topic(PARTITIONS), new_topic(1), redis_url, tmp_path)
    yield system
    system.close()


@pytest.mark.slow
@pytest.mark.apache_kafka
def test_two_workers_with_different_folders_on_a_fresh_topic_are_not_both_ready(system: System) -> None:
    with LoopbackPort() as port:
        first = system.start(health_port=port.number)
        until(lambda: first.ask("/readyz")[0] == 200, "the first is ready")
        second = system.run("work", "--health-port", "0", BADBUZZ_SCORED__URL="elsewhere")
        assert second.returncode == 78
        assert (
            "BADBUZZ_SCORED__URL" in second.stderr
        )  # differs by Redis or, once the first has committed, by Kafka
        system.produce([b'{"id": "1", "text": "my bag"}'] * 30)
        until(lambda: system.counted().rows == 30, "the first has counted all")
        assert first.terminate() == 0, first.output
    assert not list((system.folder / "elsewhere").rglob("*.parquet"))
    system.verify()
