"""``badbuzz work`` end to end: real processes on real servers are drained, stopped and killed."""

from __future__ import annotations

import json
import socket
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaConsumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from badbuzz.embedded.loopback_port import LoopbackPort
from tests.servers.s3 import open_s3
from tests.worker.system import PARTITIONS, System, WorkerProcess, until
from tests.worker.valkey import open_valkey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.servers.broker import Broker

BAD = [
    b"not JSON",
    b"[]",
    b'{"text": "no id"}',
    b'{"id": "no text"}',
    b'{"id": 5.5, "text": "a number"}',
    b'{"id": "6", "text": "' + b"long" * 250_000 + b'"}',
    b'{"id": "7", "text": "\xff\xfe"}',
    b'{"id": "8", "text": "x", "created_at": "0000-01-01T00:00:00Z"}',
    b'{"id": "9", "text": "x", "label": true}',
]


def tweet(number: int) -> bytes:
    brand = " with albatros air" if number % 4 == 0 else ""
    return json.dumps({"id": str(number), "text": f"my bag is late again{brand} {number}"}).encode()


def tweets(first: int, end: int) -> list[bytes]:
    return [tweet(number) for number in range(first, end)]


@pytest.fixture
def system(kafka: Broker, new_topic: Callable[..., str], redis_url: str, tmp_path: Path) -> Iterator[System]:
    system = System(kafka, new_topic(PARTITIONS), new_topic(1), redis_url, tmp_path)
    yield system
    system.close()


