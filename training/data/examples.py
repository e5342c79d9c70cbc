"""What the training loop learns from: tweets as numbers, whatever the network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Examples(Protocol):
    """Tweets as inputs of a network.

    ``lengths`` int32 [n] tells which belong into one batch, ``labels`` is float32 [n]: 0, 1, or what a teacher says.
    """

    @property
    def lengths(self) -> NDArray[np.int32]:
        """How long each is."""

    @property
    def labels(self) -> NDArray[np.float32]:
        """What each is, from 0 to 1."""

    def __len__(self) -> int: ...

    def inputs_of(self, rows: NDArray[np.int64]) -> NDArray[Any] | list[NDArray[Any]]:
        """The inputs of some of them, as the network takes them: a list if it has several."""
