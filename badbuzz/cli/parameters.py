"""Values on the command line that several commands take: a topic's name, and a duration."""

from __future__ import annotations

import re
from typing import Final

import click
from pydantic import TypeAdapter, ValidationError

from badbuzz.settings import TopicName

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0}
_PART: Final = r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)"


class Duration(click.ParamType[float]):
    """A duration in seconds: ``30s``, ``2m``, ``1h30m``. A number without a unit means seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert the typed text to seconds."""
        text = str(value).strip()
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
            return float(text)
        if not re.fullmatch(f"(?:{_PART})+", text):
            self.fail(f"{value!r} is not a duration; write 30s, 2m or 1h30m", param, ctx)
        return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_PART, text))


def read_topic(_ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Check a topic's name, as a click callback. The rule is the setting's: paths, keys and patterns contain the name.

    :raises click.BadParameter: if Kafka would refuse the name.
    """
    if value is None:
        return None
    try:
        return TypeAdapter(TopicName).validate_python(value)
    except ValidationError:
        raise click.BadParameter(
            f"{value!r}: a topic's name has 1 to 249 letters, digits, '.', '_' or '-'"
        ) from None
