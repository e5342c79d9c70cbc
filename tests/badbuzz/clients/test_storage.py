from __future__ import annotations

import errno
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from obstore import exceptions
from obstore.store import GCSStore, LocalStore, MemoryStore, S3Store

from badbuzz.clients.storage import PERMANENCE, create_object, open_store, storage_errors
from badbuzz.errors import BadBuzzError, Misconfigured, Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from obstore.store import ObjectStore


@pytest.fixture(params=["local", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "s3":
        return open_store(request.getfixturevalue("s3").url)
    return open_store("memory://" if request.param == "memory" else str(tmp_path / "made"))


@pytest.fixture
def s3_that_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], ObjectStore]]:
    """``s3_that_answers(503)``: a store behind a server that answers every request with this status."""
    status = 0

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)

    def answering(code: int) -> ObjectStore:
        nonlocal status
        status = code
        return open_store("s3://bucket/folder")

    yield answering
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_name_is_created_once(store: ObjectStore) -> None:
    assert create_object(store, "a/b.txt", b"first")
    assert not create_object(store, "a/b.txt", b"second")
    assert bytes(store.get("a/b.txt").bytes()) == b"first"


def test_of_concurrent_writers_one_creates_the_name(store: ObjectStore) -> None:
    barrier = threading.Barrier(4)
    won: list[bytes] = []

    def want(me: bytes) -> None:
        barrier.wait()
        if create_object(store, "dt=2026-03-14/one.parquet", me):
            won.append(me)

    threads = [threading.Thread(target=want, args=(bytes([n]) * 50_000,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = won
    assert bytes(store.get("dt=2026-03-14/one.parquet").bytes()) == winner


def test_nothing_is_left_in_staging(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    create_object(store, "a", b"1")
    create_object(store, "a", b"2")
    assert list((tmp_path / "_staging").iterdir()) == []


def test_files_of_killed_processes_are_deleted_after_a_day(tmp_path: Path) -> None:
    staging = tmp_path / "_staging"
    staging.mkdir()
    for name in ("old", "new"):
        (staging / name).touch()
    yesterday = (staging / "new").stat().st_mtime - 90_000
    os.utime(staging / "old", (yesterday, yesterday))
    open_store(str(tmp_path))
    assert [path.name for path in staging.iterdir()] == ["new"]


def test_a_published_file_is_flushed_before_it_is_visible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(str(tmp_path))
    visible: list[bool] = []
    flush = os.fsync

    def spy(handle: int) -> None:
        visible.append((tmp_path / "dt=2026-03-14" / "a.parquet").exists())
        flush(handle)

    monkeypatch.setattr("os.fsync", spy)
    create_object(store, "dt=2026-03-14/a.parquet", b"rows")
    assert visible == [False, True, True]  # the file, its folder, the root


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("memory://", MemoryStore),
        ("s3://bucket/folder", S3Store),
        ("gs://bucket/folder", GCSStore),
    ],
)
def test_stores_by_url(url: str, kind: type) -> None:
    assert isinstance(open_store(url), kind)


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_local_folder_is_made(tmp_path: Path, prefix: str) -> None:
    store = open_store(f"{prefix}{tmp_path}/not/yet there")
    assert isinstance(store, LocalStore)
    assert (tmp_path / "not" / "yet there").is_dir()


def test_an_unknown_scheme_is_named() -> None:
    with pytest.raises(Misconfigured, match="'ftp://host/x': unknown scheme 'ftp'; use a path"):
        open_store("ftp://host/x")


def test_azure_without_an_account_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(
        Misconfigured, match=r"'az://container/x' cannot be opened: .*Account must be specified"
    ):
        open_store("az://container/x")


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="cannot be made"):
        open_store(str(tmp_path / "file"))
    with pytest.raises(Misconfigured, match="writing file/a: "):
        create_object(open_store(str(tmp_path)), "file/a", b"")


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Misconfigured), (401, Misconfigured), (403, Misconfigured), (404, Misconfigured)],
)
def test_a_store_that_refuses_us(
    s3_that_answers: Callable[[int], ObjectStore], status: int, error: type[BadBuzzError]
) -> None:
    with pytest.raises(error, match=r"storage: writing a: .*check its URL, credentials and permissions"):
        create_object(s3_that_answers(status), "a", b"x")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_store_that_is_away(s3_that_answers: Callable[[int], ObjectStore], status: int) -> None:
    with pytest.raises(Retry, match="storage: writing a: ") as caught:
        create_object(s3_that_answers(status), "a", b"x")
    assert caught.value.dependency == "storage"


@pytest.mark.usefixtures("s3")
def test_a_silent_server_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        store = open_store("s3://bucket", silence_s=0.1)
        with pytest.raises(Retry, match="storage: writing a"):
            create_object(store, "a", b"x")
        with pytest.raises(Retry, match="storage: reading a"), storage_errors("reading a"):
            store.get("a")


def test_a_bucket_that_does_not_exist(s3: object) -> None:
    store = open_store("s3://no-such-bucket/folder")
    assert s3
    with pytest.raises(Misconfigured, match="writing a: "):
        create_object(store, "a", b"x")
    with pytest.raises(Misconfigured, match="listing: "), storage_errors("listing"):
        store.list_with_delimiter()


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, Retry),
        (errno.EDQUOT, Retry),
        (errno.EIO, Retry),
        (errno.ETIMEDOUT, Retry),
        (errno.EACCES, Misconfigured),
        (errno.EROFS, Misconfigured),
        (errno.EXDEV, Misconfigured),
    ],
)
def test_errors_of_the_file_system(number: int, error: type[BadBuzzError]) -> None:
    with pytest.raises(error, match=os.strerror(number)), storage_errors("writing a"):
        raise OSError(number, os.strerror(number))


STORE_ERRORS = [
    kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)
]


@pytest.mark.parametrize("kind", STORE_ERRORS, ids=[kind.__name__ for kind in STORE_ERRORS])
def test_every_error_class_of_obstore_is_classified(kind: type[Exception]) -> None:
    permanent = PERMANENCE[kind]
    expected = Misconfigured if permanent else Retry
    with (
        pytest.raises(expected, match=r"storage: .*reading a: words of the store"),
        storage_errors("reading a"),
    ):
        raise kind("words of the store")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("server returned status code: 501 Not Implemented", Misconfigured),
        ("server returned status code: 505", Misconfigured),
        ("server returned status code: 403", Misconfigured),
        ("server returned status code: 409", Retry),
        ("server returned status code: 503", Retry),
        ("error sending request: invalid peer certificate: UnknownIssuer", Misconfigured),
        ("error sending request: connection refused", Retry),
    ],
)
def test_the_text_of_a_generic_error_decides(text: str, error: type[BadBuzzError]) -> None:
    with pytest.raises(error), storage_errors("reading a"):
        raise exceptions.GenericError(text)
