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
    from training.neural.recurrent import Trained
    from training.neural.sentence import TrainedOnSentences
    from training.neural.transformer import TrainedTransformer
    from training.ngrams.hashed import TrainedHashed
    from training.specs import LeftoverVariant


def described(
    trained: Trained | TrainedHashed | TrainedOnSentences | TrainedTransformer,
    calibration: Calibration | None,
    *,
    vectors: str,
    notes: str,
    beside: LeftoverVariant | None = None,
) -> Training:
    """Tell of data, software, settings, and of the calibration that was multiplied into its weights."""
    settings: dict[str, JsonValue] = {**asdict(trained.variant), "train_rows": len(trained.dataset.train)}
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
