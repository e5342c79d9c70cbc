"""A network that fails on demand: a TCP proxy on loopback, whose connections can be cut, stalled and slowed."""

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
"""A slow link moves a little at a time, rather than a lot after a long silence."""
_RESET_ON_CLOSE, _END_ON_CLOSE = struct.pack("ii", 1, 0), struct.pack("ii", 0, 0)


class Proxy:
    """Passes everything on to ``target`` (``host:port``), as well or as badly as it was last told.

    It listens from its construction until :meth:`close` at an address that nobody else gets, also while it is cut.
    Every method returns when what it asks for is so, replaces what was asked before, and may be called by any thread.
    Where nobody listens at the target, a connection is accepted and reset.
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
        self._do(self._relay.cut())

    def stall(self) -> None:
        """Keep connections and accept new ones, and let no byte through, except for what is being sent at this moment."""
        self._do(self._relay.flow(0))

    def slow(self, bytes_per_second: float) -> None:
        """Let so much through in each direction, of all connections together."""
        self._do(self._relay.flow(bytes_per_second))

    def heal(self) -> None:
        """Let everything through, beginning with what was held back."""
        self._do(self._relay.flow(math.inf))

    def close(self) -> None:
        """Cut, and give up the address."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._port.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, change: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(change, self._loop).result()


class _Way(Enum):
    THERE = "to the target"
    BACK = "from the target"


class _Pace:
    """How fast bytes go, until it is replaced by another."""

    def __init__(self, bytes_per_second: float) -> None:
        self.is_over = asyncio.Event()
        self._rate = bytes_per_second
        self._free_at = dict.fromkeys(_Way, 0.0)

    async def admit(self, size: int, way: _Way) -> int:
        """Wait until some of ``size`` bytes may go; returns how many, 0 if the pace changed meanwhile."""
        if self._rate == math.inf:
            return size
        size = min(size, math.ceil(self._rate / _SLICES_PER_S))
        with suppress(TimeoutError):
            await asyncio.wait_for(self.is_over.wait(), self._wait_s(size, way))
        return 0 if self.is_over.is_set() else size

    def _wait_s(self, size: int, way: _Way) -> float | None:
        if not self._rate:
            return None
        now = asyncio.get_running_loop().time()
        self._free_at[way] = max(now, self._free_at[way]) + size / self._rate
        return self._free_at[way] - now


class _Relay:
    """The proxy's inside: lives on its event loop."""

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
                await self._admitted(1, _Way.THERE)
                await asyncio.get_running_loop().sock_connect(target, self._target)
                async with asyncio.TaskGroup() as pumps:
                    pumps.create_task(self._pump(client, target, _Way.THERE))
                    pumps.create_task(self._pump(target, client, _Way.BACK))
            except* OSError:
                await self._admitted(1, _Way.THERE)  # only now may the other side see what one has suffered
            else:
                for end in (client, target):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _END_ON_CLOSE)

    async def _pump(self, source: socket.socket, sink: socket.socket, way: _Way) -> None:
        loop = asyncio.get_running_loop()
        while data := await loop.sock_recv(source, _CHUNK):
            rest = memoryview(data)
            while rest:
                size = await self._admitted(len(rest), way)
                await loop.sock_sendall(sink, rest[:size])
                rest = rest[size:]
        await self._admitted(1, way)
        sink.shutdown(socket.SHUT_WR)

    async def _admitted(self, size: int, way: _Way) -> int:
        while not (admitted := await self._pace.admit(size, way)):
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
