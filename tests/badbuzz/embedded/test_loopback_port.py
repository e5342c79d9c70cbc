from __future__ import annotations

import socket
import sys

import pytest

from badbuzz.embedded.loopback_port import HOST, LoopbackPort


def test_a_port_has_an_address_and_tells_whether_a_server_listens() -> None:
    with LoopbackPort() as port:
        assert port.address == f"127.0.0.1:{port.number}"
        assert not port.is_listening()
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((HOST, port.number))
            server.listen()
            assert port.is_listening()
        assert not port.is_listening()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux allows a server on a held port")
def test_a_held_port_is_given_to_no_other_process() -> None:
    with LoopbackPort() as port:
        with pytest.raises(OSError, match="in use"), socket.socket() as other:
            other.bind((HOST, port.number))
        port.release()
        with socket.socket() as other:
            other.bind((HOST, port.number))


def test_a_taken_port_is_refused() -> None:
    with socket.create_server((HOST, 0)) as server, pytest.raises(OSError, match="in use"):
        LoopbackPort(server.getsockname()[1])
