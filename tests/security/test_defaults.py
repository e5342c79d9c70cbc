"""By default everything is on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from badbuzz.embedded.loopback_port import HOST, LoopbackPort
from badbuzz.settings import HealthSettings, KafkaSettings, RedisSettings

ROOT = Path(__file__).parents[2]


def test_everything_is_on_loopback() -> None:
    assert HOST == "127.0.0.1"
    assert HealthSettings.model_fields["host"].default == HOST
    assert KafkaSettings.model_fields["bootstrap"].default == f"{HOST}:9092"
    url: Any = RedisSettings.model_fields["url"].default
    assert urlsplit(url.get_secret_value()).hostname == HOST
    with LoopbackPort() as port:
        assert port.address.startswith(f"{HOST}:")


def test_compose_publishes_on_loopback_only() -> None:
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert [port for port in published if not str(port).startswith(f"{HOST}:")] == []
