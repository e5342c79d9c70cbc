"""Faults of the workers' dependencies."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from tests.chaos.plan import Fault
from tests.chaos.servers import Dependency

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chaos.plan import FaultStep
    from tests.chaos.servers import ChaosServers


RIGHTS = ("rpush", "hset", "zadd", "expireat", "hincrby", "lpop", "hdel", "zremrangebyscore")
"""Commands that functions run at different steps of an update."""

AHEAD_S = 10_800
"""Longer than the retention, so that all buckets expire."""


class Dependencies:
    """The servers behind their proxies, and the disk. Each method returns when its change is complete."""

    def __init__(self, servers: ChaosServers, disk_full: Path) -> None:
        """``disk_full``: while this file exists, workers cannot write."""
        kafka, redis_, storage = (servers.proxies[dependency] for dependency in Dependency)
        self._servers = servers
        self._disk_full = disk_full
        self._right = RIGHTS[0]
        self._faults: dict[Fault, tuple[Callable[[], None], Callable[[], None]]] = {
            Fault.KAFKA_CUT: (kafka.cut, kafka.heal),
            Fault.KAFKA_STALLED: (kafka.stall, kafka.heal),
            Fault.BROKER_KILLED: (servers.kafka.kill, servers.kafka.start),
            Fault.REDIS_CUT: (redis_.cut, redis_.heal),
            Fault.REDIS_STALLED: (redis_.stall, redis_.heal),
            Fault.VALKEY_EMPTIED: (servers.valkey.kill, servers.valkey.start),
            Fault.VALKEY_SET_BACK: (self._save_snapshot, self._restore_snapshot),
            Fault.STORAGE_CUT: (storage.cut, storage.heal),
            Fault.STORAGE_STALLED: (storage.stall, storage.heal),
            Fault.DISK_FULL: (disk_full.touch, disk_full.unlink),
            Fault.VALKEY_AHEAD: (
                partial(servers.valkey.shift_clock, AHEAD_S),
                partial(servers.valkey.shift_clock, 0),
            ),
            Fault.RIGHT_LOST: (self._take_right, self._give_rights_back),
        }

    def begin_fault(self, step: FaultStep) -> None:
        """Take a dependency away."""
        self._right = RIGHTS[step.victim % len(RIGHTS)]
        self._faults[step.fault][0]()

    def end_fault(self, step: FaultStep) -> None:
        """Bring the dependency back at its old address, with the data that it kept."""
        self._faults[step.fault][1]()

    def _take_right(self) -> None:
        self._change_rights(f"-{self._right}")

    def _give_rights_back(self) -> None:
        self._change_rights("+@all")

    def _change_rights(self, change: str) -> None:
        """Change the rights of the user that workers have. The harness uses none of :data:`RIGHTS` meanwhile."""
        with redis.Redis.from_url(self._servers.valkey.url) as client:
            client.execute_command("ACL", "SETUSER", "default", change)

    def _save_snapshot(self) -> None:
        with redis.Redis.from_url(self._servers.valkey.url) as client:
            client.save()

    def _restore_snapshot(self) -> None:
        """Kill the server and start it with its snapshot; then delete the snapshot, which VALKEY_EMPTIED must not find."""
        with redis.Redis.from_url(self._servers.valkey.url) as client:
            settings = client.config_get("dir")
        self._servers.valkey.kill()
        self._servers.valkey.start()
        Path(settings["dir"], "dump.rdb").unlink()
