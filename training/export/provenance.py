"""A fitted model's past, as its manifest says it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from badbuzz import __version__
from model_registry.package.manifest import Training
from training.export.origin import DATA_TERMS, git_revision

if TYPE_CHECKING:
    from pydantic import JsonValue

    from training.calibration import Calibration
    from training.neural.recurrent import FittedRecurrent
    from training.neural.sentence import FittedSentenceModel
    from training.neural.transformer import FittedTransformer
    from training.ngrams.hashed import FittedNgramModel
    from training.specs import ResidualSpec


def described(
    trained: FittedRecurrent | FittedNgramModel | FittedSentenceModel | FittedTransformer,
    calibration: Calibration | None,
    *,
    vectors: str,
    notes: str,
    beside: ResidualSpec | None = None,
) -> Training:
    """Tell of data, software, settings, and of the calibration that was multiplied into its weights."""
    settings: dict[str, JsonValue] = {**asdict(trained.spec), "train_rows": len(trained.dataset.train)}
    if beside:
        settings["wide"] = asdict(beside)
    if calibration:
        settings["calibration"] = {**asdict(calibration), "fitted_on": "validation"}
    return Training(
        created_at=datetime.now(UTC).replace(microsecond=0),
        software=f"badbuzz {__version__}",
        git_revision=git_revision(),
        data_fingerprint=trained.dataset.fingerprint,
        data_terms=DATA_TERMS,
        vectors=vectors,
        settings=settings,
        notes=notes,
    )
