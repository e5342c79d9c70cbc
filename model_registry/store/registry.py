"""The registry: model versions and aliases on a path or an object store.

::

    <name>/versions/<version>/manifest.json, weights.safetensors, …     a version, immutable
    <name>/aliases/<alias>/<number>.json                                the highest number holds
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

    from model_registry.package.loaded_model import LoadedModel
    from model_registry.package.manifest import Manifest
    from model_registry.package.model_draft import ModelDraft

PRODUCTION: Final = "production"


@dataclass(frozen=True, slots=True)
class Listed:
    """One version in a listing: its manifest or why it is refused, and the aliases that point to it."""

    ref: ModelRef
    manifest: Manifest | ModelRefused
    aliases: tuple[str, ...]


class Registry:
    """Model versions and aliases in one store.

    Besides what its docstring says, every method raises :class:`Retry` if the store is away and
    :class:`Misconfigured` if it does not let us in.
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

        :raises ModelRefused: if it could not be loaded again.
        """
        return self._versions.publish(pack(draft))

    def import_directory(self, path: Path) -> ModelRef:
        """Publish a model directory as the next version; one that is here already keeps its version.

        :raises ModelRefused: with the reason, if the directory is no whole and untampered model.
        """
        package = read_directory(path)
        package.open(str(path))
        for known in self._versions.of(package.manifest.name):
            if self._manifest_or_problem(known) == package.manifest.numbered(known.version):
                return known
        return self._versions.publish(package)

    def load(self, ref: ModelRef) -> LoadedModel:
        """Fetch a version and check all of it.

        :raises ModelRefused: with the reason, if it is missing, partial, tampered with or foreign.
        """
        return self._versions.load(ref)

    def verify(self, ref: ModelRef) -> None:
        """Check all of a version, as :meth:`load` does.

        :raises ModelRefused: with the reason.
        """
        self._versions.load(ref)

    def manifest(self, ref: ModelRef) -> Manifest:
        """Fetch a version's manifest only; its files are not looked at.

        :raises ModelRefused: if there is none, or it is not this version's.
        """
        return self._versions.manifest(ref)

    def resolve(self, text: str) -> ModelRef:
        """Find the version that ``name:version`` or ``name@alias`` names now.

        :raises Misconfigured: if it is neither, or the alias was never set.
        """
        ref = parse_ref(text)
        if isinstance(ref, ModelRef):
            return ref
        move = self._aliases.current(ref)
        if move is None:
            hint = self._versions.hint(ref.name, "aliases", ", ".join(self._aliases.of(ref.name)))
            raise Misconfigured(f"{ref}: there is no such alias in {self._place}; {hint}")
        return ModelRef(ref.name, move.version)

    def promote(self, ref: ModelRef, alias: str) -> Move:
        """Point an alias at a version, once all of the version was checked.

        :raises ModelRefused: as :meth:`load` does; the alias stays where it is.
        :raises Misconfigured: if ``alias`` is no name for one.
        """
        target = parse_alias(ref.name, alias)
        self._versions.load(ref)
        return self._aliases.promote(target, ref.version)

    def rollback(self, name: str, alias: str) -> ModelRef:
        """Point an alias back at where it was before its latest promotion; again, and it goes further back.

        :raises Misconfigured: if there is nothing to go back to.
        :raises Retry: if somebody else moved the alias at this moment.
        """
        return ModelRef(name, self._aliases.rollback(parse_alias(name, alias)).version)

    def history(self, name: str) -> dict[str, tuple[Move, ...]]:
        """Read all moves of all aliases of a model, the oldest first."""
        return {alias: self._aliases.history(AliasRef(name, alias)) for alias in self._aliases.of(name)}

    def list(self) -> tuple[Listed, ...]:
        """List all finished versions of all models, by name and version."""
        return tuple(listed for name in self._versions.models() for listed in self._list(name))

    def _list(self, name: str) -> tuple[Listed, ...]:
        aliases: dict[int, tuple[str, ...]] = {}
        for alias in self._aliases.of(name):
            if move := self._aliases.current(AliasRef(name, alias)):
                aliases[move.version] = (*aliases.get(move.version, ()), alias)
        return tuple(
            Listed(ref, self._manifest_or_problem(ref), aliases.get(ref.version, ()))
            for ref in self._versions.of(name)
        )

    def _manifest_or_problem(self, ref: ModelRef) -> Manifest | ModelRefused:
        try:
            return self._versions.manifest(ref)
        except ModelRefused as problem:
            return problem
