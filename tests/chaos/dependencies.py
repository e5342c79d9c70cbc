"""What the workers depend on, taken away and given back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import redis

from tests.chaos.plan import Fault
from tests.chaos.servers import Dependency

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chaos.plan import Step
    from tests.chaos.servers import Servers


class Dependencies:
    """The servers behind their proxies, and the disk. Each method returns when it is so."""

    def __init__(self, servers: Servers, disk_full: Path) -> None:
        """``disk_full``: the file in whose presence workers can write nothing."""
        kafka, redis_, storage = (servers.proxies[dependency] for dependency in Dependency)
        self._servers = servers
        self._disk_full = disk_full
        self._away: dict[Fault, tuple[Callable[[], None], Callable[[], None]]] = {
            Fault.KAFKA_CUT: (kafka.cut, kafka.heal),
            Fault.KAFKA_STALLED: (kafka.stall, kafka.heal),
            Fault.BROKER_KILLED: (servers.kafka.kill, servers.kafka.start),
            Fault.REDIS_CUT: (redis_.cut, redis_.heal),
            Fault.REDIS_STALLED: (redis_.stall, redis_.heal),
            Fault.VALKEY_EMPTIED: (servers.valkey.kill, servers.valkey.start),
            Fault.VALKEY_SET_BACK: (self._snapshot, self._set_back),
            Fault.STORAGE_CUT: (storage.cut, storage.heal),
            Fault.STORAGE_STALLED: (storage.stall, storage.heal),
            Fault.DISK_FULL: (disk_full.touch, disk_full.unlink),
        }

    def take(self, step: Step) -> None:
        """The fault begins."""
        self._away[step.fault][0]()

    def give_back(self, step: Step) -> None:
        """It ends: the dependency is back at its old address, with what it kept."""
        self._away[step.fault][1]()

    def _snapshot(self) -> None:
        with redis.Redis.from_url(self._servers.valkey.url) as client:
            client.save()

    def _set_back(self) -> None:
        """Power cut, and back with what was saved; the snapshot goes, or an emptied server would find it."""
        with redis.Redis.from_url(self._servers.valkey.url) as client:
            settings = client.config_get("dir")
        self._servers.valkey.kill()
        self._servers.valkey.start()
        Path(settings["dir"], "dump.rdb").unlink()
