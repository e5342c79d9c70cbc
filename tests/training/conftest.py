from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.cleaning import STANDARD
from tests.training import corpus
from training.data.dataset import load_dataset
from training.specs import RecurrentSpec

if TYPE_CHECKING:
    from pathlib import Path

    from training.data.dataset import Dataset
    from training.neural.fitted_recurrent import FittedRecurrent


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``train.parquet`` and ``test.parquet``."""
    return corpus.write_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def dataset(data: Path) -> Dataset:
    """The folder's tweets; 392 of them to fit a model on."""
    return load_dataset(data, STANDARD, rows=None, seed=2009)


@pytest.fixture(scope="session")
def glove(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vectors of six dimensions."""
    return corpus.write_glove(tmp_path_factory.mktemp("vectors") / "glove.txt")


@pytest.fixture(scope="session")
def fitted_lstm(dataset: Dataset, glove: Path, tmp_path_factory: pytest.TempPathFactory) -> FittedRecurrent:
    """A small LSTM, fitted for three epochs."""
    pytest.importorskip("tensorflow")
    from training.fitting import FittingInputs  # noqa: PLC0415 - needs scikit-learn
    from training.neural.observer import FittingObservers  # noqa: PLC0415
    from training.neural.recurrent import fit_recurrent  # noqa: PLC0415 - needs TensorFlow

    spec = RecurrentSpec(
        name="tiny",
        vectors="glove",
        epochs=3,
        batch_size=32,
        learning_rate=0.02,
        dropout=0.1,
        spatial_dropout=0.1,
    )
    return fit_recurrent(
        spec, FittingInputs(dataset, glove), tmp_path_factory.mktemp("run"), FittingObservers()
    )
