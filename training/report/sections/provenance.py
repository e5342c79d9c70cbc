"""Where does all this come from, and how is it made again?"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import pandas as pd

from badbuzz import __version__
from training.export.training_facts import git_revision
from training.report import words
from training.report.document import Note, Section, Table

if TYPE_CHECKING:
    from training.report.evidence import Evidence

_SHOWN: Final = 12
"""Digits of a digest that tell it from others."""


def provenance(evidence: Evidence) -> Section:
    """Name data, software and commands."""
    digest = hashlib.sha256(evidence.sources.test.read_bytes()).hexdigest()
    rows = [
        {
            "row": name,
            "finished": f"{run.result.finished_at:%Y-%m-%d %H:%M} UTC",
            "CPU hours": f"{run.result.cpu_seconds / 3600:.2f}",
            "registered as": run.result.version or words.NONE,
            "data": run.result.data_fingerprint[:_SHOWN],
            "software": run.result.software,
            "revision": (run.result.git_revision or "unknown")[:_SHOWN],
        }
        for name, run in evidence.runs.items()
    ]
    told = (
        Note(
            f"Written by badbuzz {__version__}, revision {git_revision() or 'unknown'}. "
            f"The test is {evidence.sources.test.name}, SHA-256 {digest}. Rows are made by `badbuzz train all`, the service's by "
            "`badbuzz train azure`, this report by `badbuzz report`; docs/training.md says how."
        ),
        Note(f"The data of the deployed model: {evidence.deployed.manifest.training.data_terms}"),
    )
    table = [Table("Rows that are finished", pd.DataFrame(rows))] if rows else []
    return Section("provenance", "Where this comes from", (*told, *table))
