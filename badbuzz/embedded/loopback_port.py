"""A reserved TCP port on loopback."""

from __future__ import annotations

import socket
import sys
from typing import Self

HOST = "127.0.0.1"


class LoopbackPort:
    """A free port on 127.0.0.1, held until :meth:`release`.

    A socket that is bound but does not listen holds it: the kernel gives the port to no other process, while a
    server that sets ``SO_REUSEADDR`` (Kafka, Tansu and Valkey do) can listen on it. Otherwise the port of a killed
    server could be taken before its restart: by another server that asks for any port, or by a client that retries
    the address until the kernel picks the same port for the client's own end and connects the client to itself.

    Only Linux allows two binds to one address; on other systems the port is free but not held.

    :param number: the port to hold; 0 for any.
    :raises OSError: if that port is taken.
    """

    def __init__(self, number: int = 0) -> None:
        self._holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._holder.bind((HOST, number))
        except OSError:
            self._holder.close()
            raise
        self.number: int = self._holder.getsockname()[1]
        if sys.platform != "linux":
            self._holder.close()

    @property
    def address(self) -> str:
        """``127.0.0.1:port``."""
        return f"{HOST}:{self.number}"

    def is_listening(self) -> bool:
        """Whether a server accepts connections on the port."""
        try:
            socket.create_connection((HOST, self.number), timeout=1).close()
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Stop holding the port."""
        self._holder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
