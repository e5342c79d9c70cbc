"""Model versions in a store.

A version's files are written by create-if-absent: the vocabulary first, which claims the number, and the manifest last, which
makes the version complete. An interrupted registration wastes a number and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from badbuzz.errors import ModelRefused
from model_registry.package.manifest import MANIFEST, MAX_MANIFEST_BYTES, VOCABULARY, Manifest
from model_registry.package.package import Package, check_names
from model_registry.package.refs import ModelRef

if TYPE_CHECKING:
    from model_registry.package.package import LoadedModel
    from model_registry.store.objects import Objects


class Versions:
    """The versions of all models of one store. Methods raise what :class:`Objects` raises."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def list_models(self) -> list[str]:
        """Return the names of the models that have a complete version."""
        return [name for name in self._objects.list_folders() if self.list_versions(name)]

    def list_versions(self, name: str) -> list[ModelRef]:
        """Return a model's complete versions, the oldest first."""
        suffix = f"/{MANIFEST}"
        paths = self._objects.list_names(f"{name}/versions")
        complete = (path.removesuffix(suffix) for path in paths if path.endswith(suffix))
        return [
            ModelRef(name, number) for number in sorted(int(stem) for stem in complete if stem.isdecimal())
        ]

    def read_manifest(self, ref: ModelRef) -> Manifest:
        """Fetch only the manifest of a version.

        :raises ModelRefused: if it is missing, or belongs to another version.
        """
        content = self._objects.read(f"{_folder(ref)}/{MANIFEST}", MAX_MANIFEST_BYTES)
        if content is None:
            raise ModelRefused(f"{ref}: {self._explain_absence(ref)}")
        manifest = Manifest.read(content, source=str(ref))
        if manifest.ref != ref:
            raise ModelRefused(
                f"{ref}: its manifest belongs to {manifest.ref}; the version was copied by hand"
            )
        return manifest

    def load(self, ref: ModelRef) -> LoadedModel:
        """Fetch a version and check all of its files.

        :raises ModelRefused: with the reason.
        """
        manifest = self.read_manifest(ref)
        check_names(manifest, self._objects.list_names(_folder(ref)), str(ref))
        files = {}
        for name, entry in manifest.files.items():
            content = self._objects.read(f"{_folder(ref)}/{name}", entry.bytes)
            if content is None:
                raise ModelRefused(f"{ref}: {name} disappeared while it was read; register the model again")
            files[name] = content
        return Package(manifest, files).open(str(ref))

    def publish(self, package: Package) -> ModelRef:
        """Write a package as its model's next version."""
        ref = self._claim(package)
        folder = _folder(ref)
        for name in sorted(package.files.keys() - {VOCABULARY}):
            self._objects.create(f"{folder}/{name}", package.files[name])
        self._objects.create(f"{folder}/{MANIFEST}", package.manifest.with_version(ref.version).to_bytes())
        return ref

    def _claim(self, package: Package) -> ModelRef:
        name = package.manifest.name
        while True:
            taken = [
                int(folder) for folder in self._objects.list_folders(f"{name}/versions") if folder.isdecimal()
            ]
            ref = ModelRef(name, max(taken, default=0) + 1)
            if self._objects.create(f"{_folder(ref)}/{VOCABULARY}", package.files[VOCABULARY]):
                return ref

    def _explain_absence(self, ref: ModelRef) -> str:
        if self._objects.list_names(_folder(ref)):
            return "was never finished (it has no manifest); register it again, it gets a new version"
        known = ", ".join(str(known.version) for known in self.list_versions(ref.name))
        return f"there is no such version in {self._objects.place}; {self.suggest_known(ref.name, 'versions', known)}"

    def suggest_known(self, name: str, what: str, known: str) -> str:
        """Return what exists in place of a missing version or alias, for a message."""
        if known:
            return f"its {what}: {known}"
        models = self.list_models()
        if not models:
            return "the registry is empty: fill it with `badbuzz models import --bundled`"
        if name in models:
            return f"set one with `badbuzz models promote {name}:VERSION`"
        return f"its models: {', '.join(models)}"


def _folder(ref: ModelRef) -> str:
    return f"{ref.name}/versions/{ref.version}"
