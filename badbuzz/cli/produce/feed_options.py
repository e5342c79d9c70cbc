"""The options with which ``badbuzz produce live`` tells that a source is quiet or dead."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from badbuzz.cli.options import LARGEST, apply_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from producer.live.feed_monitor import FeedMonitor


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """The values of :func:`feed_options`."""

    quiet_after_s: float
    metrics_host: str
    metrics_port: int

    @contextmanager
    def open_monitor(self, source: str) -> Iterator[FeedMonitor]:
        """Yield the monitor of a source. Serve its metrics if a port is given.

        :raises Misconfigured: if the port cannot be opened.
        """
        from prometheus_client import CollectorRegistry, start_http_server

        from badbuzz.errors import Misconfigured
        from producer.live.feed_monitor import FeedMonitor

        registry = CollectorRegistry()
        monitor = FeedMonitor(source, self.quiet_after_s, registry)
        if not self.metrics_port:
            yield monitor
            return
        try:
            server, thread = start_http_server(self.metrics_port, self.metrics_host, registry)
        except OSError as error:
            raise Misconfigured(
                f"--metrics-port {self.metrics_port} cannot be opened on {self.metrics_host}: {error.strerror}"
            ) from None
        try:
            yield monitor
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def feed_options(*, quiet_after_s: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add ``--quiet-after``, ``--metrics-port`` and ``--metrics-host`` to a command.

    The command gets them as its argument ``feed``, a :class:`FeedOptions`.
    """
    options = [
        click.option(
            "--quiet-after",
            type=click.IntRange(0, LARGEST),
            default=quiet_after_s,
            show_default=True,
            metavar="SECONDS",
            help="Log a warning after this long without a post; 0 for never.",
        ),
        click.option(
            "--metrics-port",
            type=click.IntRange(0, 65_535),
            default=0,
            metavar="PORT",
            help="Serve Prometheus metrics on this port, such as the time of the last post; default: do not.",
        ),
        click.option(
            "--metrics-host",
            default="127.0.0.1",
            show_default=True,
            metavar="ADDRESS",
            help="Address on which metrics are served.",
        ),
    ]

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def command(*, quiet_after: int, metrics_port: int, metrics_host: str, **others: object) -> None:
            function(**others, feed=FeedOptions(quiet_after, metrics_host, metrics_port))

        return apply_options(command, options)

    return decorate
