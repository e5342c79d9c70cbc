from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from badbuzz.errors import Misconfigured
from training.fitting import CurvePoint

pytest.importorskip("tensorflow")

import keras

from training.neural.checkpoint import (
    FittingState,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.tensorflow


def make_state(*aucs: float) -> FittingState:
    curve = [CurvePoint(epochs, 0.5, 0.4, 0.8, auc) for epochs, auc in enumerate(aucs)]
    return FittingState(step=7, loss_sum=1.25, loss_steps=2, cpu_seconds=3.5, curve=curve)


def test_a_checkpoint_restores_variables_and_state(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    written = [keras.Variable([[1.5, -2.0]]), keras.Variable(3, dtype="int64")]
    save_checkpoint(path, written, make_state(0.7, 0.8), "a run")
    read = [keras.Variable([[0.0, 0.0]]), keras.Variable(0, dtype="int64")]
    assert load_checkpoint(path, read, "a run") == make_state(0.7, 0.8)
    assert read[0].numpy().tolist() == [[1.5, -2.0]]
    assert int(read[1]) == 3
    assert list(tmp_path.iterdir()) == [path]


def test_another_run_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    variable = keras.Variable([1.0])
    save_checkpoint(path, [variable], make_state(), "one run")
    variable.assign([2.0])
    with pytest.raises(Misconfigured, match=r"of another run \(one run, not another\)"):
        load_checkpoint(path, [variable], "another")
    assert variable.numpy().tolist() == [2.0]


def test_a_truncated_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, [keras.Variable(np.ones(100))], make_state(), "a run")
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(Misconfigured, match=r"checkpoint\.safetensors: cannot be read"):
        load_checkpoint(path, [keras.Variable(np.ones(100))], "a run")


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    variable = keras.Variable([1.0])
    save_checkpoint(path, [variable], make_state(), "a run")
    (tmp_path / "checkpoint.unfinished").mkdir()
    with pytest.raises(Misconfigured, match=r"cannot be written.*make room and give the same command"):
        save_checkpoint(path, [keras.Variable([2.0])], make_state(), "a run")
    load_checkpoint(path, [variable], "a run")
    assert variable.numpy().tolist() == [1.0]


def test_weights_are_restored(tmp_path: Path) -> None:
    models = [keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]) for _ in range(2)]
    save_weights(tmp_path / "best.safetensors", models[0])
    load_weights(tmp_path / "best.safetensors", models[1])
    for one, other in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_that_cannot_be_written_are_reported(tmp_path: Path) -> None:
    (tmp_path / "best.unfinished").mkdir()
    with pytest.raises(Misconfigured, match=r"best\.safetensors: cannot be written"):
        save_weights(
            tmp_path / "best.safetensors", keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        )


@pytest.mark.parametrize(
    ("aucs", "best", "since_best"),
    [((0.5,), 0, 0), ((0.5, 0.9, 0.8), 1, 1), ((0.9, 0.9, 0.8), 0, 2), ((0.9, 0.7, 0.8, 0.95), 3, 0)],
)
def test_a_run_stalls_when_patience_is_used_up(aucs: tuple[float, ...], best: int, since_best: int) -> None:
    state = make_state(*aucs)
    assert state.best_evaluation() == best
    assert state.has_stalled(since_best)
    assert not state.has_stalled(since_best + 1)


def test_a_run_without_an_evaluation_has_not_stalled() -> None:
    assert not FittingState().has_stalled(0)
