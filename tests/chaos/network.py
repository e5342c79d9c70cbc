"""A TCP proxy on loopback whose connections can be cut, stalled and slowed."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
import threading
from contextlib import suppress
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from badbuzz.embedded.loopback_port import HOST, LoopbackPort

if TYPE_CHECKING:
    from collections.abc import Coroutine

_CHUNK = 64 * 1024
_SLICES_PER_S = 20
"""A slow link passes many small pieces, not a large one after a long silence."""
_RESET_ON_CLOSE, _END_ON_CLOSE = struct.pack("ii", 1, 0), struct.pack("ii", 0, 0)


class Proxy:
    """Passes connections on to ``target`` (``host:port``).

    It keeps its own address from construction until :meth:`close`, also while it is cut. Each method replaces the effect of the
    previous one, returns when its own is complete, and may be called by any thread. If the target does not listen, connections
    are accepted and reset.
    """

    def __init__(self, target: str) -> None:
        self._port = LoopbackPort()
        self._loop = asyncio.new_event_loop()
        self._relay = _Relay(self._port.number, target)
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy of {target}", daemon=True)
        self._thread.start()
        self.heal()

    @property
    def address(self) -> str:
        """``127.0.0.1:port``."""
        return self._port.address

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        self._apply(self._relay.cut())

    def stall(self) -> None:
        """Keep connections and accept new ones, but pass no bytes, except for those that are being sent now."""
        self._apply(self._relay.flow(0))

    def slow(self, bytes_per_second: float) -> None:
        """Limit the rate in each direction, for all connections together."""
        self._apply(self._relay.flow(bytes_per_second))

    def heal(self) -> None:
        """Pass everything, beginning with the bytes that were held back."""
        self._apply(self._relay.flow(math.inf))

    def close(self) -> None:
        """Cut all connections, and release the address."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._port.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _apply(self, change: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(change, self._loop).result()


class _Direction(Enum):
    TO_TARGET = "to the target"
    FROM_TARGET = "from the target"


class _Pace:
    """A rate at which bytes pass, until another one replaces it."""

    def __init__(self, bytes_per_second: float) -> None:
        self.is_over = asyncio.Event()
        self._rate = bytes_per_second
        self._free_at = dict.fromkeys(_Direction, 0.0)

    async def admit(self, size: int, direction: _Direction) -> int:
        """Wait until some of ``size`` bytes may pass. Return how many; 0 if the pace was replaced meanwhile."""
        if self._rate == math.inf:
            return size
        size = min(size, math.ceil(self._rate / _SLICES_PER_S))
        with suppress(TimeoutError):
            await asyncio.wait_for(self.is_over.wait(), self._wait_s(size, direction))
        return 0 if self.is_over.is_set() else size

    def _wait_s(self, size: int, direction: _Direction) -> float | None:
        if not self._rate:
            return None
        now = asyncio.get_running_loop().time()
        self._free_at[direction] = max(now, self._free_at[direction]) + size / self._rate
        return self._free_at[direction] - now


class _Relay:
    """The proxy's connections, on its event loop."""

    def __init__(self, port: int, target: str) -> None:
        host, _, target_port = target.rpartition(":")
        self._target = host, int(target_port)
        self._port = port
        self._pace = _Pace(math.inf)
        self._accepting: asyncio.Task[None] | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def flow(self, bytes_per_second: float) -> None:
        self._pace.is_over.set()
        self._pace = _Pace(bytes_per_second)
        if self._accepting is None:
            listener = _listen(self._port)
            self._accepting = asyncio.create_task(self._accept(listener))

    async def cut(self) -> None:
        ending = [*self._connections]
        if self._accepting is not None:
            ending.append(self._accepting)
            self._accepting = None
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _accept(self, listener: socket.socket) -> None:
        with listener:
            while True:
                client, _ = await asyncio.get_running_loop().sock_accept(listener)
                _prepare(client)
                connection = asyncio.create_task(self._serve(client))
                connection.add_done_callback(partial(self._forget, client))
                self._connections.add(connection)

    def _forget(self, client: socket.socket, connection: asyncio.Task[None]) -> None:
        client.close()
        self._connections.discard(connection)

    async def _serve(self, client: socket.socket) -> None:
        with socket.socket() as target:
            _prepare(target)
            try:
                await self._await_admission(1, _Direction.TO_TARGET)
                await asyncio.get_running_loop().sock_connect(target, self._target)
                async with asyncio.TaskGroup() as pumps:
                    pumps.create_task(self._pump(client, target, _Direction.TO_TARGET))
                    pumps.create_task(self._pump(target, client, _Direction.FROM_TARGET))
            except* OSError:
                await self._await_admission(1, _Direction.TO_TARGET)  # a stall also holds back the reset
            else:
                for end in (client, target):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _END_ON_CLOSE)

    async def _pump(self, source: socket.socket, sink: socket.socket, direction: _Direction) -> None:
        loop = asyncio.get_running_loop()
        while data := await loop.sock_recv(source, _CHUNK):
            rest = memoryview(data)
            while rest:
                size = await self._await_admission(len(rest), direction)
                await loop.sock_sendall(sink, rest[:size])
                rest = rest[size:]
        await self._await_admission(1, direction)
        sink.shutdown(socket.SHUT_WR)

    async def _await_admission(self, size: int, direction: _Direction) -> int:
        while not (admitted := await self._pace.admit(size, direction)):
            pass
        return admitted


def _prepare(end: socket.socket) -> None:
    end.settimeout(0)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(128)
    listener.settimeout(0)
    return listener
