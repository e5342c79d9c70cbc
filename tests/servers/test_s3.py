from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING
from wsgiref.util import setup_testing_defaults

import pytest

from badbuzz.clients.storage import create_object, open_store
from tests.servers.s3 import S3Server, _one_at_a_time, open_s3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_TIMEOUT_S = 600
_SECOND_COMES_S = 0.2
"""How long the first request stays inside for a second one to come in; it comes at once if nothing keeps it out."""


def _ask(application: WSGIApplication, body: io.BytesIO) -> bytes:
    environment: WSGIEnvironment = {"wsgi.input": body, "CONTENT_LENGTH": "4"}
    setup_testing_defaults(environment)
    return b"".join(application(environment, lambda *_: lambda _: None))


def test_requests_are_served_one_at_a_time() -> None:
    both_inside = threading.Barrier(2)

    def application(_: WSGIEnvironment, __: StartResponse) -> list[bytes]:
        with suppress(threading.BrokenBarrierError):
            both_inside.wait(_SECOND_COMES_S)
            return [b"not alone"]
        return [b"alone"]

    serve = _one_at_a_time(application)
    with ThreadPoolExecutor(2) as clients:
        answers = clients.map(lambda _: _ask(serve, io.BytesIO(b"body")), range(2))
        assert list(answers) == [b"alone", b"alone"]


def test_an_incomplete_request_does_not_block_others() -> None:
    class Stalled(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert healed.wait(_TIMEOUT_S)
            return super().read(size)

    healed = threading.Event()
    serve = _one_at_a_time(lambda environment, _: [environment["wsgi.input"].read()])
    with ThreadPoolExecutor(1) as clients:
        stalled = clients.submit(_ask, serve, Stalled(b"late"))
        assert _ask(serve, io.BytesIO(b"body, of which four bytes are said to come")) == b"body"
        healed.set()
        assert stalled.result(_TIMEOUT_S) == b"late"


@pytest.fixture
def own_s3() -> Iterator[S3Server]:
    with open_s3() as server:
        yield server


def test_it_forgets_buckets_and_their_objects(own_s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in own_s3.environment.items():
        monkeypatch.setenv(name, value)
    for _ in range(2):
        own_s3.create_bucket("bucket")
        assert create_object(open_store("s3://bucket"), "object", b"x")
        own_s3.delete_all()
