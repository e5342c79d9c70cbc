from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import ModelRefused
from model_registry.store.objects import Objects

if TYPE_CHECKING:
    from obstore.store import ObjectStore


def test_the_first_content_stays(store: ObjectStore) -> None:
    objects = Objects(store)
    assert objects.create("a/x", b"first")
    assert not objects.create("a/x", b"second")
    assert objects.read("a/x", 5) == b"first"
    assert objects.read("a/y", 5) is None


def test_an_object_over_the_limit_is_refused(store: ObjectStore) -> None:
    objects = Objects(store)
    objects.create("a/x", b"123456")
    with pytest.raises(ModelRefused, match="a/x: 6 bytes long, at most 5 expected"):
        objects.read("a/x", 5)


def test_listings(store: ObjectStore) -> None:
    objects = Objects(store)
    for path in ("b/1/x", "b/1/deep/y", "b/2/x", "ba/1/x", "a/x"):
        objects.create(path, b"")
    assert objects.list_names("b") == {"1/x", "1/deep/y", "2/x"}
    assert objects.list_folders("b") == ["1", "2"]
    assert set(objects.list_folders()) - {"_staging"} == {"a", "b", "ba"}  # a local store's own folder
    assert (objects.list_names("c"), objects.list_folders("c")) == (set(), [])