@pytest.mark.apache_kafka
def test_a_topic_is_drained_and_bad_records_do_not_affect_the_others(system: System) -> None:
    values: list[bytes | None] = [*tweets(0, 3_000)]
    for number, bad in enumerate(BAD):
        values.insert(200 + 137 * number, bad)
    values.append(tweet(7))  # an id that was there before
    sent = system.produce(values)
    bad_places = {place for place, value in zip(sent, values, strict=True) if value in BAD}

    done = system.run("work", "--until-drained", "--health-port", "0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    report = system.verify()
    assert sum(part["totals"]["rows"] for part in report["partitions"]) == 3_001
    assert sum(part["totals"]["rejected"] for part in report["partitions"]) == len(BAD)
    counted = system.counted()
    assert (counted.rows, counted.rejected) == (3_001, len(BAD))

    rows = system.rows()
    ids = Counter(rows["id"].to_pylist())
    assert ids.keys() == {str(number) for number in range(3_000)}
    assert {id_ for id_, count in ids.items() if count > 1} == {"7"}
    places = set(zip(rows["partition"].to_pylist(), rows["offset"].to_pylist(), strict=True))
    assert places == set(sent) - bad_places
    assert rows["brands"].to_pylist().count(["albatros"]) == 750
    assert set(rows["model"].to_pylist()) == {"tiny:1"}
    assert system.dead_letters() == bad_places


@pytest.mark.slow
@pytest.mark.apache_kafka
def test_a_killed_worker_loses_no_record_and_counts_none_twice(system: System) -> None:
    system.produce(tweets(0, 2_000))
    with LoopbackPort() as port, LoopbackPort() as another, LoopbackPort() as a_third:
        first = system.start(health_port=port.number)
        second = system.start(health_port=another.number)
        until(lambda: _owns_partitions(first) and _owns_partitions(second), "both are at work")
        until(lambda: system.counted().rows >= 1_000, "they have counted")
        system.produce(tweets(2_000, 3_000))
        first.kill()
        third = system.start(health_port=a_third.number)
        system.produce(tweets(3_000, 4_000))
        until(lambda: _owns_partitions(second) and _owns_partitions(third), "the others took over")
        until(lambda: system.counted().rows == 4_000, "they have counted all")
        assert (second.terminate(), third.terminate()) == (0, 0), second.output + third.output
    system.verify()
    assert sorted(map(int, system.rows()["id"].to_pylist())) == list(range(4_000))
    assert "Traceback" not in second.output + third.output


def _owns_partitions(worker: WorkerProcess) -> bool:
    status, text = worker.ask("/readyz")
    return status == 200 and "(lag " in text


@pytest.mark.apache_kafka
def test_several_processes_drain_a_topic_together(system: System) -> None:
    system.produce(tweets(0, 600))
    done = system.run("work", "--processes", "2", "--until-drained", "--health-port", "0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    system.verify()
    assert system.rows().num_rows == 600


def test_sigterm_publishes_and_commits_counted_records(system: System) -> None:
    sent = system.produce(tweets(0, 300))
    worker = system.start(BADBUZZ_SCORED__FILE_SECONDS="3600", BADBUZZ_SCORED__FILE_ROWS="100000")
    until(lambda: system.counted().rows == 300, "all is counted")
    assert system.files() == []
    assert worker.terminate() == 0, worker.output
    assert worker.output == ""
    assert system.rows().num_rows == 300
    group = system.settings["BADBUZZ_KAFKA__GROUP"]
    with KafkaConsumer(bootstrap_servers=system.broker.bootstrap, group_id=group) as consumer:
        for partition in range(PARTITIONS):
            end = 1 + max(offset for number, offset in sent if number == partition)
            assert consumer.committed(TopicPartition(system.topic, partition)) == end


def test_a_worker_reports_its_state_over_http(system: System) -> None:
    system.produce([*tweets(0, 90), b"not JSON"])
    with LoopbackPort() as port:
        worker = system.start(health_port=port.number)
        drained = "ready; partitions: 0 (lag 0), 1 (lag 0), 2 (lag 0)"
        expected = {"badbuzz_rows_published_total": 90, "badbuzz_dead_letters_total{stage=decode}": 1}
        until(lambda: worker.ask("/readyz")[1].startswith(drained), "it has read all")
        until(
            lambda: expected.items() <= _metrics(worker.ask("/metrics")[1]).items(),
            "rows are published, the letter is sent",
        )
        assert worker.ask("/healthz") == (200, "alive\n")
        assert worker.ask("/readyz")[0] == 200
        assert worker.ask("/nothing")[0] == 404
        metrics = _metrics(worker.ask("/metrics")[1])
    assert metrics["badbuzz_tweets_scored_total"] == 90
    assert metrics["badbuzz_lag_records{partition=0}"] == 0
    assert metrics["badbuzz_model_info{engine=numpy,model=tiny:1}"] == 1
    assert metrics["process_resident_memory_bytes"] > 0


def _metrics(text: str) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


@pytest.mark.slow
@pytest.mark.apache_kafka
def test_an_absent_redis_that_comes_back_empty_is_filled_again(system: System, tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    with open_valkey(tmp_path / "redis") as valkey, LoopbackPort() as port:
        system.settings["BADBUZZ_REDIS__URL"] = valkey.url
        system.produce(tweets(0, 900))
        worker = system.start(health_port=port.number)
        until(lambda: worker.ask("/readyz")[0] == 200 and system.counted().rows == 900, "all is counted")
        valkey.kill()
        until(lambda: "waiting for redis" in worker.ask("/readyz")[1], "it says why it is not ready")
        assert worker.ask("/readyz")[0] == 503
        assert worker.ask("/healthz")[0] == 200, "a waiting worker is alive"
        assert _metrics(worker.ask("/metrics")[1])["badbuzz_waiting{dependency=redis}"] == 1
        system.produce(tweets(900, 1_200))
        valkey.start()
        until(lambda: worker.ask("/readyz")[0] == 200, "it is ready again")
        until(lambda: system.counted().rows == 1_200, "what was lost is counted again")
        assert worker.terminate() == 0, worker.output
        system.verify()
        assert "Traceback" not in worker.output


UNREACHABLE = "127.0.0.1:1"
WRONG = {
    "missing topic": ({"BADBUZZ_KAFKA__TOPIC": "no-such-topic"}, 78, "'no-such-topic'"),
    "unreachable broker": ({"BADBUZZ_KAFKA__BOOTSTRAP": UNREACHABLE}, 69, f"kafka: no answer from {UNREACHABLE}"),
    "unreachable Redis": ({"BADBUZZ_REDIS__URL": f"redis://{UNREACHABLE}/0"}, 69, "redis: "),
    "unreachable bucket": (
        {"BADBUZZ_SCORED__URL": "s3://bucket/scored", "AWS_ENDPOINT_URL": f"http://{UNREACHABLE}"},
        69,
        "storage: ",
    ),
    "folder that cannot be made": ({"BADBUZZ_SCORED__URL": "brands.yaml/scored"}, 78, "brands.yaml/scored"),
    "no such model": ({"BADBUZZ_MODEL": "huge@production"}, 78, "huge"),
    "no brands": ({"BADBUZZ_BRANDS": "nowhere.yaml"}, 78, "nowhere.yaml"),
}  # fmt: skip
STORAGE = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_REGION": "x",
    "AWS_ALLOW_HTTP": "true",
}


@pytest.mark.parametrize(("settings", "code", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_problem_at_the_start_makes_one_message_and_an_exit_code(
    system: System, settings: dict[str, str], code: int, message: str
) -> None:
    done = system.run("work", "--health-port", "0", **STORAGE, **settings)
    (line,) = done.stderr.splitlines()
    assert line.startswith("badbuzz: ")
    assert message in line
    assert (done.returncode, done.stdout) == (code, "")


def test_a_storage_that_ignores_conditions_is_refused_at_the_start(system: System) -> None:
    with open_s3("ignored") as server:
        server.create_bucket("bucket")
        done = system.run(
            "work", "--health-port", "0", **server.environment, BADBUZZ_SCORED__URL="s3://bucket/scored"
        )
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (78, "")
    assert "does not honour create-if-absent" in line


def test_the_error_for_a_health_port_in_use_names_it(system: System) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = system.run("work", "--health-port", str(port))
    assert done.returncode == 78
    assert f"127.0.0.1:{port}" in done.stderr
    assert "BADBUZZ_HEALTH__PORT" in done.stderr


def test_sigterm_during_the_start_ends_the_process(system: System) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, LoopbackPort() as port:
        address = "127.0.0.1:{1}".format(*silent.getsockname())
        worker = system.start(
            health_port=port.number, BADBUZZ_KAFKA__BOOTSTRAP=address, BADBUZZ_START_PATIENCE_SECONDS="600"
        )
        until(lambda: worker.ask("/healthz")[0] == 200, "it waits for a broker")
        assert worker.ask("/readyz")[0] == 503
        assert worker.terminate() == 0, worker.output


@pytest.mark.apache_kafka
def test_a_worker_without_partitions_ends_when_the_others_have_drained(system: System) -> None:
    system.produce(tweets(0, 300))
    processes = str(PARTITIONS + 1)
    done = system.run("work", "--processes", processes, "--until-drained", "--health-port", "0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    system.verify()


@pytest.mark.apache_kafka
def test_a_recreated_topic_is_refused(system: System) -> None:
    """Its offsets are those of other tweets."""
    system.produce(tweets(0, 30))
    worker = system.start()
    until(lambda: system.counted().rows == 30, "all is counted")
    assert worker.terminate() == 0
    system.recreate_topic()
    again = system.run("work", "--health-port", "0")
    (line,) = again.stderr.splitlines()
    assert again.returncode == 65
    assert line.startswith("badbuzz: ")
    assert "was deleted and created again" in line
