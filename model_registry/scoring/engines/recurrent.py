"""A recurrent layer in numpy, for tweets that are sorted by length, the longest first.

A step computes only the tweets that still have a word; the others keep their state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_registry.scoring.engines.gate_table import GateTable, split_by_gate
from model_registry.scoring.engines.lstm_step import open_step, update_states

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from model_registry.networks.recurrent import RecurrentNetwork
    from model_registry.scoring.engines.gate_table import Floats


@dataclass(frozen=True, slots=True)
class Opening:
    """The state after the first word, computed once for each distinct first word, because many tweets begin alike.

    ``hidden`` and ``memory`` are float32 [distinct, units]; ``products``, float32 [gates, distinct, units], is what the second
    step adds to its gates; ``which``, [tweets], is the index of each tweet's first word among the distinct ones.
    """

    which: NDArray[np.intp]
    hidden: Floats
    memory: Floats
    products: Floats


class RecurrentLayer:
    """One reading direction of a network's recurrent layer. Words are row numbers of its ``table``."""

    def __init__(
        self, network: RecurrentNetwork, direction: str, tensors: Mapping[str, NDArray[np.floating]]
    ) -> None:
        self.table = GateTable(network, direction, tensors)
        self._recurrent = split_by_gate(network, tensors[f"{direction}/recurrent_kernel"])
        self._pools = network.pooling is not None

    def open(self, first_words: NDArray[np.intp]) -> Opening:
        """Compute the states after the first words, [tweets], of a whole batch."""
        words, which = np.unique(first_words, return_inverse=True)
        gates = self.table.rows[:, words]
        hidden, memory = np.zeros((2, *gates.shape[1:]), np.float32)
        update_states(gates, hidden, memory)
        return Opening(which, hidden, memory, np.matmul(hidden, self._recurrent))

    def read(
        self, words: NDArray[np.intp], lengths: NDArray[np.int32], opening: Opening, which: NDArray[np.intp]
    ) -> tuple[Floats, ...]:
        """Compute the states after each further word.

        :param words: [n, longest], padded on the right.
        :param which: [n], the tweets' indices in ``opening``.
        :returns: the input of the dense layer, [n, units] each: the last state, or the largest and the mean values of all states.
        """
        hidden, memory = opening.hidden[which], opening.memory[which]
        largest, total = (hidden.copy(), hidden.copy()) if self._pools else (hidden, hidden)
        blocks, _, units = self._recurrent.shape
        room = np.empty(blocks * hidden.size, np.float32)
        step = open_step(self.table.rows, words, hidden, memory)
        active = (np.arange(words.shape[1])[:, None] < lengths).sum(axis=1).tolist()
        for at, n in enumerate(active[1:], start=1):
            products = room[: blocks * n * units].reshape(blocks, n, units)
            if at == 1:  # the default mode copies the output
                np.take(opening.products, which[:n], axis=1, out=products, mode="clip")
            else:
                np.matmul(hidden[:n], self._recurrent, out=products)
            step(at, products)
            if self._pools:
                np.maximum(largest[:n], hidden[:n], out=largest[:n])
                total[:n] += hidden[:n]
        return (largest, total / lengths.astype(np.float32)[:, None]) if self._pools else (hidden,)
