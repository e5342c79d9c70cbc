"""Where do data, models and figures come from?"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from badbuzz import __version__
from training.export.training_facts import find_git_revision
from training.report.document import Paragraph, Section, Table
from training.report.formatting import NONE

if TYPE_CHECKING:
    from training.report.report_data import ReportData

_DIGITS: Final = 12
"""Digits of a digest that are shown."""


def write_provenance(data: ReportData) -> Section:
    """Name data, software, machines and commands."""
    digest = hashlib.sha256(data.files.test.read_bytes()).hexdigest()
    rows = [
        {
            "experiment": name,
            "finished": f"{one.result.finished_at:%Y-%m-%d %H:%M} UTC",
            "registered as": one.result.version or NONE,
            "data": one.result.data_fingerprint[:_DIGITS],
            "software": one.result.software,
            "revision": (one.result.git_revision or "unknown")[:_DIGITS],
            "machine": one.result.machine or "not recorded",
        }
        for name, one in data.finished.items()
    ]
    paragraphs = (
        Paragraph(
            f"Written by badbuzz {__version__}, revision {find_git_revision() or 'unknown'}. "
            f"The test is {data.files.test.name}, SHA-256 {digest}. 'badbuzz train all' makes the experiments, "
            "'badbuzz train azure' Azure's figures, 'badbuzz report' this report; docs/training.md describes them."
        ),
        Paragraph(f"Data of the deployed model: {data.deployed.manifest.training.data_terms}"),
    )
    table = [Table("Finished experiments", rows)] if rows else []
    return Section("provenance", "Provenance", (*paragraphs, *table))
