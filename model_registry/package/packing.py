"""Turns a draft into the files of a model version."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ValidationError
from safetensors.numpy import save as save_safetensors

from badbuzz.errors import ModelRefused
from badbuzz.validation import describe_validation_error
from model_registry.package.manifest import VOCABULARY, WEIGHTS, Cleaning, FileEntry, Manifest, format_of
from model_registry.package.package import Package

if TYPE_CHECKING:
    from model_registry.package.artifact import ArtifactDraft


def pack(draft: ArtifactDraft, version: int = 1) -> Package:
    """Write the draft's files and their manifest, and check them as a reader would.

    :raises ModelRefused: if no reader would load the outcome.
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


def _manifest(draft: ArtifactDraft, version: int, files: dict[str, bytes]) -> Manifest:
    try:
        return Manifest(
            format=format_of(draft.network),
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
