"""A broker that a test may kill."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.servers.kafka import ApacheKafka, JarsMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def run_private_kafka(folder: Path, **options: Any) -> Iterator[ApacheKafka]:
    """Start Apache Kafka in ``folder``. Skip the test if Kafka is not installed."""
    try:
        broker = ApacheKafka(folder, heap="256m", **options)
    except JarsMissingError as error:
        pytest.skip(str(error))
    with broker:
        yield broker
