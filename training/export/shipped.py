"""A network with an encoder as it is shipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from model_registry.networks.kinds import Network
    from model_registry.text.vocabulary import Vocabulary
    from training.data.dataset import CleanedTweets


@dataclass(frozen=True, slots=True)
class ShippedWithEncoder:
    """What the registry takes, and ``score``, which scores tweets with it as a worker does: float32 [n].

    ``change`` says in a word or two what differs from the model as it was fitted.
    """

    network: Network
    vocabulary: Vocabulary
    tensors: Mapping[str, NDArray[np.floating]]
    score: Callable[[CleanedTweets], NDArray[np.float32]]
    change: str
