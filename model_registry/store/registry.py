"""The registry: model versions and aliases on a path or an object store.

::

    <name>/versions/<version>/manifest.json, weights.safetensors, …     a version, immutable
    <name>/aliases/<alias>/<number>.json                                moves; the highest number is current
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from badbuzz.clients.storage import open_store
from badbuzz.errors import Misconfigured, ModelRefused
from model_registry.package.directory import read_directory
from model_registry.package.model_draft import pack
from model_registry.package.refs import AliasRef, ModelRef, parse_alias, parse_ref
from model_registry.store.aliases import Aliases, Move
from model_registry.store.objects import Objects
from model_registry.store.versions import Versions

if TYPE_CHECKING:
    from pathlib import Path

    from obstore.store import ObjectStore

    from model_registry.package.manifest import Manifest
    from model_registry.package.model_draft import ModelDraft
    from model_registry.package.package import LoadedModel

PRODUCTION: Final = "production"


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A version in a listing: its manifest, or the reason why it is refused, and the aliases that point to it."""

    ref: ModelRef
    manifest: Manifest | ModelRefused
    aliases: tuple[str, ...]


class Registry:
    """Model versions and aliases in one store.

    Every method raises :class:`Retry` if the store is unavailable and :class:`Misconfigured` if it denies access.
    """

    def __init__(self, store: ObjectStore) -> None:
        objects = Objects(store)
        self._place = objects.place
        self._versions = Versions(objects)
        self._aliases = Aliases(objects)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the registry at a path or a URL; see :func:`badbuzz.clients.storage.open_store`."""
        return cls(open_store(url))

    def register(self, draft: ModelDraft) -> ModelRef:
        """Publish a draft as the next version of its model.

        :raises ModelRefused: if the version could not be loaded.
        """
        return self._versions.publish(pack(draft))

    def import_directory(self, path: Path) -> ModelRef:
        """Publish a model directory as the next version, unless the registry has it already; return its version.

        :raises ModelRefused: with the reason, if the directory is not a complete and unchanged model.
        """
        package = read_directory(path)
        package.open(str(path))
        for known in self._versions.list_versions(package.manifest.name):
            if self._manifest_or_problem(known) == package.manifest.with_version(known.version):
                return known
        return self._versions.publish(package)

    def load(self, ref: ModelRef) -> LoadedModel:
        """Fetch a version and check all of its files.

        :raises ModelRefused: with the reason, if it is missing, incomplete, tampered with or foreign.
        """
        return self._versions.load(ref)

    def read_manifest(self, ref: ModelRef) -> Manifest:
        """Fetch only the manifest of a version; its files are not checked.

        :raises ModelRefused: if the manifest is missing, or belongs to another version.
        """
        return self._versions.read_manifest(ref)

    def resolve(self, text: str) -> ModelRef:
        """Return the version that ``name:version`` or ``name@alias`` refers to now.

        :raises Misconfigured: if ``text`` is neither, or the alias was never set.
        """
        ref = parse_ref(text)
        if isinstance(ref, ModelRef):
            return ref
        move = self._aliases.current(ref)
        if move is None:
            aliases = ", ".join(self._aliases.list_aliases(ref.name))
            suggestion = self._versions.suggest_known(ref.name, "aliases", aliases)
            raise Misconfigured(f"{ref}: there is no such alias in {self._place}; {suggestion}")
        return ModelRef(ref.name, move.version)

    def promote(self, ref: ModelRef, alias: str) -> Move:
        """Check all files of a version and point an alias at it.

        :raises ModelRefused: as :meth:`load` does; the alias is not moved then.
        :raises Misconfigured: if ``alias`` is not a valid name.
        """
        target = parse_alias(ref.name, alias)
        self._versions.load(ref)
        return self._aliases.promote(target, ref.version)

    def rollback(self, name: str, alias: str) -> ModelRef:
        """Undo the last promotion of an alias that is not undone yet; return the version that it points to again.

        :raises Misconfigured: if there is no earlier version.
        :raises Retry: if the alias was moved concurrently.
        """
        return ModelRef(name, self._aliases.rollback(parse_alias(name, alias)).version)

    def history(self, name: str) -> dict[str, tuple[Move, ...]]:
        """Return all moves of each alias of a model, the oldest first."""
        return {
            alias: self._aliases.history(AliasRef(name, alias)) for alias in self._aliases.list_aliases(name)
        }

    def list(self) -> tuple[ListedVersion, ...]:
        """Return all complete versions of all models, sorted by name and version."""
        listed: list[ListedVersion] = []
        for name in self._versions.list_models():
            aliases: dict[int, tuple[str, ...]] = {}
            for alias in self._aliases.list_aliases(name):
                if move := self._aliases.current(AliasRef(name, alias)):
                    aliases[move.version] = (*aliases.get(move.version, ()), alias)
            for ref in self._versions.list_versions(name):
                manifest = self._manifest_or_problem(ref)
                listed.append(ListedVersion(ref, manifest, aliases.get(ref.version, ())))
        return tuple(listed)

    def _manifest_or_problem(self, ref: ModelRef) -> Manifest | ModelRefused:
        try:
            return self._versions.read_manifest(ref)
        except ModelRefused as problem:
            return problem
