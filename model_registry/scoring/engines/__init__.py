"""Scoring engines: different arithmetic for the same network, equal within 1e-5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, assert_never

from badbuzz.errors import ModelRefused
from model_registry.networks.recurrent import LinearNetwork
from model_registry.networks.sentence import SentenceNetwork
from model_registry.networks.transformer import TransformerNetwork
from model_registry.scoring.engines.linear_engine import LinearEngine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_registry.package.artifact import Artifact
    from model_registry.text.vocabulary import TokenBatch

EngineName: TypeAlias = Literal["numpy", "tensorflow"]


class Engine(Protocol):
    """A network with its weights, ready to score."""

    def predict(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Give the probability of positive, float32 [tweets], in the batch's order."""
        ...


def open_engine(artifact: Artifact, name: EngineName, threads: int) -> Engine:
    """Load a model of words, or of their pieces, into an engine that computes with ``threads`` threads.

    The engine's libraries are imported here: a process loads those of the engine that it uses, no others. A linear model
    is the same few lines of numpy in all of them.

    :raises ModelRefused: if the model is too large for the engine, or reads whole sentences
        (see :mod:`model_registry.scoring.text_models`).
    :raises Misconfigured: if the engine's libraries are not installed.
    """
    network = artifact.manifest.network
    if isinstance(network, SentenceNetwork):
        raise ModelRefused(f"{artifact.manifest.ref}: reads whole sentences; no engine gives it words")
    if isinstance(network, LinearNetwork):
        return LinearEngine(network, artifact.vocabulary, artifact.tensors)
    if name == "numpy":
        if isinstance(network, TransformerNetwork):
            from model_registry.scoring.engines.transformer_engine import TransformerEngine  # noqa: PLC0415 - see above

            return TransformerEngine(network, artifact.tensors, threads)
        from model_registry.scoring.engines.numpy_engine import NumpyEngine  # noqa: PLC0415 - see above

        return NumpyEngine(network, artifact, threads)
    if name == "tensorflow":
        from model_registry.scoring.engines.tensorflow_engine import TensorFlowEngine  # noqa: PLC0415 - see above

        return TensorFlowEngine(network, artifact, threads)
    assert_never(name)
