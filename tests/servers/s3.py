"""An S3 service on loopback: moto in a process of its own, ``python -m tests.servers.s3 PORT CONDITIONS``."""

from __future__ import annotations

import io
import logging
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.request import Request, urlopen

from badbuzz.embedded.loopback_port import HOST, LoopbackPort
from badbuzz.system.child_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_REGION = "us-east-1"
_ROOT = Path(__file__).parents[2]
_START_TIMEOUT_S = 600.0
_STOP_TIMEOUT_S = 5.0
_MOMENT_S = 0.2


Conditions = Literal["atomic", "ignored", "racy"]


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running service that accepts any credentials and keeps everything in memory."""

    address: str

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://{self.address}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment with which obstore finds the service."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": _REGION,
            "AWS_ALLOW_HTTP": "true",
        }

    def create_bucket(self, name: str) -> None:
        """Create an empty bucket."""
        self._ask("PUT", name)

    def delete_all(self) -> None:
        """Delete all buckets with their objects."""
        self._ask("POST", "moto-api/reset")

    def _ask(self, method: str, path: str) -> None:
        request = Request(f"{self.endpoint}/{path}", method=method)  # noqa: S310 - on loopback
        urlopen(request).close()  # noqa: S310


@contextmanager
def open_s3(conditions: Conditions = "atomic") -> Iterator[S3Server]:
    """Run the service.

    :param conditions: what it makes of ``If-None-Match: *``: ``atomic`` as S3 does, ``ignored``, or ``racy``: it checks
        whether the object exists, and writes it a moment later.
    """
    with tempfile.TemporaryDirectory(prefix="badbuzz-s3-") as folder, LoopbackPort() as port:
        process = ServerProcess(
            "S3",
            [sys.executable, "-m", __name__, str(port.number), conditions],
            log=Path(folder) / "s3.log",
            environment={"PYTHONPATH": str(_ROOT)},
        )
        process.start(port.is_listening, timeout_s=_START_TIMEOUT_S)
        try:
            yield S3Server(port.address)
        finally:
            process.stop(timeout_s=_STOP_TIMEOUT_S)


def _one_at_a_time(application: WSGIApplication) -> WSGIApplication:
    """Serve one request at a time, and each only after it was received completely.

    S3 guarantees that one of two conditional puts of a name fails; moto checks first and puts afterwards.
    """
    lock = threading.Lock()

    def serve(environment: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        size = int(environment.get("CONTENT_LENGTH") or 0)
        environment["wsgi.input"] = io.BytesIO(environment["wsgi.input"].read(size))
        with lock:
            return [*application(environment, start_response)]

    return serve


def _ignore_conditions(application: WSGIApplication) -> WSGIApplication:
    def serve(environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environment.pop("HTTP_IF_NONE_MATCH", None)
        return application(environment, start_response)

    return serve


def _check_before_writing(application: WSGIApplication) -> WSGIApplication:
    """Check the condition in a request of its own, and write a moment later without it."""
    without_condition = _ignore_conditions(application)

    def serve(environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "HTTP_IF_NONE_MATCH" not in environment:
            return application(environment, start_response)
        statuses: list[str] = []
        head = environment | {"REQUEST_METHOD": "HEAD", "CONTENT_LENGTH": "0", "wsgi.input": io.BytesIO()}

        def note_status(status: str, *_: object) -> Callable[[bytes], int]:
            statuses.append(status)
            return io.BytesIO().write

        list(without_condition(head, note_status))
        if statuses[0].startswith("200"):
            return application(environment, start_response)
        time.sleep(_MOMENT_S)
        return without_condition(environment, start_response)

    return serve


def _serve(port: int, conditions: str) -> None:
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - slow to import, and of no use to who starts us
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    application = _one_at_a_time(DomainDispatcherApplication(create_backend_app))
    if conditions == "ignored":
        application = _ignore_conditions(application)
    elif conditions == "racy":
        application = _check_before_writing(application)
    make_server(HOST, port, application, threaded=True, request_handler=MotoRequestHandler).serve_forever()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), sys.argv[2])
