"""A folder to report on: labelled tweets, a random model, and experiments as training writes them. All texts are made up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save_file

from model_registry.evaluation import evaluate
from model_registry.store.registry import Registry
from tests.model_registry import tiny_model
from tests.training import corpus
from training.experiments.beyond import find_experiment
from training.experiments.result import SCORES, ExperimentResult
from training.fitting import CurvePoint
from training.report.build import build_report
from training.report.document import CaptionedChart, Paragraph, Table
from training.report.report_data import ReportData, ReportFiles, load_report_data

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from training.report.document import Report, Section

MODEL = "tiny:1"
HOSTILE = '<script src="//evil.example/x.js"></script> & | `oh joy`'
"""A tweet that is markup."""

CURVE = [CurvePoint(1.0, 0.62, 0.55, 0.71, 0.78), CurvePoint(2.0, 0.51, 0.52, 0.74, 0.81)]


@dataclass
class ReportWorkspace:
    """The folder. ``labels`` are the test's."""

    folder: Path
    labels: NDArray[np.int8] = field(init=False)
    registry: Registry = field(init=False)

    def __post_init__(self) -> None:
        test = corpus.tweets(120, seed=2)
        texts = [HOSTILE if row % 7 == 0 else text for row, text in enumerate(test["text"].to_pylist())]
        pq.write_table(
            test.set_column(test.schema.get_field_index("text"), "text", pa.array(texts)), self.test
        )
        self.labels = test["label"].to_numpy().astype(np.int8)
        self.registry = Registry.open(str(self.folder / "registry"))
        self.registry.register(tiny_model.draft())

    @property
    def test(self) -> Path:
        return self.folder / "test.parquet"

    def files(self, **more: Path) -> ReportFiles:
        return ReportFiles(
            experiments=self.folder / "experiments", azure=self.folder / "azure", test=self.test, **more
        )

    def load(self, **more: Path) -> ReportData:
        return load_report_data(self.files(**more), self.registry, MODEL)

    def report(self, **more: Path) -> Report:
        return build_report(self.load(**more))

    def write_manual(self) -> Path:
        path = self.folder / "hand.parquet"
        rows = [
            {
                "polarity": (0, 2, 4)[row % 3],
                "query": "airline" if row < 12 else f"rare{row}",
                "text": f"the bag was late {row}",
            }
            for row in range(18)
        ]
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path

    def write_ratings(self) -> Path:
        path = self.folder / "rated.parquet"
        moods = (("negative", -2.1), ("neutral", 0.1), ("positive", 1.9))
        rows = [
            {
                "text": f"{moods[row % 3][0]} flight, {'great' * (row % 2)} crew",
                "label": moods[row % 3][0],
                "mean_rating": moods[row % 3][1] + row / 100,
            }
            for row in range(12)
        ]
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path

    def add_experiment(self, like: str, /, *, skill: float = 1.0, **changes: Any) -> ExperimentResult:
        """Write a finished experiment like a known one, whose scores are noise plus ``skill`` times the label."""
        known = find_experiment(like)
        folder = self.folder / "experiments" / changes.get("name", like)
        folder.mkdir(parents=True)
        noise = np.random.default_rng(len(like)).normal(size=len(self.labels))
        scores = (1 / (1 + np.exp(-noise - skill * (2.0 * self.labels - 1)))).astype(np.float32)
        save_file({"test/labels": self.labels, "test/scores": scores}, folder / SCORES)
        fields: dict[str, Any] = {
            "name": like,
            "study": known.study_figures,
            "remark": known.remark,
            "settings": json.loads(known.spec.to_json()),
            "vectors": "own",
            "rows": 392,
            "parameters": 1_025,
            "cpu_seconds": 90.0,
            "machine": "2 cores, of a test",
            "metrics": {"test": evaluate(self.labels, scores)},
            "curve": [],
            "data_fingerprint": "f" * 64,
            "software": "badbuzz 0",
            "git_revision": None,
            "version": None,
            "finished_at": datetime(2026, 1, 2, tzinfo=UTC),
        }
        result = ExperimentResult(**fields | changes)
        result.write(folder)
        return result


def read_table(section: Section, caption: str) -> dict[str, dict[str, str]]:
    """Return the cells of the table whose caption begins like this, by row and column."""
    [rows] = [
        block.rows
        for block in section.blocks
        if isinstance(block, Table) and block.caption.startswith(caption)
    ]
    first, *others = rows[0]
    return {row[first]: {column: row[column] for column in others} for row in rows}


def read_paragraphs(section: Section) -> str:
    return " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))


def find_captioned_charts(section: Section) -> list[CaptionedChart]:
    return [block for block in section.blocks if isinstance(block, CaptionedChart)]
