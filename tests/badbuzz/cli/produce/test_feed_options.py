from __future__ import annotations

import socket

import click
import pytest
from click.testing import CliRunner

from badbuzz.cli.produce.feed_options import FeedOptions, feed_options
from badbuzz.errors import Misconfigured


@click.command
@feed_options(quiet_after_s=60)
def show(feed: FeedOptions) -> None:
    """Print the options."""
    click.echo(repr(feed))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], FeedOptions(60, "127.0.0.1", 0)),
        (
            ["--quiet-after", "0", "--metrics-port", "9465", "--metrics-host", "0.0.0.0"],  # noqa: S104 - not opened
            FeedOptions(0, "0.0.0.0", 9465),  # noqa: S104
        ),
    ],
)
def test_the_options_are_passed_as_one_value(arguments: list[str], expected: FeedOptions) -> None:
    assert CliRunner().invoke(show, arguments).output == f"{expected!r}\n"


@pytest.mark.parametrize("arguments", [["--quiet-after", "-1"], ["--metrics-port", "65536"]])
def test_other_values_are_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(show, arguments).exit_code == 2


def test_without_a_port_nothing_is_served() -> None:
    with FeedOptions(60, "127.0.0.1", 0).open_monitor("x") as monitor:
        assert monitor.gaps == 0


def test_the_port_is_free_again_afterwards() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = FeedOptions(60, "127.0.0.1", port)
    with (
        options.open_monitor("x"),
        pytest.raises(Misconfigured, match=f"--metrics-port {port} cannot be opened"),
        options.open_monitor("x"),
    ):
        pass
    with options.open_monitor("x"):
        pass
