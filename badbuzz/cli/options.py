"""Options that several commands share."""

from __future__ import annotations

import errno
import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from badbuzz.errors import SHOWN_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from model_registry.store.registry import Registry

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

LARGEST: Final = 2**63 - 1
"""The largest number of an option: offsets, counts and seeds have 64 bits."""
SEED: Final = click.IntRange(-LARGEST, LARGEST)
SMALLEST_RATE, LARGEST_RATE = 1e-6, 1e9
_LONGEST_S: Final = 100 * 365 * 86_400
_UNUSABLE: Final = frozenset({errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL})


class FiniteFloatRange(click.FloatRange):
    """A range of numbers. click lets *nan* pass, because it is neither too small nor too large."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - as click's
        """Convert the typed text."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class FilePath(click.Path):
    """A path that need not exist, but could."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - as click's
        """Convert the typed text."""
        try:
            os.lstat(value)
        except ValueError as error:
            self.fail(f"{str(value)[:SHOWN_CHARACTERS]!r}: {error}", param, ctx)
        except OSError as error:
            if error.errno in _UNUSABLE:
                self.fail(f"{str(value)[:SHOWN_CHARACTERS]!r}: {error.strerror}", param, ctx)
        return super().convert(value, param, ctx)


FILE: Final = FilePath()
"""A path that need not exist."""

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0}
_PART: Final = r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)"


class Duration(click.ParamType[float]):
    """A duration in seconds: ``30s``, ``2m``, ``1h30m``, ``90``. A number without a unit means seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert the typed text to seconds."""
        text = str(value).strip()
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
            seconds = float(text)
        elif re.fullmatch(f"(?:{_PART})+", text):
            seconds = sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_PART, text))
        else:
            self.fail(f"{text[:SHOWN_CHARACTERS]!r} is not a duration; write 30s, 2m or 1h30m", param, ctx)
        if seconds > _LONGEST_S:
            self.fail(f"{text[:SHOWN_CHARACTERS]!r} is longer than a hundred years", param, ctx)
        return seconds


def apply_options(function: Callable[..., Any], options: Sequence[Decorator]) -> Callable[..., Any]:
    """Add options to a command, in the order of its help."""
    for option in reversed(options):
        function = option(function)
    return function


def topic_option(text: str) -> Decorator:
    """Return the option ``--topic``, which checks the name. ``text`` is its help."""
    return click.option("--topic", metavar="NAME", callback=read_topic, help=text)


def read_topic(_ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Check a topic's name by the same rule as the setting: the name is used in paths, keys and patterns.

    :raises click.BadParameter: if Kafka would refuse the name.
    """
    from pydantic import TypeAdapter, ValidationError

    from badbuzz.settings import TopicName

    if value is None:
        return None
    try:
        return TypeAdapter(TopicName).validate_python(value)
    except ValidationError:
        raise click.BadParameter(
            f"{value!r}: a topic's name has 1 to 249 letters, digits, '.', '_' or '-'"
        ) from None


def folder_option(name: str, *declarations: str, default: str, text: str) -> Decorator:
    """Return an option that names a folder. ``text`` is its help, which shows the default."""
    return click.option(name, *declarations, type=FILE, default=Path(default), show_default=True, help=text)


registry_option = click.option(
    "--registry",
    "registry_url",
    metavar="URL",
    help="A path, s3://, gs:// or az://. [default: BADBUZZ_REGISTRY__URL]",
)


def open_registry(url: str | None) -> Registry:
    """Open the registry at ``url``; None stands for the one in the settings."""
    from badbuzz.settings import load_settings
    from model_registry.store.registry import Registry

    return Registry.open(url or load_settings().registry.url)
