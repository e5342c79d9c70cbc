"""``badbuzz produce replay``: exit codes, messages, Ctrl-C, absent brokers."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kafka import KafkaAdminClient

from badbuzz.cli.produce.replay import _choose_mention
from badbuzz.contracts.tweet import decode_tweet
from tests.badbuzz.labelled.sentiment140_archive import write_archive
from tests.producer.files.csv_rows import csv_row, sorted_rows, write_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.servers.broker import Broker

from tests.badbuzz.cli.produce.commands import (
    DEADLINE_S,
    count_records,
    parse_sent,
    read_values,
    run_produce,
    start_produce,
)
from tests.producer.private_kafka import run_private_kafka


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "sample.csv", sorted_rows(30, 20) + "rubbish\n")


def test_a_file_is_replayed(
    kafka: Broker, new_name: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run_produce(
        capsys, "replay", sample, "--bootstrap", kafka.bootstrap, "--topic", new_name
    )
    assert (code, err) == (0, "")
    assert re.fullmatch(
        rf"sent 50 tweets to {new_name} in \d+\.\d s \([\d,]+/s\); 1 row rejected "
        r"\(first: line 51: 1 column, expected 6 separated by commas\); see rejected-sample.csv.jsonl\n",
        out,
    )
    tweets = [decode_tweet(value) for value in read_values(kafka.bootstrap, new_name, 50)]
    assert {tweet["id"] for tweet in tweets} == {str(number) for number in range(50)}
    assert json.loads(Path("rejected-sample.csv.jsonl").read_text())["line"] == 51


def test_of_sentiment140s_archive_the_training_file_is_replayed(
    kafka: Broker, topic: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_archive(tmp_path / "both.zip", training=sorted_rows(3, 2), test=csv_row(9, "a test row"))
    code, out, _ = run_produce(capsys, "replay", path, "--bootstrap", kafka.bootstrap, "--topic", topic)
    assert code == 0
    assert out.startswith(f"sent 5 tweets to {topic} in ")
    assert "; no row rejected" in out
    sent = [decode_tweet(value)["id"] for value in read_values(kafka.bootstrap, topic, 5)]
    assert sorted(sent) == ["0", "1", "2", "3", "4"]


@pytest.fixture
def new_name(kafka: Broker, topic: str) -> Iterator[str]:
    """Yield the name of a topic that does not exist."""
    name = f"{topic}-new"
    yield name
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.delete_topics([name], raise_errors=False)
    admin.close()


def test_a_missing_topic_is_created_with_twelve_partitions(
    kafka: Broker, new_name: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["replay", sample, "--bootstrap", kafka.bootstrap, "--topic", new_name]
    assert run_produce(capsys, *arguments, "--limit", 1)[0] == 0
    assert run_produce(capsys, *arguments, "--limit", 1, "--no-create-topic")[0] == 0
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    [found] = admin.describe_topics([new_name])
    admin.close()
    assert len(found["partitions"]) == 12


def test_a_missing_topic_is_refused_with_no_create_topic(
    kafka: Broker, topic: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--bootstrap", kafka.bootstrap, "--topic", f"{topic}-missing", "--no-create-topic"]
    code, _, err = run_produce(capsys, "replay", sample, *arguments)
    assert code == 78
    assert f"topic '{topic}-missing' does not exist at {kafka.bootstrap}; omit --no-create-topic" in err


def test_an_existing_topic_is_used(
    kafka: Broker, topic: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run_produce(capsys, "replay", sample, "--bootstrap", kafka.bootstrap, "--topic", topic, "--limit", 7)[
            0
        ]
        == 0
    )
    assert len(read_values(kafka.bootstrap, topic, 7)) == 7


def test_an_absent_broker_ends_with_69(
    sample: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("badbuzz.clients.kafka_client.BOOTSTRAP_TIMEOUT_MS", 300)
    code, _, err = run_produce(capsys, "replay", sample, "--bootstrap", "127.0.0.1:1")
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
def test_an_invalid_command_line_is_refused(
    arguments: Sequence[str], message: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run_produce(capsys, "replay", sample, *arguments)
    assert code == 64
    assert message in err


def test_a_missing_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run_produce(capsys, "replay", "missing.csv")
    assert code == 64
    assert "missing.csv" in err


def test_an_empty_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty.csv").touch()
    code, _, err = run_produce(capsys, "replay", "empty.csv")
    assert code == 65
    assert "empty.csv is empty" in err


def test_speed_needs_dates(capsys: pytest.CaptureFixture[str]) -> None:
    pq.write_table(pa.table({"text": ["hello"]}), "undated.parquet")
    code, _, err = run_produce(capsys, "replay", "undated.parquet", "--speed", "10")
    assert code == 64
    assert "--speed 10 needs dates, but the file has none; use --rate" in err


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("--topic", "no blanks", "--topic: String should match"), ("--topic", "tweets.dlq", "scored again")],
)
def test_an_invalid_topic_is_refused(
    option: str, value: str, message: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run_produce(capsys, "replay", sample, option, value)
    assert code == 78
    assert message in err


def test_a_crisis_uses_the_handle_of_the_brand_file(
    kafka: Broker, topic: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("brands.yaml").write_text("- name: kofi-republic\n  handles: [kofirepublic]\n")
    monkeypatch.setenv("BADBUZZ_BRANDS", "brands.yaml")
    write_csv(Path("one.csv"), csv_row(1, "cold again"))
    crisis = ["--crisis", "kofi-republic", "--at", 0, "--share", 1, "--limit", 3]
    code, out, _ = run_produce(
        capsys, "replay", "one.csv", "--bootstrap", kafka.bootstrap, "--topic", topic, *crisis
    )
    assert code == 0
    assert "3 of them in the crisis of @kofirepublic" in out
    assert all(
        "@kofirepublic" in decode_tweet(value)["text"] for value in read_values(kafka.bootstrap, topic, 3)
    )
    code, _, err = run_produce(capsys, "replay", "one.csv", "--crisis", "airparadis")
    assert code == 64
    assert "no such brand in brands.yaml; the file has kofi-republic" in err


def test_ctrl_c_delivers_everything_sent(kafka: Broker, topic: str, sample: Path) -> None:
    to_topic = ["--bootstrap", kafka.bootstrap, "--topic", topic, "--loop", "--rate", "300"]
    with start_produce("replay", sample, *to_topic) as running:
        assert len(read_values(kafka.bootstrap, topic, 100)) == 100
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=DEADLINE_S)
    assert (running.returncode, err) == (0, "")
    sent = parse_sent(out)
    assert len({decode_tweet(value)["id"] for value in read_values(kafka.bootstrap, topic, sent)}) == sent


@pytest.mark.slow
@pytest.mark.apache_kafka
def test_a_broker_that_restarts_loses_no_tweets(sample: Path, tmp_path: Path) -> None:
    with run_private_kafka(tmp_path / "kafka") as broker:
        to_topic = ["--bootstrap", broker.bootstrap, "--topic", "tweets", "--loop", "--rate", "200"]
        with start_produce("replay", sample, *to_topic) as running:
            assert len(read_values(broker.bootstrap, "tweets", 50)) == 50
            broker.kill()
            assert running.stderr is not None
            assert "acknowledges nothing; waiting for it" in running.stderr.readline()
            broker.start()
            assert "is back" in running.stderr.readline()
            running.send_signal(signal.SIGTERM)
            out, err = running.communicate(timeout=DEADLINE_S)
        assert (running.returncode, err) == (0, "")
        sent = parse_sent(out)
        ids = [decode_tweet(value)["id"] for value in read_values(broker.bootstrap, "tweets", sent)]
        assert len(set(ids)) == len(ids) == sent == count_records(broker.bootstrap, "tweets")


def test_a_crisis_mentions_a_term_without_options(tmp_path: Path) -> None:
    brands = tmp_path / "brands.yaml"
    brands.write_text("- {name: delta, phrases: [{term: delta, near: [flight]}, delta air]}\n")
    assert _choose_mention(str(brands), "delta") == "delta air"
