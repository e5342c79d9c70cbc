"""The interface of the data that a network is fitted to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Examples(Protocol):
    """Tweets as inputs of a network."""

    @property
    def lengths(self) -> NDArray[np.int32]:
        """The length of each tweet, int32 [n]; batches are made of tweets of similar length."""

    @property
    def labels(self) -> NDArray[np.float32]:
        """The label of each tweet, float32 [n]: 0, 1, or a value between them if teachers have a share."""

    def __len__(self) -> int: ...

    def inputs_of(self, rows: NDArray[np.int64]) -> NDArray[Any] | list[NDArray[Any]]:
        """Return the network's input for some rows; a list if the network has several inputs."""
