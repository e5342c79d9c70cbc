"""An HTTP server with the part of MLflow's REST API that runs use. It fails on demand; artefacts go into a folder."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]


class MLflowServer:
    """Stores what is logged of each run. ``mood`` is ``well``, ``broken`` (it answers 503) or ``silent`` (it does not answer)."""

    def __init__(self, artefacts: Path) -> None:
        self.artefacts = artefacts
        self.mood = "well"
        self.refused = 0
        self.experiments: list[str] = []
        self.runs: dict[str, Json] = {}
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str, asked: Json) -> tuple[int, Json]:
        if self.mood != "well":
            self.refused += 1
        if self.mood == "silent":
            self._closing.wait()
        if self.mood == "broken":
            return 503, {}
        match path.removeprefix("/api/2.0/mlflow/"):
            case "experiments/get-by-name":
                return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such experiment"}
            case "experiments/create":
                self.experiments.append(asked["name"])
                return 200, {"experiment_id": str(len(self.experiments))}
            case "runs/create":
                run_id = f"run{len(self.runs) + 1}"
                self.runs[run_id] = {
                    "status": "RUNNING",
                    "name": asked["run_name"],
                    "metrics": [],
                    "params": [],
                    "tags": [],
                }
            case "runs/get" | "runs/update" | "runs/log-batch":
                run_id = asked["run_id"]
                if run_id not in self.runs:
                    return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such run"}
                run = self.runs[run_id]
                run["status"] = asked.get("status", run["status"])
                for kind in ("metrics", "params", "tags"):
                    run[kind] += asked.get(kind, [])
            case other:
                return 404, {"error_code": "ENDPOINT_NOT_FOUND", "message": other}
        return 200, self._run_reply(run_id)

    def _run_reply(self, run_id: str) -> Json:
        info = {
            "run_id": run_id,
            "run_uuid": run_id,
            "experiment_id": "1",
            "status": self.runs[run_id]["status"],
            "artifact_uri": (self.artefacts / run_id).as_uri(),
            "lifecycle_stage": "active",
        }
        return {"run": {"info": info, "data": {}}, "run_info": info}

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the handler's
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = dict(pair.split("=", 1) for pair in urlsplit(self.path).query.split("&") if pair)
                self._answer(query)

            def do_POST(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def log_message(self, *_: object) -> None: ...

            def _answer(self, asked: Json) -> None:
                status, reply = server.answer(urlsplit(self.path).path, asked)
                body = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler
