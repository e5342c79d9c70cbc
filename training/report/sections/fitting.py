"""How did fitting get on?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.report.charts.frame import Axis, Frame
from training.report.charts.kinds import Line, lines
from training.report.document import Figure, Note, Section
from training.report.rows import entries

if TYPE_CHECKING:
    from training.fitting import CurvePoint
    from training.report.charts.svg import Svg
    from training.report.evidence import Evidence
    from training.report.rows import Entry


def fitting(evidence: Evidence) -> Section:
    """Write the learning curves."""
    shown = [entry for entry in entries(evidence.runs) if entry.run and entry.run.result.curve]
    title = "Learning curves"
    if not shown:
        return Section(
            "fitting", title, (Note("No network has been fitted yet: its rows of the table are not run."),)
        )
    caption = (
        "Cross entropy of training (coloured; with dropout and the penalty on large weights, so it may lie above) and of the "
        "validation (grey). Above each: the best AUC on the validation, whose weights are kept."
    )
    return Section("fitting", title, (Figure("learning", caption, tuple(_curves(entry) for entry in shown)),))


def _curves(entry: Entry) -> Svg:
    curve: list[CurvePoint] = entry.run.result.curve if entry.run else []
    best = max(point.validation_auc for point in curve)
    values = [value for point in curve for value in (point.loss, point.validation_loss)]
    margin = (max(values) - min(values)) * 0.05 + 1e-3
    frame = Frame(
        f"{entry.name}: AUC {best:.4f}",
        Axis("epochs", 0, max(point.epochs for point in curve)),
        Axis("cross entropy", min(values) - margin, max(values) + margin),
    )
    return lines(
        frame,
        [
            Line([(point.epochs, point.loss) for point in curve], "main", dots=True),
            Line([(point.epochs, point.validation_loss) for point in curve], "other", dots=True),
        ],
    )
