"""The probe of create-if-absent, on stores that honour it and on stores that do not."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from badbuzz.clients.storage import open_store
from badbuzz.clients.store_probe import check_create_if_absent
from badbuzz.errors import Misconfigured, Retry
from tests.servers.s3 import open_s3

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from tests.servers.s3 import Conditions


@pytest.fixture(params=["local", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "memory":
        return open_store("memory://")
    if request.param == "local":
        return open_store(str(tmp_path / "folder"))
    return open_store(request.getfixturevalue("s3").url)


def test_a_store_that_honours_it_passes_and_is_left_empty(store: ObjectStore) -> None:
    check_create_if_absent(store, "here")
    assert [entry for chunk in store.list() for entry in chunk] == []


@pytest.mark.parametrize(
    ("conditions", "counted"),
    [
        ("ignored", "4 of 4 writers.*a later one replaced it"),
        ("racy", "4 of 4 writers.*a later one was refused"),
    ],
)
def test_a_server_that_does_not_is_refused(
    conditions: Conditions, counted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_s3(conditions) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.create_bucket("bucket")
        store = open_store("s3://bucket/scored.chain")
        with pytest.raises(Misconfigured, match=f"^here does not honour create-if-absent: {counted}"):
            check_create_if_absent(store, "here")
        assert [entry for chunk in store.list() for entry in chunk] == []


def test_a_file_system_whose_links_replace_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "hardlink_to", lambda new, old: old.replace(new))
    with pytest.raises(Misconfigured, match="does not honour create-if-absent"):
        check_create_if_absent(open_store(str(tmp_path)), "here")


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_file_system_without_links_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with pytest.raises(Misconfigured, match=f"{tmp_path}.*hard link.*{os.strerror(code)}.*ext4"):
        check_create_if_absent(open_store(str(tmp_path)), "here")


def test_a_store_that_is_away_is_asked_again(s3: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(Retry):
        check_create_if_absent(open_store("s3://bucket"), "here")
    assert s3


def test_a_store_that_may_not_be_deleted_from_passes(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Misconfigured("deleting: forbidden")

    monkeypatch.setattr("badbuzz.clients.store_probe.delete_objects", refuse)
    check_create_if_absent(store, "here")
