from __future__ import annotations

import csv
import json
from itertools import islice
from statistics import mean
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kafka import KafkaConsumer, TopicPartition

from badbuzz.contracts.tweet import decode_tweet
from benchmarks.load.lengths import MEAN_WORDS, TWEETS_BY_WORDS
from benchmarks.load.records import PARTITIONS, make_records
from benchmarks.load.texts import BRANDED, make_texts

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.servers.running import Servers

MANY = 20_000


def test_composed_texts_have_the_lengths_of_tweets_and_rarely_repeat() -> None:
    found = list(islice(make_texts(), MANY))
    assert mean(len(text.split()) for text in found) == pytest.approx(MEAN_WORDS, rel=0.02)
    assert len(set(found)) > 0.9 * MANY
    assert found == list(islice(make_texts(), MANY))


def test_the_distribution_has_the_stated_mean() -> None:
    total = sum(words * tweets for words, tweets in enumerate(TWEETS_BY_WORDS))
    assert total / sum(TWEETS_BY_WORDS) == pytest.approx(MEAN_WORDS, abs=0.01)


def test_only_the_given_brands_are_named() -> None:
    found = list(islice(make_texts(brands=["acme"]), MANY))
    assert sum("@acme" in text for text in found) / MANY == pytest.approx(BRANDED, rel=0.1)
    assert not any("airparadis" in text.lower() for text in found)


def test_texts_may_have_a_given_length() -> None:
    assert {len(text.split()) for text in islice(make_texts(words=7), 500)} == {7}


def test_the_texts_of_a_file_repeat(tmp_path: Path) -> None:
    parquet, table = tmp_path / "tweets.parquet", tmp_path / "tweets.csv"
    pq.write_table(pa.table({"text": ["one", "two"], "label": [0, 1]}), parquet)
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["0", "1", "", "", "", "one"], ["4", "2", "", "", "", "two"]])
    for path in (parquet, table):
        found = list(islice(make_texts(path, brands=["acme"]), 100))
        assert set(found[::2]) <= {"one", "@acme "}
        assert set(found[1::2]) <= {"two", "@acme "}


def test_records_are_tweets_with_unique_keys() -> None:
    found = list(islice(make_records(make_texts()), 100))
    assert {decode_tweet(value)["id"] for _, value in found} == {key for key, _ in found}
    assert len({key for key, _ in found}) == 100


@pytest.mark.apache_kafka
def test_a_topic_is_filled_and_has_timestamps(servers: Servers) -> None:
    topic = pytest.importorskip("benchmarks.load.topic", reason="needs confluent-kafka: the group bench")
    name = topic.create_topic(servers.bootstrap)
    topic.write_tweets(servers.bootstrap, name, make_texts(), 500)
    appended = topic.read_timestamps(servers.bootstrap, name)
    with KafkaConsumer(bootstrap_servers=servers.bootstrap) as consumer:
        ends = consumer.end_offsets([TopicPartition(name, number) for number in range(PARTITIONS)])
    assert [len(moments) for moments in appended] == [
        ends[TopicPartition(name, number)] for number in range(PARTITIONS)
    ]
    assert sum(map(len, appended)) == 500
    assert all(list(moments) == sorted(moments) for moments in appended)
    topic.delete_topic(servers.bootstrap, name)


def test_sending_is_steady() -> None:
    send = pytest.importorskip("benchmarks.load.send", reason="needs confluent-kafka: the group bench")

    class Sent(list[bytes]):
        def send(self, _key: str, value: bytes) -> None:
            self.append(value)

        def flush(self) -> None:
            self.append(b"{}")

    sent = Sent()
    rate = send.send_steadily(sent, make_records(make_texts()), rate=2_000, seconds=0.2)
    assert rate <= 2_000 + 1
    assert all("text" in json.loads(value) for value in sent[:-1])
    assert sent[-1] == b"{}"
