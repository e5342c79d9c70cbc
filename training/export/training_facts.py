"""Record how a model was fitted: data, software, settings and machine."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from badbuzz import __version__
from model_registry.package.manifest import Training

if TYPE_CHECKING:
    from training.calibration import Calibration
    from training.fitting import FittedModel

DATA_TERMS: Final = (
    "Sentiment140 (Go, Bhayani, Huang: Twitter Sentiment Classification using Distant Supervision, 2009). "
    "The tweets stay subject to the terms of the platform they come from; none is part of this model."
)

_CHECKOUT: Final = Path(__file__).parents[2]
_PROCESSORS: Final = Path("/proc/cpuinfo")


def record_training(
    fitted: FittedModel, calibration: Calibration | None, *, vectors: str | None, notes: str
) -> Training:
    """Return the manifest's section on training. ``vectors`` is the file name of the vectors or encoder."""
    settings = {**fitted.spec.settings(), "train_rows": len(fitted.dataset.train)}
    if calibration:
        settings["calibration"] = {**asdict(calibration), "fitted_on": "validation"}
    return Training(
        created_at=datetime.now(UTC).replace(microsecond=0),
        software=f"badbuzz {__version__}",
        git_revision=find_git_revision(),
        data_fingerprint=fitted.dataset.fingerprint,
        data_terms=DATA_TERMS,
        vectors=fitted.spec.describe_vectors(vectors),
        settings=settings,
        notes=notes,
    )


def find_git_revision() -> str | None:
    """Return the commit of this file's checkout, with ``-dirty`` if files differ; None outside of a checkout.

    An installed package may lie inside another project's checkout. That project's revision is not ours, and its settings of git
    can name programs to run.
    """
    if not (_CHECKOUT / ".git").exists():
        return None
    command = ["git", "-c", "core.fsmonitor=false", "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words
            [*command, "--exclude=*"], cwd=_CHECKOUT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


def describe_machine() -> str:
    """Return the number of cores and the processor, such as ``2 cores, AMD EPYC 7B13``."""
    try:
        found = re.search(r"^model name\s*: *(.*\S)", _PROCESSORS.read_text(), re.MULTILINE)
        processor = found[1] if found else platform.machine()
    except OSError:
        processor = platform.processor() or platform.machine()
    return f"{os.cpu_count()} cores, {processor}"
