from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.storage import open_store
from benchmarks.servers.running import Servers
from model_registry.bundled import ensure_bundled
from model_registry.store.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.servers.broker import Broker


@pytest.fixture
def servers(tmp_path: Path, kafka: Broker, redis_url: str) -> Servers:
    ensure_bundled(Registry(open_store(str(tmp_path / "registry"))))
    return Servers(tmp_path, kafka.bootstrap, kafka.kind, redis_url)
