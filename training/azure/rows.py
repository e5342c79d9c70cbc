"""The service's rows of the comparison: measured, or not run and why; and the file that keeps them for the report."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import TypeAdapter, ValidationError

from badbuzz.errors import DataRefused
from model_registry.evaluation import evaluate
from model_registry.package.metrics import Metrics  # noqa: TC001 - pydantic reads the fields' types
from training.azure.port import NoOpinion, Opinion
from training.azure.sample import FORMS, Form

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from training.azure.port import Answer
    from training.azure.sample import Sample

FILE: Final = "rows.json"
_CLASSES: Final = 2


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found on ``sample`` tweets, drawn by ``seed`` from the data with this ``fingerprint``.

    The score is the service's confidence in *positive*, which from .5 on says positive: a tweet that the service
    finds neutral counts as negative. ``metrics`` are over the tweets with an opinion (``metrics.n``); of the others
    ``without_opinion`` tells how many there are by the service's code. ``model_versions`` are the service's own.

    The study's AUC of the service lies within .003 of its accuracy for each form, as if it came from verdicts and not
    from confidences; what compares with it is the mean of both classes' hit rates (``metrics.confusion``).
    """

    sample: int
    seed: int
    fingerprint: str
    metrics: Metrics
    without_opinion: dict[str, int]
    model_versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotRun:
    """Why there is no figure."""

    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the service on one form of the text."""

    form: Form
    result: Measured | NotRun

    @property
    def model(self) -> str:
        """The row's name."""
        return f"Azure Text Analytics, {self.form} text"

    @property
    def vectors(self) -> str:
        """The table's column for the word vectors, of which a service says nothing."""
        return "–"


def not_run(reason: str) -> tuple[Row, ...]:
    """All rows, without a figure."""
    return tuple(Row(form, NotRun(reason)) for form in FORMS)


def measure(sample: Sample, form: Form, answers: Sequence[Answer], seed: int) -> Row:
    """Compare the answers on one form of the sample with its labels."""
    opinions = [answer for answer in answers if isinstance(answer, Opinion)]
    without = Counter(answer.code for answer in answers if isinstance(answer, NoOpinion))
    labels = sample.labels[[isinstance(answer, Opinion) for answer in answers]]
    if len(np.unique(labels)) < _CLASSES:
        reasons = ", ".join(f"{code} {count:,}" for code, count in sorted(without.items()))
        return Row(form, NotRun(f"no opinion on the tweets of a class: {reasons}"))
    measured = Measured(
        sample=len(sample),
        seed=seed,
        fingerprint=sample.fingerprint,
        metrics=evaluate(labels, [opinion.positive for opinion in opinions]),
        without_opinion=dict(sorted(without.items())),
        model_versions=tuple(sorted({opinion.model_version for opinion in opinions})),
    )
    return Row(form, measured)


def write_rows(folder: Path, rows: Sequence[Row]) -> None:
    """Keep the rows in ``folder``, in place of those of an earlier run."""
    fresh = folder / f"{FILE}.{os.getpid()}.new"
    fresh.write_bytes(_ROWS.dump_json(tuple(rows), indent=1) + b"\n")
    fresh.replace(folder / FILE)


def read_rows(folder: Path) -> tuple[Row, ...]:
    """Read what the last run left in ``folder``; rows that are not run, if there was none.

    :raises DataRefused: if the file is none of ours.
    """
    path = folder / FILE
    try:
        return _ROWS.validate_json(path.read_bytes())
    except FileNotFoundError:
        return not_run("`badbuzz train azure` has not been run")
    except ValidationError:
        raise DataRefused(f"{path}: holds no rows of ours; move it away") from None


_ROWS: Final = TypeAdapter(tuple[Row, ...])
