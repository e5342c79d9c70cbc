"""Serves ``/metrics``, ``/healthz`` and ``/readyz`` on one port."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app

from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from worker.monitoring.health import Health

StartResponse = Any


class _Server(ThreadingHTTPServer, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Log nothing: there is a scrape every few seconds."""


class HealthServer:
    """Serves on its own thread until closed."""

    def __init__(self, host: str, port: int, health: Health, registry: CollectorRegistry) -> None:
        """Bind the port; port 0 chooses a free one.

        :raises Misconfigured: if the port is taken.
        """
        try:
            self._server = _Server((host, port), _QuietHandler)
        except (OSError, UnicodeError) as error:  # the second for an impossible name such as a..b
            raise Misconfigured(
                f"health port {host}:{port} cannot be opened: {error}; set BADBUZZ_HEALTH__HOST or BADBUZZ_HEALTH__PORT"
            ) from None
        self._server.set_app(_build_app(health, registry))
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _build_app(
    health: Health, registry: CollectorRegistry
) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    metrics = make_wsgi_app(registry)
    checks = {"/healthz": health.check_alive, "/readyz": health.check_ready}

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            found: Iterable[bytes] = metrics(environ, start_response)
            return found
        check = checks.get(path)
        if check is None:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"/metrics, /healthz or /readyz\n"]
        passed, text = check()
        status = "200 OK" if passed else "503 Service Unavailable"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [text.encode()]

    return app
