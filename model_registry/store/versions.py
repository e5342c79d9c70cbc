"""Model versions in a store.

A version's files are written by create-if-absent, the vocabulary first, which claims the number, and the
manifest last: what has a manifest is whole. A registration that dies in between costs a number, nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from badbuzz.errors import ModelRefused
from model_registry.package.manifest import MANIFEST, MAX_MANIFEST_BYTES, VOCABULARY, Manifest
from model_registry.package.package import Package, check_names
from model_registry.package.refs import ModelRef

if TYPE_CHECKING:
    from model_registry.package.loaded_model import LoadedModel
    from model_registry.store.objects import Objects


class Versions:
    """The versions of all models of one store. Methods raise what :class:`Objects` raises."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def models(self) -> list[str]:
        """List the models that have a finished version."""
        return [name for name in self._objects.folders() if self.of(name)]

    def of(self, name: str) -> list[ModelRef]:
        """List a model's finished versions, the oldest first."""
        suffix = f"/{MANIFEST}"
        paths = self._objects.names(f"{name}/versions")
        finished = (path.removesuffix(suffix) for path in paths if path.endswith(suffix))
        return [
            ModelRef(name, number) for number in sorted(int(stem) for stem in finished if stem.isdecimal())
        ]

    def manifest(self, ref: ModelRef) -> Manifest:
        """Fetch a version's manifest only.

        :raises ModelRefused: if there is none, or it is not this version's.
        """
        content = self._objects.read(f"{_folder(ref)}/{MANIFEST}", MAX_MANIFEST_BYTES)
        if content is None:
            raise ModelRefused(f"{ref}: {self._why_absent(ref)}")
        manifest = Manifest.read(content, source=str(ref))
        if manifest.ref != ref:
            raise ModelRefused(
                f"{ref}: its manifest is of {manifest.ref}; the version was copied here by hand"
            )
        return manifest

    def load(self, ref: ModelRef) -> LoadedModel:
        """Fetch a version and check all of it.

        :raises ModelRefused: with the reason.
        """
        manifest = self.manifest(ref)
        check_names(manifest, self._objects.names(_folder(ref)), str(ref))
        files = {name: self._read(ref, name, entry.bytes) for name, entry in manifest.files.items()}
        return Package(manifest, files).open(str(ref))

    def publish(self, package: Package) -> ModelRef:
        """Write a package as its model's next version."""
        ref = self._claim(package)
        folder = _folder(ref)
        for name in sorted(package.files.keys() - {VOCABULARY}):
            self._objects.create(f"{folder}/{name}", package.files[name])
        self._objects.create(f"{folder}/{MANIFEST}", package.manifest.numbered(ref.version).to_bytes())
        return ref

    def _claim(self, package: Package) -> ModelRef:
        name = package.manifest.name
        while True:
            taken = [
                int(folder) for folder in self._objects.folders(f"{name}/versions") if folder.isdecimal()
            ]
            ref = ModelRef(name, max(taken, default=0) + 1)
            if self._objects.create(f"{_folder(ref)}/{VOCABULARY}", package.files[VOCABULARY]):
                return ref

    def _read(self, ref: ModelRef, name: str, limit: int) -> bytes:
        content = self._objects.read(f"{_folder(ref)}/{name}", limit)
        if content is None:
            raise ModelRefused(f"{ref}: {name} vanished while it was read; register the model again")
        return content

    def _why_absent(self, ref: ModelRef) -> str:
        if self._objects.names(_folder(ref)):
            return "was never finished (it has no manifest); register it again, it gets a new version"
        known = ", ".join(str(known.version) for known in self.of(ref.name))
        return f"there is no such version in {self._objects.place}; {self.hint(ref.name, 'versions', known)}"

    def hint(self, name: str, what: str, known: str) -> str:
        """Say what there is instead of a version or an alias that is not there."""
        if known:
            return f"its {what}: {known}"
        models = self.models()
        if not models:
            return "the registry is empty: fill it with `badbuzz models import --bundled`"
        if name in models:
            return f"set one with `badbuzz models promote {name}:VERSION`"
        return f"its models: {', '.join(models)}"


def _folder(ref: ModelRef) -> str:
    return f"{ref.name}/versions/{ref.version}"
