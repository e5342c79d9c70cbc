"""Servers for these tests alone, because these tests kill them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.servers.kafka import JarsMissingError
from tests.chaos.servers import ChaosServers, open_servers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChaosServers]:
    try:
        with open_servers(tmp_path_factory.mktemp("servers")) as servers:
            yield servers
    except JarsMissingError as missing:
        pytest.skip(f"needs Apache Kafka: {missing}")
