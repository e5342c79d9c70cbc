from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.training.azure.server import LanguageServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[LanguageServer]:
    with LanguageServer() as running:
        yield running
