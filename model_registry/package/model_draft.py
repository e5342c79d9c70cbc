"""A model without a version, as training hands it to the registry."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ValidationError
from safetensors.numpy import save as save_safetensors

from badbuzz.errors import ModelRefused, describe_validation_error
from model_registry.package.manifest import (
    VOCABULARY,
    WEIGHTS,
    Cleaning,
    FileEntry,
    Manifest,
    find_oldest_format,
)
from model_registry.package.package import Package

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from badbuzz.cleaning import CleaningRules
    from model_registry.networks.kinds import Network
    from model_registry.package.manifest import Training
    from model_registry.package.metrics import Metrics
    from model_registry.text.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class ModelDraft:
    """Everything that makes a model version except its number, which the registry assigns.

    Keys of ``metrics`` are labelled sets (``test``), keys of ``documents`` file names (``model_card.md``).
    """

    name: str
    network: Network
    cleaning: CleaningRules
    tensors: Mapping[str, NDArray[np.floating]]
    vocabulary: Vocabulary
    metrics: Mapping[str, Metrics]
    training: Training
    threshold: float = 0.5
    documents: Mapping[str, bytes] = field(default_factory=dict)


def pack(draft: ModelDraft, version: int = 1) -> Package:
    """Return the draft as files with a manifest, checked as when they are loaded.

    :raises ModelRefused: if the package could not be loaded.
    """
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in draft.tensors.items()}
    files = {
        **draft.documents,
        WEIGHTS: save_safetensors(tensors),
        VOCABULARY: draft.vocabulary.to_bytes(),
    }
    package = Package(_manifest(draft, version, files), files)
    package.open(f"draft of {draft.name}")
    return package


def _manifest(draft: ModelDraft, version: int, files: dict[str, bytes]) -> Manifest:
    try:
        return Manifest(
            format=find_oldest_format(draft.network),
            name=draft.name,
            version=version,
            kind=draft.network.cell,
            network=draft.network,
            cleaning=Cleaning(
                name=draft.cleaning.name,
                version=draft.cleaning.version,
                fingerprint=draft.cleaning.fingerprint,
            ),
            threshold=draft.threshold,
            metrics=dict(draft.metrics),
            training=draft.training,
            files={
                name: FileEntry(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
                for name, content in sorted(files.items())
            },
        )
    except ValidationError as error:
        raise ModelRefused(f"draft of {draft.name}: {describe_validation_error(error)}") from None
