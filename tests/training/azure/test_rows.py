from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from badbuzz.errors import DataRefused
from model_registry.evaluation import evaluate
from training.azure.port import NoOpinion, Opinion
from training.azure.rows import FILE, Measured, NotRun, Row, measure, not_run, read_rows, write_rows
from training.azure.sample import FORMS, Sample

if TYPE_CHECKING:
    from pathlib import Path

    from training.azure.port import Answer

EMPTY = NoOpinion("EmptyText", "nothing is left of this tweet")


def sample(*labels: int) -> Sample:
    texts = [f"tweet {row}" for row in range(len(labels))]
    return Sample(np.array(labels, np.int8), dict.fromkeys(FORMS, texts), "f" * 64)


def said(positive: float, version: str = "2022-11-01") -> Opinion:
    return Opinion("mixed", positive, 0.0, 1 - positive, version)


def test_the_score_is_the_confidence_in_positive() -> None:
    row = measure(sample(1, 0, 1, 0), "raw", [said(0.9), said(0.2), said(0.5), said(0.4)], seed=3)
    assert row == Row(
        "raw",
        Measured(
            sample=4,
            seed=3,
            fingerprint="f" * 64,
            metrics=evaluate([1, 0, 1, 0], [0.9, 0.2, 0.5, 0.4]),
            without_opinion={},
            model_versions=("2022-11-01",),
        ),
    )
    assert (row.model, row.vectors) == ("Azure Text Analytics, raw text", "–")


def test_tweets_without_an_opinion_are_left_out_and_counted() -> None:
    answers: list[Answer] = [
        said(0.9),
        EMPTY,
        said(0.6, "2025-01-01"),
        NoOpinion("InvalidDocument", ""),
        EMPTY,
    ]
    result = measure(sample(1, 1, 0, 0, 0), "advanced", answers, seed=3).result
    assert isinstance(result, Measured)
    assert (result.sample, result.metrics.n) == (5, 2)
    assert result.metrics == evaluate([1, 0], [0.9, 0.6])
    assert result.without_opinion == {"EmptyText": 2, "InvalidDocument": 1}
    assert result.model_versions == ("2022-11-01", "2025-01-01")


@pytest.mark.parametrize("answers", [[EMPTY, EMPTY], [said(0.9), EMPTY]])
def test_there_is_no_figure_without_opinions_on_both_classes(answers: list[Answer]) -> None:
    result = measure(sample(1, 0), "raw", answers, seed=3).result
    assert isinstance(result, NotRun)
    assert "EmptyText" in result.reason


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = (measure(sample(1, 0), "raw", [said(0.9), said(0.2)], seed=3), *not_run("no key")[1:])
    write_rows(tmp_path, not_run("before"))
    write_rows(tmp_path, rows)
    assert read_rows(tmp_path) == rows
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_without_a_run_the_rows_say_so(tmp_path: Path) -> None:
    assert read_rows(tmp_path / "nowhere") == not_run("`badbuzz train azure` has not been run")
    assert [row.form for row in read_rows(tmp_path)] == list(FORMS)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'[{"form": "raw", "result": {}}]'])
def test_a_foreign_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DataRefused, match=FILE):
        read_rows(tmp_path)
