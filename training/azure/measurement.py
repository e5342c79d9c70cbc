"""The service's figures for the comparison, or the reason why there are none, and the file that keeps them for the report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from badbuzz.errors import DataRefused
from badbuzz.system.atomic_file import replace_file
from model_registry.evaluation import evaluate, has_both_classes
from model_registry.package.metrics import Metrics  # noqa: TC001 - pydantic reads the fields' types
from training.azure.port import DocumentFailure, SentimentResult
from training.azure.sample import FORMS, TextForm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from training.azure.port import Answer
    from training.azure.sample import Sample

FILE: Final = "rows.json"


@dataclass(frozen=True, slots=True)
class Measurement:
    """The figures for ``sample`` tweets, drawn with ``seed``; ``fingerprint`` is the sample's.

    The score of a tweet is the service's confidence in *positive*. From .5 on it means positive, so a tweet that the service
    calls neutral counts as negative. ``metrics`` cover the ``metrics.n`` tweets with a result; ``without_opinion`` counts the
    others by the failure's code. ``model_versions`` are the service's own.

    The study's AUC of the service differs from its accuracy by less than .003 for each form, as if it was calculated from
    labels instead of confidences. The figure to compare it with is the mean of both classes' hit rates
    (``metrics.confusion``).
    """

    sample: int
    seed: int
    fingerprint: str
    metrics: Metrics
    without_opinion: dict[str, int]
    model_versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotRun:
    """The reason why there are no figures."""

    reason: str


@dataclass(frozen=True, slots=True)
class FormMeasurement:
    """The service measured on one form of the text."""

    form: TextForm
    result: Measurement | NotRun

    @property
    def name(self) -> str:
        """The name in tables."""
        return f"Azure Text Analytics, {self.form} text"

    @property
    def measurement(self) -> Measurement | None:
        """The figures, if there are any."""
        return self.result if isinstance(self.result, Measurement) else None


def mark_not_run(reason: str) -> tuple[FormMeasurement, ...]:
    """Return an entry without figures for each form."""
    return tuple(FormMeasurement(form, NotRun(reason)) for form in FORMS)


def measure_form(sample: Sample, form: TextForm, answers: Sequence[Answer], seed: int) -> FormMeasurement:
    """Compare the answers for one form of the sample with its labels."""
    results = [answer for answer in answers if isinstance(answer, SentimentResult)]
    failures = Counter(answer.code for answer in answers if isinstance(answer, DocumentFailure))
    labels = sample.labels[[isinstance(answer, SentimentResult) for answer in answers]]
    if not has_both_classes(labels):
        reasons = ", ".join(f"{code} {count:,}" for code, count in sorted(failures.items()))
        return FormMeasurement(form, NotRun(f"no result for the tweets of a class: {reasons}"))
    measurement = Measurement(
        sample=len(sample),
        seed=seed,
        fingerprint=sample.fingerprint,
        metrics=evaluate(labels, [result.positive for result in results]),
        without_opinion=dict(sorted(failures.items())),
        model_versions=tuple(sorted({result.model_version for result in results})),
    )
    return FormMeasurement(form, measurement)


def write_measurements(folder: Path, measurements: Sequence[FormMeasurement]) -> None:
    """Write the file in ``folder``, replacing that of an earlier run."""
    with replace_file(folder / FILE) as unfinished:
        unfinished.write_bytes(_ADAPTER.dump_json(tuple(measurements), indent=1) + b"\n")


def read_measurements(folder: Path) -> tuple[FormMeasurement, ...]:
    """Read the file of the last run in ``folder``. Without a file, all forms are marked as not run.

    :raises DataRefused: if the file is invalid.
    """
    path = folder / FILE
    try:
        return _ADAPTER.validate_json(path.read_bytes())
    except FileNotFoundError:
        return mark_not_run("`badbuzz train azure` has not been run")
    except ValidationError:
        raise DataRefused(f"{path}: was not written by `badbuzz train azure`; move it away") from None


_ADAPTER: Final = TypeAdapter(tuple[FormMeasurement, ...])
