"""A plain script: kafka-python, json, re, Keras, pandas, a Redis pipeline; one process.

Offsets are committed after both sinks have a batch, so that nothing is lost. The cleaning rules are the product's, one
``re.sub`` each, because the model was trained with them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import keras
import numpy as np
import pandas as pd
import redis
import yaml
from kafka import KafkaConsumer

from badbuzz.cleaning.folding import fold
from badbuzz.cleaning.standard import CONTRACTIONS, SUBSTITUTIONS
from benchmarks.peers.job import Job
from benchmarks.peers.usage import PeerUsage

if TYPE_CHECKING:
    from pathlib import Path

MAX_WORDS = 36
UNKNOWN = 1
THRESHOLD = 0.5
PREDICT_ROWS = 512
"""Keras's default of 32 rows takes four times as long; more rows than these are not faster."""
POLL_RECORDS = 4_096
POLL_BYTES = 8 * 1024 * 1024
"""Of all partitions together. The default limit of one partition is 1 MB, about 5,000 tweets."""

RULES = [(re.compile(rule.pattern), rule.replacement) for rule in (*SUBSTITUTIONS, *CONTRACTIONS)]
NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def clean(text: str) -> str:
    text = NOT_ASCII.sub(" ", fold(text))
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return re.sub(r"[^a-z]+", " ", text).strip()


def read_vocabulary(folder: Path) -> dict[str, int]:
    words = (folder / "version" / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    return {word: number for number, word in enumerate(words, UNKNOWN + 1)}


def read_brands(folder: Path) -> dict[str, re.Pattern[str]]:
    patterns = {}
    for brand in yaml.safe_load((folder / "brands.yaml").read_text(encoding="utf-8")):
        terms = [f"@{handle}" for handle in brand.get("handles", [])]
        terms += [f"#{hashtag}" for hashtag in brand.get("hashtags", [])]
        terms += brand.get("phrases", [])
        words = "|".join(re.escape(term).replace(r"\ ", r"[\s-]+") for term in terms)
        patterns[brand["name"]] = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
    return patterns


def encode(texts: list[str], vocabulary: dict[str, int]) -> np.ndarray:
    ids = np.zeros((len(texts), MAX_WORDS), np.int32)
    for row, text in enumerate(texts):
        words = clean(text).split()[:MAX_WORDS] or [""]
        ids[row, : len(words)] = [vocabulary.get(word, UNKNOWN) for word in words]
    return ids


def main() -> None:
    job, usage = Job.from_arguments(), PeerUsage()
    job.out.mkdir(parents=True, exist_ok=True)
    model = keras.models.load_model(job.model / "model.keras")
    vocabulary, brands = read_vocabulary(job.model), read_brands(job.model)
    counters = redis.Redis.from_url(job.redis)
    consumer = KafkaConsumer(
        job.topic,
        bootstrap_servers=job.bootstrap,
        group_id=job.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=POLL_RECORDS,
        fetch_max_bytes=POLL_BYTES,
    )
    while sum(consumer.position(partition) for partition in consumer.assignment()) < job.records:
        records = [record for part in consumer.poll(timeout_ms=1000).values() for record in part]
        if not records:
            continue
        job.note_first_record()
        frame = pd.DataFrame([json.loads(record.value) for record in records])[["id", "text"]]
        frame["score"] = model.predict(
            encode(list(frame["text"]), vocabulary), batch_size=PREDICT_ROWS, verbose=0
        )[:, 0]
        frame["label"] = np.where(frame["score"] < THRESHOLD, "NEGATIVE", "POSITIVE")
        frame["brands"] = [
            [name for name, pattern in brands.items() if pattern.search(text)] for text in frame["text"]
        ]
        frame["partition"] = np.array([record.partition for record in records], np.int32)
        frame["offset"] = [record.offset for record in records]
        frame.to_parquet(job.out / f"{records[0].partition}-{records[0].offset}.parquet")

        pipeline = counters.pipeline()
        for record, label, named in zip(records, frame["label"], frame["brands"], strict=True):
            for brand in ("all", *named):
                key = f"peer:{brand}:{record.timestamp // 60_000}"
                pipeline.hincrby(key, "tweets", 1)
                pipeline.hincrby(key, "negative", int(label == "NEGATIVE"))
        pipeline.execute()
        consumer.commit()
    usage.report("plain", job)
    consumer.close()


if __name__ == "__main__":
    main()
