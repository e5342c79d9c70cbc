"""Durations on the command line: ``30s``, ``2m``, ``1h30m``, ``90``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from typing import Any

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0}
_PART: Final = r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)"


class Duration(click.ParamType[float]):
    """A duration in seconds. A number without a unit means seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - click's signature
        """Convert the typed text to seconds."""
        text = str(value).strip()
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
            return float(text)
        if not re.fullmatch(f"(?:{_PART})+", text):
            self.fail(f"{value!r} is not a duration; write 30s, 2m or 1h30m", param, ctx)
        return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_PART, text))
