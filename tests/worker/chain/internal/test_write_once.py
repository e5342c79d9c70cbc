"""Objects that are created once: the first writer wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel

from badbuzz.errors import DataRefused
from worker.chain.internal import write_once
from worker.chain.internal.write_once import create_or_read_json_object, read_json_object

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore


class Number(BaseModel):
    value: int


def test_the_first_writer_wins(store: ScoredStore) -> None:
    assert create_or_read_json_object(store.rows, "a/b.json", Number(value=1)) == Number(value=1)
    assert create_or_read_json_object(store.rows, "a/b.json", Number(value=2)) == Number(value=1)
    assert read_json_object(store.rows, "a/b.json", Number) == Number(value=1)


def test_a_missing_object_is_none(store: ScoredStore) -> None:
    assert read_json_object(store.rows, "a/b.json", Number) is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"value": "one"}', b"{}", b"\xff"])
def test_an_unreadable_object_is_refused_by_name(store: ScoredStore, content: bytes) -> None:
    store.rows.put("a/b.json", content)
    with pytest.raises(
        DataRefused, match=r"^internal file a/b\.json: unreadable: .*; restore it from a backup$"
    ):
        create_or_read_json_object(store.rows, "a/b.json", Number(value=1))


def test_an_object_that_disappears_is_refused(store: ScoredStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_once, "create_object", lambda *_: False)
    with pytest.raises(DataRefused, match="was there and is gone"):
        create_or_read_json_object(store.rows, "a/b.json", Number(value=1))
