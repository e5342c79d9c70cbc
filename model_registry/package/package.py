"""A model version as files in memory, checked against its manifest before it is loaded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors

from badbuzz.cleaning import get_rules
from badbuzz.errors import Misconfigured, ModelRefused
from model_registry.networks.ngram_term import NGRAM_FINGERPRINTS
from model_registry.package.manifest import MANIFEST, VOCABULARY, WEIGHTS
from model_registry.text.ngrams import FINGERPRINTS
from model_registry.text.vocabulary import Vocabulary
from model_registry.text.word_pieces import open_tokenizer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from model_registry.networks.kinds import Network
    from model_registry.package.manifest import Cleaning, Manifest


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model version that passed every check of :meth:`Package.open`.

    ``tensors`` has the names and shapes of ``manifest.network.tensor_shapes()``, in float32, or float16 where
    ``half_precision_tensors`` allows it. A sentence network has an empty ``vocabulary``.
    """

    manifest: Manifest
    tensors: Mapping[str, NDArray[np.floating]]
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class Package:
    """A manifest and the content of its files: untrusted until :meth:`open` returns."""

    manifest: Manifest
    files: Mapping[str, bytes]

    def open(self, source: str | None = None) -> LoadedModel:
        """Check everything and return the model.

        :param source: where the files come from, for messages.
        :raises ModelRefused: with the reason, naming the file.
        """
        source = source or str(self.manifest.ref)
        check_names(self.manifest, self.files.keys(), source)
        for name, content in self.files.items():
            self._check_file(name, content, source)
        _check_cleaning(self.manifest.cleaning, source)
        try:
            vocabulary = Vocabulary.read(self.files[VOCABULARY])
            open_tokenizer(self.manifest.network, vocabulary)
        except ModelRefused as error:
            raise ModelRefused(f"{source}: {error}") from None
        if vocabulary.size != self.manifest.network.vocabulary_size:
            raise ModelRefused(
                f"{source}: {VOCABULARY} makes {vocabulary.size:,} ids, the network has "
                f"{self.manifest.network.vocabulary_size:,}; the files are of different models"
            )
        return LoadedModel(
            self.manifest, _read_tensors(self.files[WEIGHTS], self.manifest.network, source), vocabulary
        )

    def _check_file(self, name: str, content: bytes, source: str) -> None:
        entry = self.manifest.files[name]
        if len(content) != entry.bytes:
            raise ModelRefused(
                f"{source}: {name} is {len(content):,} bytes long, its manifest says {entry.bytes:,}; "
                "it is cut off or was replaced: fetch the model again"
            )
        digest = hashlib.sha256(content).hexdigest()
        if digest != entry.sha256:
            raise ModelRefused(
                f"{source}: {name} differs from its manifest (SHA-256 {digest[:12]}… instead of "
                f"{entry.sha256[:12]}…); it was changed: fetch the model again"
            )


def check_names(manifest: Manifest, names: Collection[str], source: str) -> None:
    """Check that the files beside the manifest are exactly those that it names.

    :raises ModelRefused: if a file is missing or unknown.
    """
    present = set(names) - {MANIFEST}
    if missing := sorted(manifest.files.keys() - present):
        raise ModelRefused(f"{source}: lacks {', '.join(missing)}; the model is incomplete: fetch it again")
    if foreign := sorted(present - manifest.files.keys()):
        raise ModelRefused(
            f"{source}: holds {', '.join(map(repr, foreign))}, which its manifest does not name; "
            "remove files that are not the model's"
        )


def _check_cleaning(cleaning: Cleaning, source: str) -> None:
    try:
        rules = get_rules(cleaning.name, cleaning.version)
    except Misconfigured as error:
        raise ModelRefused(f"{source}: {error}") from None
    if rules.fingerprint != cleaning.fingerprint:
        raise ModelRefused(
            f"{source}: trained on text cleaned by {cleaning.name} version {cleaning.version} "
            f"({cleaning.fingerprint[:12]}…), this software has other rules of that version "
            f"({rules.fingerprint[:12]}…); "
            "train the model again, or use the software that trained it"
        )


def _read_tensors(content: bytes, network: Network, source: str) -> dict[str, NDArray[np.floating]]:
    try:
        tensors: dict[str, NDArray[np.floating]] = load_safetensors(content)
    except (SafetensorError, KeyError, ValueError) as error:
        raise ModelRefused(
            f"{source}: {WEIGHTS} does not hold tensors in the safetensors format: {error}"
        ) from None
    shapes = network.tensor_shapes()
    if tensors.keys() != shapes.keys():
        raise ModelRefused(
            f"{source}: {WEIGHTS} holds the tensors {sorted(tensors)}, a {network.cell} has {sorted(shapes)}"
        )
    may_be_half = network.half_precision_tensors
    for name, shape in shapes.items():
        allowed = {"float32", "float16"} if name in may_be_half else {"float32"}
        _check_tensor(name, tensors[name], shape, allowed, source)
    return tensors


def _check_tensor(
    name: str, tensor: NDArray[np.floating], shape: tuple[int, ...], allowed: set[str], source: str
) -> None:
    if tensor.shape != shape:
        raise ModelRefused(f"{source}: tensor {name} has the shape {tensor.shape}, its network needs {shape}")
    if tensor.dtype.name not in allowed:
        raise ModelRefused(
            f"{source}: tensor {name} is {tensor.dtype.name}, expected {' or '.join(sorted(allowed))}"
        )
    if not np.isfinite(tensor).all():
        raise ModelRefused(f"{source}: tensor {name} holds values that are not finite; its training failed")
    if name == NGRAM_FINGERPRINTS and not np.isin(np.unique(tensor), range(FINGERPRINTS)).all():
        raise ModelRefused(
            f"{source}: tensor {name} holds values that are not whole numbers below {FINGERPRINTS}"
        )
