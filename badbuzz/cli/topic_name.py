"""A topic's name from the command line. The rule is the same as for the setting: the name is used in paths, keys and patterns."""

from __future__ import annotations

import click
from pydantic import TypeAdapter, ValidationError

from badbuzz.settings import TopicName


def read_topic(_ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Check a topic's name, as a click callback.

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
