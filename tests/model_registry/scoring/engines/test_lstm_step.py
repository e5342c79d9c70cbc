"""The step in numpy and the compiled step, compared with the definition in double precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.scoring.engines import lstm_step
from model_registry.scoring.engines.numpy_engine import NumpyEngine
from tests.model_registry.scoring.engines.recurrent_definition import batch_of
from tests.model_registry.scoring.engines.test_engines import MODELS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

GATES = 4
TOLERANCE = 1e-6

NOT_BUILT = "liblstm_step.so was not built: install the project with a C compiler"
needs_it = pytest.mark.skipif(lstm_step.compiled is None, reason=NOT_BUILT)


@pytest.fixture(scope="module", params=["numpy", pytest.param("compiled", marks=needs_it)])
def compiled_or_none(request: pytest.FixtureRequest) -> Any:
    """The value of ``lstm_step.compiled`` that selects the step."""
    return lstm_step.compiled if request.param == "compiled" else None


def by_definition(
    gates: NDArray[np.float32], memory: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    input_gate, forget_gate, output_gate = 0.5 + 0.5 * np.tanh(gates[:3].astype(np.float64))
    after = forget_gate * memory + input_gate * np.tanh(gates[3].astype(np.float64))
    return output_gate * np.tanh(after), after


def floats(random: np.random.Generator, *shape: int, scale: float = 1.0) -> NDArray[np.float32]:
    return random.normal(scale=scale, size=shape).astype(np.float32)


@given(
    shape=st.tuples(st.integers(1, 20), st.integers(1, 40), st.integers(1, 5)),
    scale=st.sampled_from([1e-4, 1.0, 8.0, 1e4]),
    random=st.integers(0, 2**32 - 1).map(np.random.default_rng),
    data=st.data(),
)
def test_a_step_is_that_of_the_definition(
    compiled_or_none: Any,
    shape: tuple[int, int, int],
    scale: float,
    random: np.random.Generator,
    data: st.DataObject,
) -> None:
    tweets, units, longest = shape
    rows = floats(random, GATES, 9, units, scale=scale)
    words = random.integers(0, 9, size=(tweets + 1, longest + 1))[1:, 1:]  # a slice of a larger array
    hidden, memory = floats(random, 2, tweets, units)
    n = data.draw(st.integers(1, tweets), label="tweets that still have a word")
    at = data.draw(st.integers(0, longest - 1), label="which")
    products = floats(random, GATES, n, units)
    expected, after = by_definition(rows[:, words[:n, at]] + products, memory[:n])
    rest = hidden[n:].copy(), memory[n:].copy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lstm_step, "compiled", compiled_or_none)
        lstm_step.open_step(rows, words, hidden, memory)(at, products)
    np.testing.assert_allclose(hidden[:n], expected, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(memory[:n], after, rtol=1e-5, atol=TOLERANCE)
    np.testing.assert_array_equal(hidden[n:], rest[0])
    np.testing.assert_array_equal(memory[n:], rest[1])


@pytest.mark.parametrize("gate", range(GATES))
def test_nan_stays_nan_and_changes_nothing_else(
    compiled_or_none: Any,
    gate: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, words = np.zeros((GATES, 1, 20), np.float32), np.zeros((3, 1), np.intp)
    hidden, memory, products = (np.ones(shape, np.float32) for shape in [(3, 20), (3, 20), (GATES, 3, 20)])
    products[gate, 1, 17] = np.nan
    monkeypatch.setattr(lstm_step, "compiled", compiled_or_none)
    lstm_step.open_step(rows, words, hidden, memory)(0, products)
    assert np.argwhere(np.isnan(hidden)).tolist() == [[1, 17]]


@pytest.mark.parametrize("place", [-1, 9])
def test_a_row_outside_the_table_is_refused(
    compiled_or_none: Any, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, words = np.zeros((GATES, 9, 2), np.float32), np.array([[0, 8], [3, place]])
    monkeypatch.setattr(lstm_step, "compiled", compiled_or_none)
    with pytest.raises(IndexError, match="the table has 9"):
        lstm_step.open_step(rows, words, *np.zeros((2, 2, 2), np.float32))


@needs_it
@pytest.mark.parametrize("name", [name for name in MODELS if "linear" not in name])
def test_a_network_has_equal_scores_with_both(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = MODELS[name]
    batch = batch_of([1, 7, 3, 7, 2, 5] * 40)
    engine = NumpyEngine(model.manifest.network, model, threads=2)  # type: ignore[arg-type]
    compiled = engine.predict(batch)
    monkeypatch.setattr(lstm_step, "compiled", None)
    np.testing.assert_allclose(engine.predict(batch), compiled, rtol=0, atol=TOLERANCE)


def test_a_library_for_another_platform_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.so").write_bytes(b"\x7fELF, but no more")
    with pytest.raises(OSError, match=r"x\.so"):
        lstm_step.load_step(tmp_path / "x.so")
