"""Where a model comes from, as its manifest says it."""

from __future__ import annotations

import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from badbuzz import __version__
from model_registry.manifest import Training

if TYPE_CHECKING:
    from pydantic import JsonValue

    from training.calibration import Calibration
    from training.hashed import TrainedHashed
    from training.recipe import Trained

DATA_TERMS: Final = (
    "Sentiment140 (Go, Bhayani, Huang: Twitter Sentiment Classification using Distant Supervision, 2009). "
    "The tweets stay subject to the terms of the platform they come from; none is part of this model."
)


def origin(
    trained: Trained | TrainedHashed, calibration: Calibration | None, *, vectors: str, notes: str
) -> Training:
    """Describe a fitted model: data, software, settings, and the calibration that was multiplied into its weights."""
    settings: dict[str, JsonValue] = {**asdict(trained.variant), "train_rows": len(trained.dataset.train)}
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


def git_revision() -> str | None:
    """Name the commit of the checkout that this file is in, ``-dirty`` if files differ; None outside of one."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()
