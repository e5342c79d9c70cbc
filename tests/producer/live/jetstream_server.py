"""A server on 127.0.0.1 with the parts of Jetstream that the producer uses. It can fail on demand.

Each connection plays the next script, a list of frames and actions, and is then closed. After the last script, connections
send nothing.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets.sync.server import ServerConnection, serve

from tests.producer.live.server_actions import CutConnection, SendNothing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from http import HTTPStatus

    from websockets.http11 import Request, Response

DID = "did:plc:abc123"
START_US = 1_780_000_000_000_000


class Refuse:
    """Answer the handshake with a status."""

    def __init__(self, status: HTTPStatus, retry_after: str | None = None) -> None:
        self.status = status
        self.retry_after = retry_after


Step = str | bytes | CutConnection | SendNothing


def post(number: int, text: str = "no bag, no plane", *, at_us: int | None = None, **fields: Any) -> str:
    record = {
        "$type": "app.bsky.feed.post",
        "createdAt": "2026-05-01T10:00:00.5Z",
        "langs": ["en"],
        "text": text,
    }
    return message(number, at_us=at_us, record={**record, **fields})


def message(number: int, *, at_us: int | None = None, **commit: Any) -> str:
    """Return a message about the post of this number, by default one second after that of the number before."""
    body = {
        "rev": "3l",
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": f"r{number}",
        **commit,
    }
    time_us = START_US + number * 1_000_000 if at_us is None else at_us
    return json.dumps({"did": DID, "time_us": time_us, "kind": "commit", "commit": body})


class JetstreamServer:
    def __init__(self, *scripts: Sequence[Step] | Refuse) -> None:
        self.scripts = list(scripts)
        self.queries: list[dict[str, list[str]]] = []
        self.closing = threading.Event()
        self._server = serve(
            self._play, "127.0.0.1", 0, process_request=self._admit, compression=None, close_timeout=1
        )
        host, port = self._server.socket.getsockname()[:2]
        self.url = f"ws://{host}:{port}/subscribe"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        self.queries.append(parse_qs(urlsplit(request.path).query))
        if not self.scripts or not isinstance(self.scripts[0], Refuse):
            return None
        refusal = self.scripts.pop(0)
        assert isinstance(refusal, Refuse)
        response = connection.respond(refusal.status, "no")
        if refusal.retry_after is not None:
            response.headers["Retry-After"] = refusal.retry_after
        return response

    def _play(self, connection: ServerConnection) -> None:
        script: Sequence[Step] | Refuse = self.scripts.pop(0) if self.scripts else [SendNothing()]
        assert not isinstance(script, Refuse)
        for step in script:
            match step:
                case str() | bytes():
                    connection.send(step)
                case CutConnection():
                    connection.socket.close()
                    return
                case SendNothing():
                    self.closing.wait()
                    return
