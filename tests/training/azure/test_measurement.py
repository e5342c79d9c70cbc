from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from badbuzz.errors import DataRefused
from model_registry.evaluation import evaluate
from training.azure.measurement import (
    FILE,
    FormMeasurement,
    Measurement,
    NotRun,
    mark_not_run,
    measure_form,
    read_measurements,
    write_measurements,
)
from training.azure.port import DocumentFailure, SentimentResult
from training.azure.sample import FORMS, Sample

if TYPE_CHECKING:
    from pathlib import Path

    from training.azure.port import Answer

EMPTY = DocumentFailure("EmptyText", "the tweet is empty after cleaning")


def sample(*labels: int) -> Sample:
    texts = [f"tweet {row}" for row in range(len(labels))]
    return Sample(np.array(labels, np.int8), dict.fromkeys(FORMS, texts), "f" * 64)


def sentiment(positive: float, version: str = "2022-11-01") -> SentimentResult:
    return SentimentResult("mixed", positive, 0.0, 1 - positive, version)


def test_the_score_is_the_confidence_in_positive() -> None:
    row = measure_form(
        sample(1, 0, 1, 0), "raw", [sentiment(0.9), sentiment(0.2), sentiment(0.5), sentiment(0.4)], seed=3
    )
    assert row == FormMeasurement(
        "raw",
        Measurement(
            sample=4,
            seed=3,
            fingerprint="f" * 64,
            metrics=evaluate([1, 0, 1, 0], [0.9, 0.2, 0.5, 0.4]),
            without_opinion={},
            model_versions=("2022-11-01",),
        ),
    )
    assert row.name == "Azure Text Analytics, raw text"


def test_tweets_without_a_result_are_left_out_and_counted() -> None:
    answers: list[Answer] = [
        sentiment(0.9),
        EMPTY,
        sentiment(0.6, "2025-01-01"),
        DocumentFailure("InvalidDocument", ""),
        EMPTY,
    ]
    result = measure_form(sample(1, 1, 0, 0, 0), "advanced", answers, seed=3).result
    assert isinstance(result, Measurement)
    assert (result.sample, result.metrics.n) == (5, 2)
    assert result.metrics == evaluate([1, 0], [0.9, 0.6])
    assert result.without_opinion == {"EmptyText": 2, "InvalidDocument": 1}
    assert result.model_versions == ("2022-11-01", "2025-01-01")


@pytest.mark.parametrize("answers", [[EMPTY, EMPTY], [sentiment(0.9), EMPTY]])
def test_without_results_for_both_classes_there_is_no_figure(answers: list[Answer]) -> None:
    result = measure_form(sample(1, 0), "raw", answers, seed=3).result
    assert isinstance(result, NotRun)
    assert "EmptyText" in result.reason


def test_measurements_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = (
        measure_form(sample(1, 0), "raw", [sentiment(0.9), sentiment(0.2)], seed=3),
        *mark_not_run("no key")[1:],
    )
    write_measurements(tmp_path, mark_not_run("before"))
    write_measurements(tmp_path, rows)
    assert read_measurements(tmp_path) == rows
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_without_a_file_all_forms_are_not_run(tmp_path: Path) -> None:
    assert read_measurements(tmp_path / "nowhere") == mark_not_run("`badbuzz train azure` has not been run")
    assert [row.form for row in read_measurements(tmp_path)] == list(FORMS)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'[{"form": "raw", "result": {}}]'])
def test_an_invalid_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DataRefused, match=FILE):
        read_measurements(tmp_path)
