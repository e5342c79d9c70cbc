"""What all producers on the command line share: options, signals, the way to Kafka, and the last word."""

from __future__ import annotations

import signal
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from badbuzz.settings import KafkaSettings, Settings
    from producer.publish import Publisher

F = TypeVar("F", bound="Callable[..., Any]")


def kafka_options(function: F) -> F:
    """``--bootstrap``, ``--topic``, ``--create-topic/--no-create-topic``, ``--rejects``."""
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
            help="Make the topic, with 12 partitions, if it is missing.",
        ),
        click.option(
            "--rejects",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Where malformed rows are written aside; default: rejected-*.jsonl in the working folder.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def kafka_settings(settings: Settings, bootstrap: str | None, topic: str | None) -> KafkaSettings:
    """The settings for Kafka, with what the command line says instead.

    :raises Misconfigured: if that makes no sense.
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


def rejects_path(given: Path | None, source: str) -> Path:
    """Where rejected rows of ``source`` go: as told, or into the working folder, or where anybody may write."""
    if given is not None:
        return given
    name = f"rejected-{source}.jsonl"
    here = Path(name)
    try:
        with tempfile.TemporaryFile(dir="."):
            return here
    except OSError:
        return Path(tempfile.gettempdir()) / name


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets; the second one interrupts at once."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def publisher_to(kafka: KafkaSettings, stop: threading.Event, *, create_topic: bool) -> Iterator[Publisher]:
    """A connection to Kafka."""
    from producer.kafka_publisher import KafkaPublisher

    publisher = KafkaPublisher(kafka, stop, create_topic=create_topic)
    try:
        yield publisher
    finally:
        publisher.close()
