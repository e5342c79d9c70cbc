"""Scoring engines: different arithmetic for the same network, equal within 1e-5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from badbuzz.errors import ModelRefused
from model_registry.scoring.engines.linear_engine import LinearEngine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from badbuzz.settings import EngineName
    from model_registry.package.package import LoadedModel
    from model_registry.text.vocabulary import TokenBatch


class Engine(Protocol):
    """A network with its weights, ready to score."""

    def predict(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Return the probability of *positive*, float32 [tweets], in the batch's order."""
        ...


def open_engine(model: LoadedModel, name: EngineName, threads: int) -> Engine:
    """Load a model that reads words or word pieces into an engine that computes with ``threads`` threads.

    Imports are local, so that a process loads only the libraries of the engine that it uses. A linear network has the same
    engine under both names.

    :raises ModelRefused: if the model is too large for the engine, or reads whole sentences
        (see :mod:`model_registry.scoring.predictors`).
    :raises Misconfigured: if the engine's libraries are not installed.
    """
    network = model.manifest.network
    if network.cell == "sentences":
        raise ModelRefused(
            f"{model.manifest.ref}: reads whole sentences; engines score words and word pieces"
        )
    if network.cell == "linear":
        return LinearEngine(network, model.vocabulary, model.tensors)
    if name == "tensorflow":
        from model_registry.scoring.engines.tensorflow_engine import TensorFlowEngine  # noqa: PLC0415 - see above

        return TensorFlowEngine(network, model, threads)
    if network.cell == "transformer":
        from model_registry.scoring.engines.transformer_engine import TransformerEngine  # noqa: PLC0415 - see above

        return TransformerEngine(network, model.tensors, threads)
    from model_registry.scoring.engines.numpy_engine import NumpyEngine  # noqa: PLC0415 - see above

    return NumpyEngine(network, model, threads)
