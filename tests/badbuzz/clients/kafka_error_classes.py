"""One error of each class of kafka-python, for tests of everything that handles them."""

from __future__ import annotations

import inspect
from typing import Any

from kafka import errors
from kafka.errors import KafkaError

ERROR_CLASSES: list[type[Any]] = sorted(
    (found for _, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, KafkaError)),
    key=lambda found: str(found.__name__),
)


def make_error(kind: type[KafkaError]) -> KafkaError:
    return kind({}) if kind is errors.LogTruncationError else kind("why")
