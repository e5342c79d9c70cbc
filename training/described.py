"""A fitted model's past, as its manifest says it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from badbuzz import __version__
from model_registry.manifest import Training
from training.origin import DATA_TERMS, git_revision

if TYPE_CHECKING:
    from pydantic import JsonValue

    from training.calibration import Calibration
    from training.hashed import TrainedHashed
    from training.recipe import Trained
    from training.sentence_recipe import TrainedOnSentences
    from training.transformer.recipe import TrainedTransformer
    from training.variant import LeftoverVariant


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
