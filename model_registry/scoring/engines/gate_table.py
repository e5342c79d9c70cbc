"""The input half of a recurrent layer's gates, ``embedding · kernel + bias``, folded into one table.

A step looks its word up instead of multiplying. Each gate has a block of its own, so that whatever follows runs over
contiguous memory. A logistic gate is computed as ½ + ½ · tanh(x / 2): the halves go into the weights, which is exact, and
one call serves all gates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from model_registry.networks.recurrent import LSTM_GATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from model_registry.networks.recurrent import RecurrentNetwork

Floats: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

COMMON: Final = 16_384
"""Words whose rows are made once: the vocabulary has the frequent ones first, and these are 99 % of all that is read."""

LOGISTIC: Final = 3
"""An LSTM's blocks are its input, forget and output gates, which are logistic, and then its cell's."""
_LSTM_ORDER: Final = (0, 1, 3, 2)
"""Where the weights have them: Keras puts the cell's third."""


class Placing:
    """Where the table has a batch's words: common ones at their id, rare ones behind them as they come."""

    def __init__(self, vocabulary_size: int) -> None:
        self._places = np.arange(vocabulary_size)

    def __call__(self, ids: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Give each word's place, and the rare words in the order of theirs."""
        rare = np.unique(ids[ids >= COMMON]).astype(np.intp)
        self._places[rare] = np.arange(COMMON, COMMON + len(rare))
        return self._places[ids], rare


class GateTable:
    """The table of one direction."""

    def __init__(
        self, network: RecurrentNetwork, way: str, tensors: Mapping[str, NDArray[np.floating]]
    ) -> None:
        self._embedding = tensors["embedding"]
        self._kernel = in_blocks(network, tensors[f"{way}/kernel"])
        self._bias = in_blocks(network, tensors[f"{way}/bias"][None])
        # Room for every word; the system gives memory to rows that are written, and those of rare words are few at a time.
        self.rows = np.empty((network.gates, network.vocabulary_size, network.units), np.float32)
        self._fill(np.arange(min(COMMON, network.vocabulary_size)), at=0)

    def bring(self, rare: NDArray[np.intp]) -> None:
        """Make the rows of a batch's rare words, in place of the last batch's."""
        self._fill(rare, at=COMMON)

    def _fill(self, ids: NDArray[np.intp], at: int) -> None:
        words = self._embedding[ids].astype(np.float32)
        self.rows[:, at : at + len(ids)] = words @ self._kernel + self._bias


def in_blocks(network: RecurrentNetwork, weights: NDArray[np.floating]) -> Floats:
    """Part weights [rows, gates · units] into [gates, rows, units], those of logistic gates halved."""
    blocks = weights.astype(np.float32).reshape(len(weights), network.gates, network.units).transpose(1, 0, 2)
    if network.gates == LSTM_GATES:
        blocks = blocks[list(_LSTM_ORDER)]
        blocks[:LOGISTIC] *= np.float32(0.5)
    return np.ascontiguousarray(blocks)
