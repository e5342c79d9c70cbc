"""A Transformer of two small layers with random weights, made without TensorFlow, and what it computes by definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from badbuzz.cleaning import EXPRESSIVE
from model_registry.networks.transformer import TransformerNetwork
from model_registry.package.model_draft import pack
from model_registry.text.vocabulary import Vocabulary
from tests.model_registry import tiny_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_registry.package.model_draft import ModelDraft
    from model_registry.package.package import LoadedModel
    from model_registry.text.vocabulary import TokenBatch

    Numbers = NDArray[np.float64]

PIECES: Final = ("[CLS]", "[SEP]", *tiny_model.WORDS, "!", ".", "##ly", "##s", "k", "##ind")
NETWORK: Final = TransformerNetwork(
    vocabulary_size=len(PIECES) + 2, units=8, layers=2, heads=2, inner_units=16, max_length=10
)


def tensors(network: TransformerNetwork = NETWORK, seed: int = 7) -> dict[str, NDArray[np.floating]]:
    """Random weights, the large ones in half precision. Scales are about 1, so that attention is not uniform."""
    random = np.random.default_rng(seed)
    return {
        name: (random.normal(scale=0.5, size=shape) + name.endswith("scale")).astype(
            np.float16 if name in network.half_precision_tensors else np.float32
        )
        for name, shape in network.tensor_shapes().items()
    }


def draft(seed: int = 7, **changes: object) -> ModelDraft:
    fields: dict[str, Any] = {
        "network": NETWORK,
        "cleaning": EXPRESSIVE,
        "tensors": tensors(seed=seed),
        "vocabulary": Vocabulary(PIECES),
    }
    return tiny_model.draft(**fields | changes)


def load(network: TransformerNetwork = NETWORK) -> LoadedModel:
    return pack(draft(network=network, tensors=tensors(network))).open()


def by_definition(model: LoadedModel, batch: TokenBatch) -> Numbers:
    """One tweet after the other, one head after the other, in double precision."""
    network = model.manifest.network
    assert isinstance(network, TransformerNetwork)
    weights = {name: tensor.astype(np.float64) for name, tensor in model.tensors.items()}
    tweets = [ids[:length] for ids, length in zip(batch.ids, batch.lengths, strict=True)]
    logits = [
        (_states(network, weights, ids).mean(0) @ weights["output/kernel"] + weights["output/bias"])[0]
        for ids in tweets
    ]
    return np.asarray(1 / (1 + np.exp(-np.array(logits, np.float64))))


def _states(network: TransformerNetwork, weights: dict[str, Numbers], ids: NDArray[np.int32]) -> Numbers:
    x = _normal(weights["embedding"][ids] + weights["positions"][: len(ids)], weights, "norm")
    for layer in range(network.layers):
        seen = np.concatenate([_head(network, weights, x, layer, head) for head in range(network.heads)], 1)
        x = _normal(x + _dense(seen, weights, f"{layer}/attended"), weights, f"{layer}/attention_norm")
        inner = _dense(x, weights, f"{layer}/inner")
        inner = 0.5 * inner * (1 + np.tanh(np.sqrt(2 / np.pi) * (inner + 0.044715 * inner**3)))
        x = _normal(x + _dense(inner, weights, f"{layer}/output"), weights, f"{layer}/output_norm")
    return x


def _head(
    network: TransformerNetwork, weights: dict[str, Numbers], x: Numbers, layer: int, head: int
) -> Numbers:
    width = network.units // network.heads
    own = slice(head * width, (head + 1) * width)
    query, key, value = (_dense(x, weights, f"{layer}/{name}")[:, own] for name in ("query", "key", "value"))
    raised = np.exp(query @ key.T / np.sqrt(width))
    found: Numbers = raised / raised.sum(axis=1, keepdims=True) @ value
    return found


def _dense(x: Numbers, weights: dict[str, Numbers], name: str) -> Numbers:
    y: Numbers = x @ weights[f"{name}/kernel"] + weights[f"{name}/bias"]
    return y


def _normal(x: Numbers, weights: dict[str, Numbers], name: str) -> Numbers:
    scaled = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-12)
    y: Numbers = scaled * weights[f"{name}/scale"] + weights[f"{name}/shift"]
    return y
