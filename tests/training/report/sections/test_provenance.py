from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.training.report.workspace import read_paragraphs, read_table
from training.report.document import Table
from training.report.sections.provenance import write_provenance

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace


def test_data_software_and_machine_are_named(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm", git_revision="a" * 40)
    section = write_provenance(workspace.load())
    assert hashlib.sha256(workspace.test.read_bytes()).hexdigest() in read_paragraphs(section)
    row = read_table(section, "Finished experiments")["lstm"]
    assert row["finished"] == "2026-01-02 00:00 UTC"
    assert row["revision"] == "a" * 12
    assert row["data"] == "f" * 12
    assert row["machine"] == "2 cores, of a test"


def test_without_experiments_there_is_no_table(workspace: ReportWorkspace) -> None:
    assert not any(isinstance(block, Table) for block in write_provenance(workspace.load()).blocks)
