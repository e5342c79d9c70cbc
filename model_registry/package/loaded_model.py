"""A model version in memory, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from model_registry.package.manifest import Manifest
    from model_registry.text.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model version that passed every check of :meth:`Package.open`.

    ``tensors`` has the names and shapes of ``manifest.network.tensor_shapes()``, in float32, or float16 where
    ``half_precision_tensors`` allows it. A sentence network has an empty ``vocabulary``.
    """

    manifest: Manifest
    tensors: Mapping[str, NDArray[np.floating]]
    vocabulary: Vocabulary
