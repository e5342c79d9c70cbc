"""What all of ``badbuzz dlq`` share: which topic, which letters, and how sure one is."""

from __future__ import annotations

import functools
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from badbuzz.cli.produce.duration import Duration
from badbuzz.cli.topic_name import read_topic
from badbuzz.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHOWN: Final = 20
"""Letters that the table of ``show`` has: more than a screen helps nobody."""


class Moment(click.ParamType[int]):
    """A moment in milliseconds since 1970, typed as a date (UTC, if it names no zone) or as how long ago."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401 - click's own signature
        """Turn what was typed into milliseconds."""
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
            self.fail(f"{text!r} is no time; write 2026-11-22T03:00 (in UTC) or 2h (ago)", param, ctx)


class Pattern(click.ParamType["re.Pattern[str]"]):
    """A regular expression."""

    name = "regex"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's own signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> re.Pattern[str]:
        """Compile it."""
        try:
            return re.compile(value)
        except re.error as error:
            self.fail(f"{value!r} is no regular expression: {error}", param, ctx)


class Offsets(click.ParamType["tuple[int, int | None]"]):
    """Offsets from the first to the last, both included: ``7``, ``7-20`` or ``7-``."""

    name = "offsets"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's own signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[int, int | None]:
        """Turn what was typed into the first and the last offset, None for no end."""
        found = re.fullmatch(r"([0-9]+)(?:(-)([0-9]*))?", str(value))
        if not found:
            self.fail(f"{value!r}: write one offset as 7, several as 7-20, all from one on as 7-", param, ctx)
        first, several, last = found.groups()
        if not several:
            return int(first), int(first)
        return int(first), int(last) if last else None


def filter_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which letters are meant; together they are the parameter ``letter_filter``."""

    @functools.wraps(function)
    def select(
        *arguments: Any,  # noqa: ANN401 - whatever the command takes
        stage: str | None,
        match: re.Pattern[str] | None,
        since: int | None,
        until: int | None,
        partition: int | None,
        offset: tuple[int, int | None] | None,
        **others: Any,  # noqa: ANN401 - as above
    ) -> Any:  # noqa: ANN401 - as above
        from worker.dead_letters.filter import DeadLetterFilter

        if offset and partition is None:
            raise click.UsageError("--offset needs --partition: each partition has an offset of that number")
        letter_filter = DeadLetterFilter(stage, match, since, until, partition, offset)
        return function(*arguments, letter_filter=letter_filter, **others)

    options = [
        click.option("--stage", type=click.Choice(["decode", "clean", "score"]), help="Where it failed."),
        click.option("--match", type=Pattern(), help="A regular expression, found in the message."),
        click.option("--since", type=Moment(), help="Written then or later: 2026-11-22T03:00 (UTC), or 2h."),
        click.option("--until", type=Moment(), help="Written before."),
        click.option(
            "--partition",
            type=click.IntRange(min=0),
            metavar="NUMBER",
            help="Of the record that could not be scored.",
        ),
        click.option("--offset", type=Offsets(), help="Of that record: 7, 7-20 or 7-."),
    ]
    return _with(select, options)


def confirm_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--dry-run`` and ``--yes``."""
    options = [
        click.option("--dry-run", is_flag=True, help="Only show which letters are meant."),
        click.option("--yes", is_flag=True, help="Do not ask."),
    ]
    return _with(function, options)


def topic_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--topic``; the command gets the settings as ``kafka``."""

    @functools.wraps(function)
    def choose(*arguments: Any, topic: str | None, **others: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        kafka = load_settings().kafka
        kafka = kafka.model_copy(update={"topic": topic}) if topic else kafka
        return function(*arguments, kafka=kafka, **others)

    option = click.option(
        "--topic",
        metavar="NAME",
        callback=read_topic,
        help="Topic of the records, if not that of BADBUZZ_KAFKA__TOPIC.",
    )
    return _with(choose, [option])


def _with(
    function: Callable[..., Any], options: Sequence[Callable[[Callable[..., Any]], Callable[..., Any]]]
) -> Callable[..., Any]:
    for option in reversed(options):
        function = option(function)
    return function
