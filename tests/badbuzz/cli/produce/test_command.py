"""``badbuzz produce`` as its users meet it: exit codes, messages, Ctrl-C, absent brokers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from badbuzz.cli.app import main
from badbuzz.cli.produce.duration import Duration
from badbuzz.contracts.tweet import decode_tweet
from badbuzz.errors import DependencyDown, Misconfigured
from badbuzz.settings import KafkaSettings
from benchmarks.servers.kafka import ApacheKafka, JarsMissingError
from producer.kafka_publisher import KafkaPublisher
from tests.badbuzz.labelled.sentiment140_archive import write_archive
from tests.producer.files.rows import csv_row, sorted_rows, write_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.servers.broker import Broker

DEADLINE_S = 90


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rejected rows go into the working folder, and a developer's ``.env`` is none of our business."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "sample.csv", sorted_rows(30, 20) + "rubbish\n")


def badbuzz(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command, run here."""
    with pytest.raises(SystemExit) as ended:
        main(["produce", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, out, err


@contextmanager
def process(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """One command in a process of its own, which does not outlive the test."""
    command = [sys.executable, "-m", "badbuzz", "produce", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    """The values of the first ``count`` records."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=DEADLINE_S * 1_000,
    )
    try:
        return [record.value for _, record in zip(range(count), consumer, strict=False)]
    finally:
        consumer.close()


def records_in(bootstrap: str, topic: str) -> int:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        partitions = [TopicPartition(topic, partition) for partition in consumer.partitions_for_topic(topic)]
        return sum(consumer.end_offsets(partitions).values())
    finally:
        consumer.close()


def test_a_file_is_replayed(
    kafka: Broker, new_name: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = badbuzz(capsys, "replay", sample, "--bootstrap", kafka.bootstrap, "--topic", new_name)
    assert (code, err) == (0, "")
    assert re.fullmatch(
        rf"sent 50 tweets to {new_name} in \d+\.\d s \([\d,]+/s\); 1 row rejected "
        r"\(first: line 51: 1 column, expected 6 separated by commas\); see rejected-sample.csv.jsonl\n",
        out,
    )
    tweets = [decode_tweet(value) for value in read(kafka.bootstrap, new_name, 50)]
    assert {tweet["id"] for tweet in tweets} == {str(number) for number in range(50)}
    assert json.loads(Path("rejected-sample.csv.jsonl").read_text())["line"] == 51


def test_of_sentiment140s_archive_the_training_file_is_replayed(
    kafka: Broker, topic: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_archive(tmp_path / "both.zip", training=sorted_rows(3, 2), test=csv_row(9, "a test row"))
    code, out, _ = badbuzz(capsys, "replay", path, "--bootstrap", kafka.bootstrap, "--topic", topic)
    assert code == 0
    assert out.startswith(f"sent 5 tweets to {topic} in ")
    assert "; no row rejected" in out
    sent = [decode_tweet(value)["id"] for value in read(kafka.bootstrap, topic, 5)]
    assert sorted(sent) == ["0", "1", "2", "3", "4"]


@pytest.fixture
def new_name(kafka: Broker, topic: str) -> Iterator[str]:
    """The name of a topic that does not exist yet."""
    name = f"{topic}-new"
    yield name
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.delete_topics([name], raise_errors=False)
    admin.close()


def test_a_missing_topic_is_made_with_twelve_partitions(
    kafka: Broker, new_name: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["replay", sample, "--bootstrap", kafka.bootstrap, "--topic", new_name]
    assert badbuzz(capsys, *arguments, "--limit", 1)[0] == 0
    assert badbuzz(capsys, *arguments, "--limit", 1, "--no-create-topic")[0] == 0
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    [found] = admin.describe_topics([new_name])
    admin.close()
    assert len(found["partitions"]) == 12


def test_a_missing_topic_may_be_left_missing(
    kafka: Broker, topic: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--bootstrap", kafka.bootstrap, "--topic", f"{topic}-missing", "--no-create-topic"]
    code, _, err = badbuzz(capsys, "replay", sample, *arguments)
    assert code == 78
    assert f"topic '{topic}-missing' does not exist at {kafka.bootstrap}; omit --no-create-topic" in err


def test_an_existing_topic_is_left_alone(
    kafka: Broker, topic: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        badbuzz(capsys, "replay", sample, "--bootstrap", kafka.bootstrap, "--topic", topic, "--limit", 7)[0]
        == 0
    )
    assert len(read(kafka.bootstrap, topic, 7)) == 7


def test_no_broker(sample: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("badbuzz.clients.kafka_client.BOOTSTRAP_TIMEOUT_MS", 300)
    code, _, err = badbuzz(capsys, "replay", sample, "--bootstrap", "127.0.0.1:1")
    assert code == 69
    assert "kafka: no answer from 127.0.0.1:1" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rate", "5", "--speed", "2"], "--rate 5 and --speed 2 contradict each other"),
        (["--at", "3s"], "name its brand with --crisis"),
        (["--share", "1.5"], "--share"),
        (["--crisis", "Air Paradis"], "--crisis Air Paradis: not a handle"),
        (["--rate", "0"], "--rate"),
        (["--limit", "0"], "--limit"),
        (["--crisis", "airparadis", "--for", "soon"], "'soon' is not a duration; write 30s, 2m or 1h30m"),
    ],
)
def test_a_command_line_that_makes_no_sense(
    arguments: Sequence[str], message: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = badbuzz(capsys, "replay", sample, *arguments)
    assert code == 64
    assert message in err


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = badbuzz(capsys, "replay", "missing.csv")
    assert code == 64
    assert "missing.csv" in err


def test_an_empty_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty.csv").touch()
    code, _, err = badbuzz(capsys, "replay", "empty.csv")
    assert code == 65
    assert "empty.csv is empty" in err


def test_speed_needs_dates(capsys: pytest.CaptureFixture[str]) -> None:
    pq.write_table(pa.table({"text": ["hello"]}), "undated.parquet")
    code, _, err = badbuzz(capsys, "replay", "undated.parquet", "--speed", "10")
    assert code == 64
    assert "--speed 10 needs dates, but the file has none; use --rate" in err


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("--topic", "no blanks", "--topic: String should match"), ("--topic", "tweets.dlq", "scored again")],
)
def test_a_topic_that_cannot_be(
    option: str, value: str, message: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = badbuzz(capsys, "replay", sample, option, value)
    assert code == 78
    assert message in err


def test_a_brand_of_the_brand_file_is_called_by_its_handle(
    kafka: Broker, topic: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("brands.yaml").write_text("- name: kofi-republic\n  handles: [kofirepublic]\n")
    monkeypatch.setenv("BADBUZZ_BRANDS", "brands.yaml")
    write_csv(Path("one.csv"), csv_row(1, "cold again"))
    crisis = ["--crisis", "kofi-republic", "--at", 0, "--share", 1, "--limit", 3]
    code, out, _ = badbuzz(
        capsys, "replay", "one.csv", "--bootstrap", kafka.bootstrap, "--topic", topic, *crisis
    )
    assert code == 0
    assert "3 of them in the crisis of @kofirepublic" in out
    assert all("@kofirepublic" in decode_tweet(value)["text"] for value in read(kafka.bootstrap, topic, 3))
    code, _, err = badbuzz(capsys, "replay", "one.csv", "--crisis", "airparadis")
    assert code == 64
    assert "no such brand in brands.yaml; the file has kofi-republic" in err


def sent_by(out: str) -> int:
    """The number that the summary says."""
    said = re.match(r"sent ([\d,]+) tweets", out)
    assert said is not None, out
    return int(said[1].replace(",", ""))


def test_ctrl_c_delivers_everything_sent(kafka: Broker, topic: str, sample: Path) -> None:
    to_it = ["--bootstrap", kafka.bootstrap, "--topic", topic, "--loop", "--rate", "300"]
    with process("replay", sample, *to_it) as running:
        assert len(read(kafka.bootstrap, topic, 100)) == 100
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=DEADLINE_S)
    assert (running.returncode, err) == (0, "")
    sent = sent_by(out)
    assert len({decode_tweet(value)["id"] for value in read(kafka.bootstrap, topic, sent)}) == sent


def test_json_lines_from_standard_input(kafka: Broker, topic: str) -> None:
    lines = "".join(json.dumps({"id": str(number), "text": "late again"}) + "\n" for number in range(20))
    with process("live", "stdin", "--bootstrap", kafka.bootstrap, "--topic", topic) as running:
        out, err = running.communicate(lines + "garbage\n", timeout=DEADLINE_S)
    assert (running.returncode, err) == (0, "")
    assert out.startswith(f"sent 20 tweets to {topic}; 1 row rejected (first: line 21: value: Invalid JSON")
    assert len(read(kafka.bootstrap, topic, 20)) == 20


def test_a_stop_while_standard_input_is_silent(kafka: Broker, topic: str) -> None:
    with process("live", "stdin", "--bootstrap", kafka.bootstrap, "--topic", topic) as running:
        assert running.stdin is not None
        running.stdin.write('{"id": "1", "text": "and then nothing"}\n')
        running.stdin.flush()
        assert len(read(kafka.bootstrap, topic, 1)) == 1
        running.send_signal(signal.SIGTERM)
        assert running.wait(DEADLINE_S) == 0
        out, err = running.communicate()
    assert (out, err) == (f"sent 1 tweets to {topic}; no row rejected\n", "")


@pytest.mark.parametrize(("variable", "source"), [("tweepy", "x"), ("websockets", "bluesky")])
def test_a_missing_package_is_named(
    variable: str, source: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [
        name for name in sys.modules if name.split(".")[0] == variable or name.startswith("producer.live.")
    ]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, variable, None)
    monkeypatch.setenv("BADBUZZ_X_BEARER_TOKEN", "secret")
    code, _, err = badbuzz(capsys, "live", source, *(["--track", "airparadis"] if source == "x" else []))
    assert code == 78
    assert "install badbuzz[live]" in err


def test_x_needs_a_token(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BADBUZZ_X_BEARER_TOKEN", raising=False)
    code, _, err = badbuzz(capsys, "live", "x", "--track", "airparadis")
    assert code == 78
    assert "BADBUZZ_X_BEARER_TOKEN is not set" in err


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("30s", 30), ("2m", 120), ("1h30m", 5_400), ("90", 90), ("1.5s", 1.5), ("250ms", 0.25), ("0", 0)],
)
def test_durations(typed: str, seconds: float) -> None:
    assert Duration().convert(typed, None, None) == pytest.approx(seconds)


@pytest.mark.parametrize("typed", ["", "soon", "-3s", "3 s", "s", "3d", "1m30"])
def test_what_is_no_duration(typed: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a duration"):
        Duration().convert(typed, None, None)


@pytest.fixture
def own_kafka(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ApacheKafka]:
    """A broker that a test may hurt, with the options of ``parametrize("own_kafka", [{…}], indirect=True)``."""
    try:
        broker = ApacheKafka(tmp_path / "kafka", heap="256m", **getattr(request, "param", {}))
    except JarsMissingError as error:
        pytest.skip(str(error))
    with broker:
        yield broker


@pytest.mark.slow
@pytest.mark.apache_kafka
def test_a_broker_that_dies_and_comes_back_costs_nothing(own_kafka: ApacheKafka, sample: Path) -> None:
    to_it = ["--bootstrap", own_kafka.bootstrap, "--topic", "tweets", "--loop", "--rate", "200"]
    with process("replay", sample, *to_it) as running:
        assert len(read(own_kafka.bootstrap, "tweets", 50)) == 50
        own_kafka.kill()
        assert running.stderr is not None
        assert "acknowledges nothing; waiting for it" in running.stderr.readline()
        own_kafka.start()
        assert "is back" in running.stderr.readline()
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=DEADLINE_S)
    assert (running.returncode, err) == (0, "")
    sent = sent_by(out)
    ids = [decode_tweet(value)["id"] for value in read(own_kafka.bootstrap, "tweets", sent)]
    assert len(set(ids)) == len(ids) == sent == records_in(own_kafka.bootstrap, "tweets")


SASL = {
    "security_protocol": "SASL_PLAINTEXT",
    "properties": {
        "listener.name.client.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.client.plain.sasl.jaas.config": (
            'org.apache.kafka.common.security.plain.PlainLoginModule required user_ada="right";'
        ),
    },
}


@pytest.mark.slow
@pytest.mark.apache_kafka
@pytest.mark.parametrize("own_kafka", [SASL], indirect=True)
def test_wrong_credentials_are_a_matter_of_configuration(own_kafka: ApacheKafka) -> None:
    def publisher(password: str) -> KafkaPublisher:
        settings = KafkaSettings(
            bootstrap=own_kafka.bootstrap,
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="PLAIN",
            sasl_username="ada",
            sasl_password=password,
        )
        return KafkaPublisher(settings, threading.Event())

    with pytest.raises(Misconfigured, match="accepts no SASL_PLAINTEXT connection"):
        publisher("wrong")
    right = publisher("right")
    right.send({"id": "1", "text": "let in"})
    right.flush()
    right.close()


@pytest.mark.slow
@pytest.mark.apache_kafka
def test_after_a_stop_waiting_for_an_absent_broker_has_an_end(
    own_kafka: ApacheKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producer.kafka_publisher.FLUSH_AFTER_STOP_S", 0.5)
    stop = threading.Event()
    publisher = KafkaPublisher(KafkaSettings(bootstrap=own_kafka.bootstrap), stop)
    publisher.send({"id": "1", "text": "arrives"})
    publisher.flush()
    own_kafka.kill()
    for number in range(30_000):  # more than may be on their way: only a stop lets them in
        if number == 15_000:
            stop.set()
        publisher.send({"id": str(number), "text": "does not arrive"})
    with pytest.raises(DependencyDown, match=r"30,000 of 30,001 tweets were not acknowledged"):
        publisher.flush()
    publisher.close()
