"""The input half of a recurrent layer's gates, ``embedding · kernel + bias``, as a table with a row for each word.

A step looks up the row of a word instead of multiplying. Each gate has its own block, so that further steps run over contiguous
memory. A logistic gate is computed as ½ + ½ · tanh(x / 2): the division by two is applied to the weights, which is exact, and one
call of tanh computes all gates.
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
"""Words whose rows are computed once: a vocabulary is sorted by frequency, and these make up 99 % of all words read."""

LOGISTIC: Final = 3
"""The number of an LSTM's logistic gates. The blocks are those of the input, forget and output gates, then the cell's."""
_LSTM_ORDER: Final = (0, 1, 3, 2)
"""The positions of these blocks in the weights: Keras stores the cell's block third."""


class TablePlaces:
    """The table's row numbers of a batch's words: common words at their id, rare words after all common ones."""

    def __init__(self, vocabulary_size: int) -> None:
        self._places = np.arange(vocabulary_size)

    def locate(self, ids: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the row number of each word, and the rare words in the order of their rows."""
        rare = np.unique(ids[ids >= COMMON]).astype(np.intp)
        self._places[rare] = np.arange(COMMON, COMMON + len(rare))
        return self._places[ids], rare


class GateTable:
    """The table of one reading direction."""

    def __init__(
        self, network: RecurrentNetwork, direction: str, tensors: Mapping[str, NDArray[np.floating]]
    ) -> None:
        self._embedding = tensors["embedding"]
        self._kernel = split_by_gate(network, tensors[f"{direction}/kernel"])
        self._bias = split_by_gate(network, tensors[f"{direction}/bias"][None])
        # Space for every word: the system allocates memory for written rows only, and a batch has few rare words.
        self.rows = np.empty((network.gates, network.vocabulary_size, network.units), np.float32)
        self._fill(np.arange(min(COMMON, network.vocabulary_size)), at=0)

    def fill_rare(self, rare: NDArray[np.intp]) -> None:
        """Compute the rows of a batch's rare words, in place of those of the previous batch."""
        self._fill(rare, at=COMMON)

    def _fill(self, ids: NDArray[np.intp], at: int) -> None:
        words = self._embedding[ids].astype(np.float32)
        self.rows[:, at : at + len(ids)] = words @ self._kernel + self._bias


def split_by_gate(network: RecurrentNetwork, weights: NDArray[np.floating]) -> Floats:
    """Reshape weights [rows, gates · units] to [gates, rows, units]; those of logistic gates are halved."""
    blocks = weights.astype(np.float32).reshape(len(weights), network.gates, network.units).transpose(1, 0, 2)
    if network.gates == LSTM_GATES:
        blocks = blocks[list(_LSTM_ORDER)]
        blocks[:LOGISTIC] *= np.float32(0.5)
    return np.ascontiguousarray(blocks)
