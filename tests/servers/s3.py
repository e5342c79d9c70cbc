"""An S3 service on loopback: moto's server."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

from moto.server import ThreadedMotoServer

from badbuzz.embedded.port import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running service that takes any credentials."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """What obstore reads from the environment to get here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": _REGION,
            "AWS_ALLOW_HTTP": "true",
        }

    def create_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        request = Request(f"{self.endpoint}/{name}", method="PUT")  # noqa: S310 - on loopback
        urlopen(request).close()  # noqa: S310


@contextmanager
def open_s3() -> Iterator[S3Server]:
    """Run the service in a thread."""
    server = ThreadedMotoServer(HOST, port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield S3Server(f"http://{host}:{port}")
    finally:
        server.stop()
