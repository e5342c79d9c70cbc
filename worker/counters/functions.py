"""Calls the functions of ``functions.lua`` on the server, which may be replaced, emptied or reconfigured at any time."""

from __future__ import annotations

import logging
import time
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from redis.exceptions import MovedError, ResponseError

from badbuzz.clients.redis_client import redirect_redis, redis_errors
from badbuzz.errors import Misconfigured, Retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis import Redis

    from badbuzz.errors import BadBuzzError

log = logging.getLogger(__name__)

_ATTEMPTS: Final = 3
"""Attempts of one call, between which the library is loaded, or the slot of the keys is followed to another node."""

_EVICTION_CHECK_S: Final = 30.0
"""How often a worker checks that the server does not evict keys. An operator may change that while workers run."""


class ServerFunctions:
    """The functions on one server.

    The library is loaded when a call finds it missing, and replaced when it is older than this worker's. A call follows the
    keys to the node of a cluster that the server names. After a failure, the next call connects to the address of the
    settings anew, because a host name may lead to another server after a failover.
    """

    def __init__(self, client: Redis, explain: Callable[[str], BadBuzzError]) -> None:
        """``explain`` makes an error of a reply that concerns neither access nor availability."""
        self._home = self.client = client
        self._explain = explain
        self._eviction_checked_at = -_EVICTION_CHECK_S

    def call(self, function: str, *arguments: str) -> object:
        """Call a function, whose first argument is its key.

        :raises Retry: if the server is unavailable, may evict keys, or loses its functions or keys to others again and again.
        :raises Misconfigured: if it refuses access.
        """
        try:
            with redis_errors(self._explain, arguments[0]):
                self._check_eviction()
                return self._call_and_repair(function, arguments)
        except Retry:
            self.reconnect()
            raise

    def check(self, key: str) -> None:
        """Check the server and the rights of its user. Load the functions if they are missing; write nothing else.

        :raises Misconfigured: if a right is missing, the server may evict keys, or it has no functions.
        """
        with redis_errors(self._explain, key):
            self._check_eviction()
            try:
                self.client.fcall("badbuzz_check_rights", 1, key)
            except ResponseError as error:
                if "Function not found" not in str(error):
                    raise
                self._load(replace=True)  # a library without this function is older than this worker's
                self.client.fcall("badbuzz_check_rights", 1, key)

    def reconnect(self) -> None:
        """Close connections. The next call connects to the address of the settings."""
        self.client.close()
        self._home.connection_pool.disconnect()
        self.client = self._home

    def close(self) -> None:
        """Close connections."""
        self.client.close()
        self._home.close()

    def _call_and_repair(self, function: str, arguments: tuple[str, ...]) -> object:
        problem, is_loaded = "", True
        for _ in range(_ATTEMPTS):
            try:
                return self.client.fcall(function, 1, *arguments)
            except MovedError as error:
                problem = f"the keys move from node to node, last to {error.host}:{error.port}"
                self._follow(error)
            except ResponseError as error:
                is_missing = "Function not found" in str(error)
                is_older = str(error).startswith("BADBUZZ_LIBRARY_OLD")
                if not (is_missing or is_older):
                    raise
                if not is_loaded:
                    raise  # a newer library is kept, and it lacks this function
                problem = f"the function library is removed or replaced as soon as it is loaded ({error})"
                is_loaded = self._load(replace=is_older)
        raise Retry("redis", problem)

    def _follow(self, moved: MovedError) -> None:
        log.warning(
            "redis: slot %s, which holds the counters, has moved to %s:%s: following it. Set BADBUZZ_REDIS__URL to that node",
            *(moved.slot_id, moved.host, moved.port),
        )
        if self.client is not self._home:
            self.client.close()
        self.client = redirect_redis(self._home, moved.host, moved.port)

    def _load(self, *, replace: bool) -> bool:
        """Load this version's library. Return False if there is one already.

        A missing function alone does not justify ``replace``: a newer library may lack it.
        """
        source = resources.files("worker.counters").joinpath("functions.lua").read_text(encoding="utf-8")
        try:
            self.client.function_load(source, replace=replace)
        except ResponseError as error:
            if "already exists" not in str(error):
                raise
            return False
        return True

    def _check_eviction(self) -> None:
        is_start = self._eviction_checked_at < 0
        if not is_start and time.monotonic() - self._eviction_checked_at < _EVICTION_CHECK_S:
            return
        memory: Any = self.client.info("memory")
        policy = memory["maxmemory_policy"]
        if not memory["maxmemory"] or policy == "noeviction":
            self._eviction_checked_at = time.monotonic()
            return
        problem = (
            f"maxmemory-policy is {policy}: under memory pressure the server would silently drop counters; "
            "set it to noeviction"
        )
        if is_start:
            raise Misconfigured(f"redis: {problem}")
        raise Retry(
            "redis",
            f"{problem}. It was changed while this worker runs: check the counters with `badbuzz verify`",
        )
