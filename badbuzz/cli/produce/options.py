"""What all ``badbuzz produce`` commands share: the options of Kafka, and the connection."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from badbuzz.settings import KafkaSettings, Settings
    from producer.publisher import Publisher

F = TypeVar("F", bound="Callable[..., Any]")


def kafka_options(function: F) -> F:
    """Add ``--bootstrap``, ``--topic``, ``--create-topic/--no-create-topic`` and ``--rejects`` to a command."""
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
    for option in reversed(options):
        function = option(function)
    return function


def override_kafka_settings(settings: Settings, bootstrap: str | None, topic: str | None) -> KafkaSettings:
    """Return the Kafka settings, with the values of the command line in place of the configured ones.

    :raises Misconfigured: if the result is invalid.
    """
    from pydantic import ValidationError

    from badbuzz.errors import Misconfigured
    from badbuzz.validation import describe_problem

    changes = {
        name: value for name, value in (("bootstrap", bootstrap), ("topic", topic)) if value is not None
    }
    try:
        return type(settings.kafka).model_validate(dict(settings.kafka) | changes)
    except ValidationError as error:
        problems = (
            describe_problem(detail, name=f"--{(*detail['loc'], 'topic')[0]}", show_value=False)
            for detail in error.errors()
        )
        raise Misconfigured(f"{'; '.join(problems)} (got {changes})") from None


def choose_rejects_path(given: Path | None, source: str) -> Path:
    """Return the path of the rejects file: ``given``, or else in the working folder, or if that is read-only, in TMPDIR."""
    if given is not None:
        return given
    name = f"rejected-{source}.jsonl"
    try:
        with tempfile.TemporaryFile(dir="."):
            return Path(name)
    except OSError:
        return Path(tempfile.gettempdir()) / name


@contextmanager
def open_publisher(kafka: KafkaSettings, stop: threading.Event, *, create_topic: bool) -> Iterator[Publisher]:
    """Connect to Kafka and close the connection at the end."""
    from producer.kafka_publisher import KafkaPublisher

    publisher = KafkaPublisher(kafka, stop, create_topic=create_topic)
    try:
        yield publisher
    finally:
        publisher.close()
