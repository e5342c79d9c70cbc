"""A model in memory: a draft before it has a version, an artifact once a version was loaded and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from badbuzz.cleaning import CleaningRules
    from model_registry.networks.kinds import AnyNetwork
    from model_registry.package.manifest import Manifest, Training
    from model_registry.package.metrics import Metrics
    from model_registry.text.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model version that passed every check.

    ``tensors`` has the names and shapes that its network gives in ``tensor_shapes``, in float32; the embedding, the wide
    term's weights and a Transformer's large tensors may be float16. A network over sentences has an empty ``vocabulary``.
    """

    manifest: Manifest
    tensors: Mapping[str, NDArray[np.floating]]
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class ArtifactDraft:
    """All that makes a model but its version, which the registry assigns.

    ``metrics`` go by the labelled set (``test``), ``documents`` by file name (``model_card.md``).
    """

    name: str
    network: AnyNetwork
    cleaning: CleaningRules
    tensors: Mapping[str, NDArray[np.floating]]
    vocabulary: Vocabulary
    metrics: Mapping[str, Metrics]
    training: Training
    threshold: float = 0.5
    documents: Mapping[str, bytes] = field(default_factory=dict)
