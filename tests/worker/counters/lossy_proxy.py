"""A proxy that delivers requests and loses replies, so that the client cannot know whether a call took effect."""

from __future__ import annotations

import socket
import socketserver
import threading
from typing import Self
from urllib.parse import urlsplit

_CHUNK = 65_536


class LossyProxy:
    """A proxy of a Redis server. While it loses replies, it closes the connection when the server has answered."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 6379)
        self._to_lose = 0
        self.lost = 0
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with socket.create_connection(proxy._target) as server:
                    proxy._relay(self.request, server)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._database = parts.path
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._server.server_address[1]}{self._database}"

    def lose_answers(self, count: int) -> None:
        self._to_lose = count

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        doomed = threading.Event()

        def answer() -> None:
            while data := server.recv(_CHUNK):
                if doomed.is_set():
                    self.lost += 1
                    client.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(data)

        answers = threading.Thread(target=answer, daemon=True)
        answers.start()
        while request := client.recv(_CHUNK):
            if self._to_lose and b"badbuzz_" in request:
                self._to_lose -= 1
                doomed.set()
            server.sendall(request)
        server.shutdown(socket.SHUT_RDWR)
        answers.join()
