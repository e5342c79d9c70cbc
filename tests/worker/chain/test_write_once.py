"""Objects that are created once: the first writer wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel

from badbuzz.errors import DataRefused
from worker.chain import write_once
from worker.chain.write_once import create_or_read_json_object, read_json_object

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class Number(BaseModel):
    value: int


def test_the_first_writer_wins(store: ObjectStore) -> None:
    assert create_or_read_json_object(store, "a/b.json", Number(value=1)) == Number(value=1)
    assert create_or_read_json_object(store, "a/b.json", Number(value=2)) == Number(value=1)
    assert read_json_object(store, "a/b.json", Number) == Number(value=1)


def test_a_missing_object_is_none(store: ObjectStore) -> None:
    assert read_json_object(store, "a/b.json", Number) is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"value": "one"}', b"{}", b"\xff"])
def test_an_unreadable_object_is_refused_by_name(store: ObjectStore, content: bytes) -> None:
    store.put("a/b.json", content)
    with pytest.raises(DataRefused, match=r"^a/b\.json: unreadable: .*; restore it from a backup$"):
        create_or_read_json_object(store, "a/b.json", Number(value=1))


def test_an_object_that_disappears_is_refused(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_once, "create_object", lambda *_: False)
    with pytest.raises(DataRefused, match="was there and is gone"):
        create_or_read_json_object(store, "a/b.json", Number(value=1))
