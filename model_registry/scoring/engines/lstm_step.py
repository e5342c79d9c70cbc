"""One step of a recurrent layer for many tweets: in numpy, and compiled from ``lstm_step.c`` if that was built.

The compiled step needs one pass over memory where numpy needs ten. ``hatch_build.py`` builds it when the project is installed, if
there is a C compiler.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from model_registry.networks.recurrent import LSTM_GATES
from model_registry.scoring.engines.gate_table import LOGISTIC

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from model_registry.scoring.engines.gate_table import Floats

    Function = Callable[..., None]

LIBRARY: Final = Path(__file__).with_name("liblstm_step.so")


class Step(Protocol):
    """Updates the states of tweets, one word at a time."""

    def __call__(self, at: int, products: Floats) -> None:
        """Update the states of the first n tweets by their words at position ``at``.

        :param products: what the states add to the gates, [gates, n, units]; overwritten.
        """
        ...


def open_step(rows: Floats, words: NDArray[np.intp], hidden: Floats, memory: Floats) -> Step:
    """Return the fastest step available. It changes ``hidden`` and ``memory``, [tweets, units] and contiguous, in place.

    :param rows: the table, [gates, words, units].
    :param words: [tweets, longest], row numbers of the table.
    :raises IndexError: if a row number is out of range: the compiled step would read foreign memory.
    """
    if words.size and not 0 <= words.min() <= words.max() < rows.shape[1]:
        raise IndexError(f"rows {words.min()} to {words.max()}: the table has {rows.shape[1]:,}")
    if compiled and len(rows) == LSTM_GATES:
        return _Compiled(compiled, rows, words, (hidden, memory))
    return _InNumpy(rows, words, hidden, memory)


class _InNumpy:
    def __init__(self, rows: Floats, words: NDArray[np.intp], hidden: Floats, memory: Floats) -> None:
        self._rows, self._words = rows, words
        self._hidden, self._memory = hidden, memory
        self._room = np.empty(len(rows) * hidden.size, np.float32)

    def __call__(self, at: int, products: Floats) -> None:
        tweets = products.shape[1]
        gates = self._room[: products.size].reshape(products.shape)
        # The row numbers were checked. The default mode checks them again and copies the output.
        np.take(self._rows, self._words[:tweets, at], axis=1, out=gates, mode="clip")
        gates += products
        update_states(gates, self._hidden[:tweets], self._memory[:tweets])


def update_states(gates: Floats, hidden: Floats, memory: Floats) -> None:
    """Change the states, [n, units], in place by one word's gates, [gates, n, units], which are overwritten."""
    np.tanh(gates, out=gates)
    if len(gates) == 1:
        hidden[:] = gates[0]
        return
    logistic = gates[:LOGISTIC]
    logistic *= np.float32(0.5)
    logistic += np.float32(0.5)
    input_gate, forget_gate, output_gate, candidate = gates
    memory *= forget_gate
    candidate *= input_gate
    memory += candidate
    np.tanh(memory, out=hidden)
    hidden *= output_gate


class _Compiled:
    def __init__(
        self, function: Function, rows: Floats, words: NDArray[np.intp], states: tuple[Floats, Floats]
    ) -> None:
        self._function = function
        self._arrays = rows, words, states  # keeps the arrays alive: addresses do not
        self._table, self._words = _address(rows), _address(words)
        self._states = [state.ctypes.data for state in states]
        self._units = states[0].shape[1]

    def __call__(self, at: int, products: Floats) -> None:
        first_word, stride = self._words
        word = first_word + at * np.dtype(np.intp).itemsize
        self._function(
            *self._table, word, stride, *_address(products), *self._states, products.shape[1], self._units
        )


def _address(array: NDArray[Any]) -> tuple[int, int]:
    """Return the address of an array and the stride of its first axis in items."""
    return array.ctypes.data, array.strides[0] // array.itemsize


def load_step(library: Path) -> Function:
    """Load the compiled function. It runs without the global interpreter lock.

    :raises OSError: if the library is missing, or was built for another platform.
    """
    array, size = ctypes.c_void_p, ctypes.c_ssize_t
    function = ctypes.CDLL(str(library)).lstm_step
    function.argtypes = [array, size, array, size, array, size, array, array, size, size]
    function.restype = None
    return function


compiled: Function | None = None
"""None if it was not built."""
with suppress(OSError):
    compiled = load_step(LIBRARY)
