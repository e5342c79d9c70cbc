"""Versions in a store; loading and refusing them is tested in test_registry.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_registry.package.manifest import MANIFEST, VOCABULARY
from model_registry.package.refs import ModelRef
from model_registry.store.objects import Objects
from model_registry.store.versions import Versions

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from model_registry.package.package import Package


def test_the_vocabulary_is_written_first_and_the_manifest_last(
    store: ObjectStore, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = Objects(store)
    create, written = objects.create, list[str]()

    def record(path: str, content: bytes) -> bool:
        written.append(path)
        return create(path, content)

    monkeypatch.setattr(objects, "create", record)
    assert Versions(objects).publish(package) == ModelRef("tiny", 1)
    assert (written[0], written[-1]) == (f"tiny/versions/1/{VOCABULARY}", f"tiny/versions/1/{MANIFEST}")
    assert len(written) == len(package.files) + 1


def test_only_complete_versions_and_their_models_are_listed(store: ObjectStore, package: Package) -> None:
    objects = Objects(store)
    versions = Versions(objects)
    objects.create(f"tiny/versions/9/{VOCABULARY}", b"")
    objects.create(f"other/versions/1/{VOCABULARY}", b"")
    objects.create(f"tiny/versions/latest/{MANIFEST}", b"")
    versions.publish(package)
    versions.publish(package)
    assert versions.list_versions("tiny") == [ModelRef("tiny", 10), ModelRef("tiny", 11)]
    assert versions.list_models() == ["tiny"]
    assert versions.read_manifest(ModelRef("tiny", 10)).version == 10


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("tiny", "1, 2", "its versions: 1, 2"),
        ("tiny", "", "set one with `badbuzz models promote tiny:VERSION`"),
        ("tony", "", "its models: tiny"),
    ],
)
def test_suggestions(store: ObjectStore, package: Package, name: str, known: str, expected: str) -> None:
    versions = Versions(Objects(store))
    assert "the registry is empty" in versions.suggest_known(name, "versions", "")
    versions.publish(package)
    assert versions.suggest_known(name, "versions", known) == expected
