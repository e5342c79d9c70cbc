"""A server on loopback with the service's REST interface, which fails on demand."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOST: Final = "127.0.0.1"
KEY: Final = "a-key-for-tests"
MODEL_VERSION: Final = "2022-11-01"
MOST_DOCUMENTS: Final = 10
KEY_HEADER: Final = "Ocp-Apim-Subscription-Key"
_PATH: Final = "/language/:analyze-text?api-version=2023-04-01"

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Response:
    """A response, sent as it is."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    lacking: int = 0
    """Bytes that the length promises and that are not sent."""


Trick: TypeAlias = "Callable[[Json], Response]"
"""Replaces the response to one request; gets the regular reply."""


def problem(status: int, code: str = "Trouble", headers: Mapping[str, str] | None = None) -> Trick:
    """Refuse the whole request."""
    body = {"error": {"code": code, "message": f"this is {code}"}}
    return lambda _reply: _json(status, body, headers or {})


def body(content: bytes) -> Trick:
    """Answer 200 with these bytes."""
    return lambda _reply: Response(200, content, {"Content-Type": "application/json"})


def cut(reply: Json) -> Response:
    """Close the connection in the middle of the response."""
    whole = _json(200, reply)
    return Response(200, whole.body[:50], whole.headers, lacking=len(whole.body) - 50)


def changed(change: Callable[[Json], None]) -> Trick:
    """Answer with ``change`` applied to the results."""

    def answer(reply: Json) -> Response:
        change(reply["results"])
        return _json(200, reply)

    return answer


class LanguageServer:
    """Scores a text by the first word of ``moods`` in it; texts without any are neutral.

    Each of ``tricks`` replaces the response to one request. ``documents`` are the documents that were answered, ``requests``
    the bodies of all requests, and ``keys`` their keys. ``waiting`` is set while a late response is pending.
    """

    def __init__(self, moods: Mapping[str, float] | None = None) -> None:
        self.tricks: list[Trick] = []
        self.documents: list[Json] = []
        self.requests: list[Json] = []
        self.keys: list[str | None] = []
        self.waiting = threading.Event()
        self._closing = threading.Event()
        self.moods = moods or {"lovely": 0.9, "awful": 0.05}
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}/"

    @property
    def texts(self) -> list[str]:
        return [document["text"] for document in self.documents]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def late(self) -> Trick:
        """Answer only when the server is closed."""

        def answer(reply: Json) -> Response:
            self.waiting.set()
            self._closing.wait()
            return _json(200, reply)

        return answer

    def answer(self, path: str, key: str | None, content: bytes) -> Response:
        self.keys.append(key)
        if path != _PATH:
            return problem(404, "NotFound")({})
        if key != KEY:
            return problem(401, "Unauthorized")({})
        request = json.loads(content)
        self.requests.append(request)
        documents = request["analysisInput"]["documents"]
        if request["kind"] != "SentimentAnalysis" or not 1 <= len(documents) <= MOST_DOCUMENTS:
            return problem(400, "InvalidRequest")({})
        reply = {"kind": "SentimentAnalysisResults", "results": self._results(documents)}
        if self.tricks:
            return self.tricks.pop(0)(reply)
        self.documents += documents
        return _json(200, reply)

    def _results(self, documents: list[Json]) -> Json:
        return {
            "documents": [self._opinion(document) for document in documents if document["text"].strip()],
            "errors": [failed(document["id"]) for document in documents if not document["text"].strip()],
            "modelVersion": MODEL_VERSION,
        }

    def _opinion(self, document: Json) -> Json:
        found = [mood for word, mood in self.moods.items() if word in document["text"]]
        positive = found[0] if found else 0.1
        negative = round(0.95 - positive, 2) if found else 0.1
        confidences = {
            "positive": positive,
            "negative": negative,
            "neutral": round(1 - positive - negative, 2),
        }
        verdict = max(confidences, key=lambda mood: confidences[mood])
        sentence = {
            "sentiment": verdict,
            "confidenceScores": confidences,
            "offset": 0,
            "length": len(document["text"]),
            "text": document["text"],
        }
        return {
            "id": document["id"],
            "sentiment": verdict,
            "confidenceScores": confidences,
            "sentences": [sentence],
            "warnings": [],
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                response = server.answer(self.path, self.headers[KEY_HEADER], content)
                try:
                    self.send_response(response.status)
                    for name, value in response.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(response.body) + response.lacking))
                    self.end_headers()
                    self.wfile.write(response.body)
                    self.close_connection = response.lacking > 0
                except ConnectionError:
                    self.close_connection = True  # the client has stopped waiting

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        return Handler


def failed(document: str, code: str = "InvalidDocument") -> Json:
    """One document's error, nested as the service nests it."""
    inner = {"code": code, "message": f"this is {code}"}
    return {
        "id": document,
        "error": {"code": "InvalidArgument", "message": "Invalid document", "innererror": inner},
    }


def _json(status: int, content: Json, headers: Mapping[str, str] | None = None) -> Response:
    head = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    return Response(status, json.dumps(content).encode(), head)
