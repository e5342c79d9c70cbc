"""The proxy, on plain sockets, where every byte can be observed."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from badbuzz.embedded.loopback_port import HOST, LoopbackPort
from tests.chaos.network import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT_S = 90
SILENCE_S = 0.2
"""A connection without a byte for this long counts as silent."""


@pytest.fixture
def target() -> Iterator[socket.socket]:
    """A listening socket; the test is the server."""
    with socket.create_server((HOST, 0)) as listener:
        listener.settimeout(TIMEOUT_S)
        yield listener


@pytest.fixture
def proxy(target: socket.socket) -> Iterator[Proxy]:
    with Proxy(_address(target)) as proxy:
        yield proxy


def _address(listener: socket.socket) -> str:
    return f"{HOST}:{listener.getsockname()[1]}"


def _connect(proxy: Proxy) -> socket.socket:
    host, port = proxy.address.split(":")
    return socket.create_connection((host, int(port)), timeout=TIMEOUT_S)


def _accept(target: socket.socket) -> socket.socket:
    server, _ = target.accept()
    server.settimeout(TIMEOUT_S)
    return server


def _read(end: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = end.recv(size - len(found))
        assert more, f"ended after {len(found)} of {size} bytes"
        found += more
    return found


def _is_silent(end: socket.socket) -> bool:
    end.settimeout(SILENCE_S)
    try:
        end.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return True
    finally:
        end.settimeout(TIMEOUT_S)
    return False


def test_bytes_and_ends_of_streams_pass_in_both_directions(target: socket.socket, proxy: Proxy) -> None:
    with _connect(proxy) as client, _accept(target) as server:
        client.sendall(b"question")
        client.shutdown(socket.SHUT_WR)
        assert _read(server, 8) == b"question"
        assert server.recv(1) == b""
        server.sendall(b"answer, to half a connection")
        server.close()
        assert _read(client, 28) == b"answer, to half a connection"
        assert client.recv(1) == b""


def test_a_reset_is_passed_on(target: socket.socket, proxy: Proxy) -> None:
    with _connect(proxy) as client, _accept(target) as server:
        client.sendall(b"unread, so that the server's end becomes a reset")
        assert server.recv(1) == b"u"
        server.close()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_cut_resets_connections_refuses_new_ones_and_keeps_the_address(
    target: socket.socket, proxy: Proxy
) -> None:
    with _connect(proxy) as client, _accept(target) as server:
        proxy.cut()
        for end in (client, server):
            with pytest.raises(ConnectionResetError):
                end.recv(1)
    with pytest.raises(ConnectionRefusedError):
        _connect(proxy)
    proxy.heal()
    with _connect(proxy) as client, _accept(target) as server:
        client.sendall(b"x")
        assert _read(server, 1) == b"x"


def test_bytes_held_back_by_a_stall_pass_after_heal(target: socket.socket, proxy: Proxy) -> None:
    with _connect(proxy) as client, _accept(target) as server:
        client.sendall(b"1")
        assert _read(server, 1) == b"1"
        proxy.stall()
        client.sendall(b"2")
        server.sendall(b"3")
        assert _is_silent(server)
        assert _is_silent(client)
        with _connect(proxy) as other:
            other.sendall(b"4")
            proxy.heal()
            with _accept(target) as other_server:
                assert _read(other_server, 1) == b"4"
        assert _read(server, 1) == b"2"
        assert _read(client, 1) == b"3"


def test_a_stall_also_holds_back_the_end_of_a_stream(target: socket.socket, proxy: Proxy) -> None:
    with _connect(proxy) as client, _accept(target) as server:
        client.sendall(b"1")
        assert _read(server, 1) == b"1"
        proxy.stall()
        client.close()
        assert _is_silent(server)
        proxy.heal()
        assert server.recv(1) == b""


def test_a_stalled_connection_can_be_cut(target: socket.socket, proxy: Proxy) -> None:
    with _connect(proxy) as client, _accept(target) as server:
        proxy.stall()
        client.sendall(b"never to arrive")
        proxy.cut()
        for end in (client, server):
            with pytest.raises(ConnectionResetError):
                end.recv(1)


def test_slow_limits_the_rate_until_heal(target: socket.socket, proxy: Proxy) -> None:
    with _connect(proxy) as client, _accept(target) as server:
        proxy.slow(50)
        started = time.monotonic()
        client.sendall(b"x" * 100_000)
        assert _read(server, 20) == b"x" * 20
        # Never faster; a crowded machine may be slower. The first slice, of which there are 20 a second, may come at once.
        assert time.monotonic() - started >= 0.2
        proxy.heal()
        assert _read(server, 99_980) == b"x" * 99_980


def test_without_a_target_connections_are_reset_until_it_listens() -> None:
    with LoopbackPort() as port, Proxy(port.address) as proxy:
        with pytest.raises(ConnectionResetError), _connect(proxy) as client:
            client.recv(1)
        with socket.create_server((HOST, port.number)) as target, _connect(proxy) as client:
            client.sendall(b"x")
            with _accept(target) as server:
                assert _read(server, 1) == b"x"


def test_large_amounts_pass_unchanged(target: socket.socket, proxy: Proxy) -> None:
    block = bytes(range(256)) * 4_096
    with _connect(proxy) as client, _accept(target) as server:
        sender = threading.Thread(target=client.sendall, args=(block * 20,))
        sender.start()
        assert _read(server, 20 * len(block)) == block * 20
        sender.join()


def test_close_leaves_no_thread_and_no_listener(target: socket.socket) -> None:
    proxy = Proxy(_address(target))
    with _connect(proxy) as client, _accept(target):
        before = threading.active_count()
        proxy.close()
        assert threading.active_count() == before - 1
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        _connect(proxy)
