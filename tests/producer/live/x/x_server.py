"""A server on 127.0.0.1 with the parts of X's filtered stream that the producer uses. It can fail on demand.

Each connection to the stream plays the next script: a list of byte strings (chunks) and actions. After the last script,
connections send only keep-alives.
"""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.producer.live.server_actions import CutConnection, SendNothing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEEP_ALIVE = b"\r\n"
STREAM = "/2/tweets/search/stream"
RULES = f"{STREAM}/rules"


@dataclass(frozen=True)
class Answer:
    """Answer with a status and no stream."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Step = bytes | Answer | CutConnection | SendNothing


def post(number: int, text: str = "where is my bag", *, tag: str = "badbuzz", **fields: Any) -> bytes:
    data = {
        "id": str(number),
        "text": text,
        "created_at": "2026-05-01T10:00:00.000Z",
        "lang": "en",
        "author_id": "7",
        **fields,
    }
    users = {"users": [{"id": "7", "username": "ada", "name": "Ada"}]}
    message = {"data": data, "includes": users, "matching_rules": [{"id": "1", "tag": tag}]}
    return json.dumps(message).encode() + b"\r\n"


class XServer:
    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.scripts = list(scripts)
        self.rules: list[dict[str, str]] = []
        self.rule_answers: list[Answer] = []
        self.rule_errors: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.queries: list[dict[str, list[str]]] = []
        self.closing = threading.Event()
        server = self

        class Handler(_Handler):
            x = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def url(self) -> str:
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    x: XServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self.x.tokens.add(self.headers["Authorization"])
        if address.path == RULES:
            self._rules({"data": self.x.rules, "meta": {}})
            return
        assert address.path == STREAM, self.path
        self.x.queries.append(parse_qs(address.query))
        self._play(self.x.scripts.pop(0) if self.x.scripts else [])

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for rule in body.get("add", []):
            self.x.rules.append({"id": str(100 + len(self.x.rules)), **rule})
        gone = body.get("delete", {}).get("ids", [])
        self.x.rules = [rule for rule in self.x.rules if rule["id"] not in gone]
        self._rules({"meta": {}, "errors": self.x.rule_errors} if self.x.rule_errors else {"meta": {}})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gives it
        """Do not log."""

    def _rules(self, content: object) -> None:
        if self.x.rule_answers:
            self._answer(self.x.rule_answers.pop(0))
            return
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _play(self, script: Sequence[Step]) -> None:
        if script and isinstance(script[0], Answer):
            self._answer(script[0])
            return
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        try:
            self._stream(script)
        except OSError:
            return  # the client has closed the connection

    def _stream(self, script: Sequence[Step]) -> None:
        for step in script:
            match step:
                case bytes():
                    self._chunk(step)
                case CutConnection():
                    self.wfile.write(b'400\r\n{"data": {"id": "cut')
                    self.wfile.flush()
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                case SendNothing():
                    self.x.closing.wait()
                    return
        if script:
            self.wfile.write(b"0\r\n\r\n")
            return
        while not self.x.closing.wait(0.05):
            self._chunk(KEEP_ALIVE)

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()
