"""What one more word does to the states of many tweets, twice: in numpy, and compiled from ``lstm_step.c`` where that was built.

The compiled one does in one pass over memory what numpy does in ten. ``hatch_build.py`` builds it when the project is installed
and a C compiler is there.
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
    """Reads tweets word by word."""

    def __call__(self, at: int, products: Floats) -> None:
        """Read one more word of the first n tweets, the one at this place.

        :param products: what their states add to the gates, [gates, n, units]; used up.
        """
        ...


def open_step(rows: Floats, words: NDArray[np.intp], hidden: Floats, memory: Floats) -> Step:
    """Give the fastest at hand. It changes ``hidden`` and ``memory`` in place, [tweets, units] each and contiguous.

    :param rows: the table, [gates, words, units].
    :param words: [tweets, longest], places in the table.
    :raises IndexError: if one of them is none: what is compiled would read whatever lies there.
    """
    if words.size and not 0 <= words.min() <= words.max() < rows.shape[1]:
        raise IndexError(f"places {words.min()} to {words.max()}: the table has {rows.shape[1]:,}")
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
        # All places are there; the default mode would look again, and copy the output.
        np.take(self._rows, self._words[:tweets, at], axis=1, out=gates, mode="clip")
        gates += products
        apply(gates, self._hidden[:tweets], self._memory[:tweets])


def apply(gates: Floats, hidden: Floats, memory: Floats) -> None:
    """Change the state in place, [n, units] each, by one word's gates, [gates, n, units], which are used up."""
    np.tanh(gates, out=gates)
    if len(gates) == 1:
        hidden[:] = gates[0]
        return
    logistic = gates[:LOGISTIC]
    logistic *= np.float32(0.5)
    logistic += np.float32(0.5)
    admit, keep, reveal, candidate = gates
    memory *= keep
    candidate *= admit
    memory += candidate
    np.tanh(memory, out=hidden)
    hidden *= reveal


class _Compiled:
    def __init__(
        self, function: Function, rows: Floats, words: NDArray[np.intp], states: tuple[Floats, Floats]
    ) -> None:
        self._function = function
        self._arrays = rows, words, states  # an address keeps nothing alive
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
    """Where an array begins, and how many items lie between two of its first axis."""
    return array.ctypes.data, array.strides[0] // array.itemsize


def load(library: Path) -> Function:
    """Load the compiled function. While it runs, other threads may.

    :raises OSError: if there is no such library, or one for another kind of machine.
    """
    array, size = ctypes.c_void_p, ctypes.c_ssize_t
    function = ctypes.CDLL(str(library)).lstm_step
    function.argtypes = [array, size, array, size, array, size, array, array, size, size]
    function.restype = None
    return function


compiled: Function | None = None
"""None where it was not built."""
with suppress(OSError):
    compiled = load(LIBRARY)
