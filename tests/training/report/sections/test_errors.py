from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.training.report.workspace import HOSTILE, read_table
from training.report.document import Quotes
from training.report.sections.errors import write_errors
from training.report.text_patterns import ERROR_KINDS

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace


def test_errors_add_up(workspace: ReportWorkspace) -> None:
    data = workspace.load()
    kinds = read_table(write_errors(data), "Errors of")
    assert list(kinds) == list(ERROR_KINDS)
    counted = [int(cell.split()[0].replace(",", "")) for row in kinds.values() for cell in row.values()]
    assert sum(counted) == np.count_nonzero(~data.deployed.test_scores.hits)


def test_the_surest_errors_of_each_kind_are_quoted(workspace: ReportWorkspace) -> None:
    quotes = [block for block in write_errors(workspace.load()).blocks if isinstance(block, Quotes)]
    assert quotes
    for block in quotes:
        scores = [float(text.split()[0]) for text in block.texts]
        assert 0 < len(scores) <= 8
        assert scores == sorted(scores, reverse="negative tweets" in block.caption)
    assert any(text.endswith(HOSTILE) for block in quotes for text in block.texts)
