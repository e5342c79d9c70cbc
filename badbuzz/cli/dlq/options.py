"""The options that the commands of ``badbuzz dlq`` share."""

from __future__ import annotations

import functools
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from badbuzz.cli.options import LARGEST, Duration, apply_options, topic_option
from badbuzz.errors import SHOWN_CHARACTERS
from badbuzz.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN: Final = 20
"""Letters in the table of ``show``: about one screen."""


class TimeParameter(click.ParamType[int]):
    """A moment in milliseconds since 1970, given as a date (in UTC, unless it names a zone) or as an age."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Convert the value to milliseconds."""
        text = str(value).strip()
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return int((time.time() - self._seconds(text, param, ctx)) * 1000)
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)

    def _seconds(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return Duration().convert(text, param, ctx)
        except click.BadParameter:
            self.fail(f"{text!r} is not a time; write 2026-11-22T03:00 (in UTC) or 2h (ago)", param, ctx)


class Pattern(click.ParamType["re.Pattern[str]"]):
    """A regular expression."""

    name = "regex"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> re.Pattern[str]:
        """Compile the value."""
        try:
            return re.compile(str(value))
        except re.error as error:
            self.fail(f"{value!r} is not a regular expression: {error}", param, ctx)


class Offsets(click.ParamType["tuple[int, int | None]"]):
    """A range of offsets, both ends included: ``7``, ``7-20`` or ``7-``."""

    name = "offsets"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int | None]:
        """Convert the value to the first and the last offset; the last is None if the range is open."""
        found = re.fullmatch(r"([0-9]{1,20})(?:(-)([0-9]{0,20}))?", str(value))
        if not found:
            self.fail(
                f"{str(value)[:SHOWN_CHARACTERS]!r}: write one offset as 7, several as 7-20, all from one on as 7-",
                param,
                ctx,
            )
        first, several, last = found.groups()
        numbers = int(first), int(last) if last else None
        if max(numbers[0], numbers[1] or 0) > LARGEST:
            self.fail(f"{str(value)[:SHOWN_CHARACTERS]!r}: offsets have 64 bits", param, ctx)
        return numbers if several else (numbers[0], numbers[0])


def filter_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that select letters. The command gets them as the parameter ``letter_filter``."""

    @functools.wraps(function)
    def select(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - the command's own parameters
        from worker.dead_letters.filter import DeadLetterFilter

        names = ("stage", "match", "since_ms", "until_ms", "partition", "offsets")
        conditions = {name: options.pop(name) for name in names}
        if conditions["offsets"] and conditions["partition"] is None:
            raise click.UsageError("--offset needs --partition: offsets are counted in each partition")
        return function(*arguments, letter_filter=DeadLetterFilter(**conditions), **options)

    options = [
        click.option("--stage", type=click.Choice(["decode", "score"]), help="Stage that failed."),
        click.option("--match", type=Pattern(), help="A regular expression to search for in the message."),
        click.option(
            "--since",
            "since_ms",
            type=TimeParameter(),
            help="Written since: 2026-11-22T03:00 (UTC), or 2h (ago).",
        ),
        click.option("--until", "until_ms", type=TimeParameter(), help="Written before this time."),
        click.option(
            "--partition",
            type=click.IntRange(0, 2**31 - 1),
            metavar="NUMBER",
            help="Partition of the record that could not be scored.",
        ),
        click.option("--offset", "offsets", type=Offsets(), help="Offset of that record: 7, 7-20 or 7-."),
    ]
    return apply_options(select, options)


def confirm_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--dry-run`` and ``--yes``."""
    options = [
        click.option("--dry-run", is_flag=True, help="Only show which letters are selected."),
        click.option("--yes", is_flag=True, help="Do not ask."),
    ]
    return apply_options(function, options)


def kafka_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--topic``. The command gets the Kafka settings as the parameter ``kafka``."""

    @functools.wraps(function)
    def choose(*arguments: Any, topic: str | None, **others: Any) -> Any:  # noqa: ANN401 - the command's own parameters
        kafka = load_settings().kafka
        kafka = kafka.model_copy(update={"topic": topic}) if topic else kafka
        return function(*arguments, kafka=kafka, **others)

    return apply_options(choose, [topic_option("Topic of the records. Default: BADBUZZ_KAFKA__TOPIC.")])
