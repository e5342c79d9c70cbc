"""The options that all ``badbuzz produce`` commands share."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from badbuzz.cli.options import apply_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from badbuzz.settings import KafkaSettings, Settings


@dataclass(frozen=True, slots=True)
class KafkaOptions:
    """The values of :func:`kafka_options`."""

    bootstrap: str | None
    topic: str | None
    create_topic: bool
    rejects: Path | None

    def override(self, settings: Settings) -> KafkaSettings:
        """Return the Kafka settings, with the values of the command line in place of the configured ones.

        :raises Misconfigured: if the result is invalid.
        """
        from pydantic import ValidationError

        from badbuzz.errors import Misconfigured, describe_problem

        options = {"bootstrap": self.bootstrap, "topic": self.topic}
        changes = {name: value for name, value in options.items() if value is not None}
        try:
            return type(settings.kafka).model_validate(dict(settings.kafka) | changes)
        except ValidationError as error:
            problems = (
                describe_problem(detail, name=f"--{(*detail['loc'], 'topic')[0]}", show_value=False)
                for detail in error.errors()
            )
            raise Misconfigured(f"{'; '.join(problems)} (got {changes})") from None

    def choose_rejects_path(self, source: str) -> Path:
        """Return the path of the rejects file: as given, or in the working folder, or in TMPDIR if that is read-only."""
        if self.rejects is not None:
            return self.rejects
        name = f"rejected-{source}.jsonl"
        try:
            with tempfile.TemporaryFile(dir="."):
                return Path(name)
        except OSError:
            return Path(tempfile.gettempdir()) / name


def kafka_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add ``--bootstrap``, ``--topic``, ``--create-topic/--no-create-topic`` and ``--rejects`` to a command.

    The command gets them as its argument ``options``, a :class:`KafkaOptions`.
    """

    @functools.wraps(function)
    def command(
        *,
        bootstrap: str | None,
        topic: str | None,
        create_topic: bool,
        rejects: Path | None,
        **others: object,
    ) -> None:
        function(**others, options=KafkaOptions(bootstrap, topic, create_topic, rejects))

    options = [
        click.option(
            "--bootstrap", metavar="HOST:PORT", help="Kafka brokers; default: BADBUZZ_KAFKA__BOOTSTRAP."
        ),
        click.option(
            "--topic", metavar="NAME", help="Topic to send to; default: BADBUZZ_KAFKA__TOPIC, or tweets."
        ),
        click.option(
            "--create-topic/--no-create-topic",
            default=True,
            show_default=True,
            help="Create a missing topic, with 12 partitions.",
        ),
        click.option(
            "--rejects",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="File for malformed rows; default: rejected-*.jsonl in the working folder.",
        ),
    ]
    return apply_options(command, options)
