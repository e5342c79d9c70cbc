"""What runs log in these tests."""

from __future__ import annotations

from training.fitting import CurvePoint
from training.tracking.port import RunOutcome

POINT = CurvePoint(1.0, 0.5, 0.4, 0.8, 0.9)
OUTCOME = RunOutcome({}, {"parameters": 7, "version": "lstm:3", "git revision": None})
