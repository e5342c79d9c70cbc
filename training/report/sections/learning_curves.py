"""How did fitting proceed?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.report.charts import OTHER, Line, draw_lines
from training.report.document import CaptionedChart, Paragraph, Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.fitting import CurvePoint
    from training.report.report_data import ReportData


def write_learning_curves(data: ReportData) -> Section:
    """Write the learning curves of all networks."""
    curves = {name: one.result.curve for name, one in data.finished.items() if one.result.curve}
    title = "Learning curves"
    if not curves:
        return Section("learning", title, (Paragraph("No network has been fitted yet."),))
    caption = (
        "Cross entropy by epoch. Training includes dropout and the penalty on large weights, so it may lie above validation. "
        "Above each panel: the best AUC on the validation; the weights of that evaluation are kept."
    )
    panels = {
        f"{name}\nAUC {max(point.validation_auc for point in curve):.4f}": _draw(curve)
        for name, curve in curves.items()
    }
    chart = draw_lines(
        f"Learning curves of {len(panels)} networks: cross entropy of training and validation by epoch",
        panels,
        "epochs",
        "cross entropy",
    )
    return Section("learning", title, (CaptionedChart("learning", caption, chart),))


def _draw(curve: Sequence[CurvePoint]) -> list[Line]:
    return [
        Line("training", [(point.epochs, point.loss) for point in curve], has_dots=True),
        Line("validation", [(point.epochs, point.validation_loss) for point in curve], OTHER, has_dots=True),
    ]
