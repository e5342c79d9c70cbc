"""One layer of a Transformer in numpy, for tweets whose pieces are concatenated without padding.

Operations on single pieces run over the pieces of many tweets at once. Attention runs over tweets of equal length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from model_registry.networks.transformer import EPSILON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model_registry.networks.transformer import TransformerNetwork
    from model_registry.scoring.engines.gate_table import Floats

_GELU: Final = (np.float32(np.sqrt(2 / np.pi)), np.float32(0.044715))


class LengthGroup(NamedTuple):
    """Neighbouring tweets of equal length: the index of their first piece, their number, and their pieces each."""

    start: int
    tweets: int
    length: int


class Norm:
    """Layer normalisation: mean 0 and variance 1 for each piece, then a fitted scale and shift."""

    def __init__(self, tensors: Mapping[str, Floats], name: str) -> None:
        self._scale, self._shift = tensors[f"{name}/scale"], tensors[f"{name}/shift"]

    def __call__(self, x: Floats) -> Floats:
        """Change ``x``, [pieces, units], in place."""
        x -= x.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", x, x)[:, None] / np.float32(x.shape[1])
        x /= np.sqrt(variance + np.float32(EPSILON))
        x *= self._scale
        x += self._shift
        return x


class Layer:
    """Attention and two dense layers. ``tensors`` are all of a network's, in single precision."""

    def __init__(self, network: TransformerNetwork, number: int, tensors: Mapping[str, Floats]) -> None:
        own = {name: tensors[f"{number}/{name}"] for name in network.layer_shapes()}
        self._heads = network.heads
        # The scale of queries is part of their weights, and one product computes queries, keys and values.
        scale = np.float32((network.units // network.heads) ** -0.5)
        parts = {"query": scale, "key": np.float32(1), "value": np.float32(1)}
        kernels, biases = (
            [own[f"{part}/{kind}"] * by for part, by in parts.items()] for kind in ("kernel", "bias")
        )
        self._query_key_value = np.concatenate(kernels, axis=1), np.concatenate(biases)
        self._attended, self._inner, self._output = (
            (own[f"{name}/kernel"], own[f"{name}/bias"]) for name in ("attended", "inner", "output")
        )
        self._attention_norm, self._output_norm = Norm(own, "attention_norm"), Norm(own, "output_norm")

    def __call__(self, x: Floats, groups: Sequence[LengthGroup]) -> Floats:
        """Return the pieces' next states, [pieces, units], from their current states ``x``, which are overwritten."""
        projected = _dense(x, self._query_key_value)
        found = np.empty_like(x)
        for group in groups:
            rows = slice(group.start, group.start + group.tweets * group.length)
            split = projected[rows].reshape(group.tweets, group.length, 3, self._heads, -1)
            query, key, value = split.transpose(2, 0, 3, 1, 4)
            seen = _softmax(query @ key.swapaxes(-1, -2)) @ value
            found[rows] = seen.transpose(0, 2, 1, 3).reshape(-1, found.shape[1])
        x += _dense(found, self._attended)
        x = self._attention_norm(x)
        x += _dense(_gelu(_dense(x, self._inner)), self._output)
        return self._output_norm(x)


def _dense(x: Floats, weights: tuple[Floats, Floats]) -> Floats:
    kernel, bias = weights
    y: Floats = x @ kernel
    y += bias
    return y


def _softmax(x: Floats) -> Floats:
    x -= x.max(axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x


def _gelu(x: Floats) -> Floats:
    outer, inner = _GELU
    y = x * x
    y *= inner * outer
    y += outer
    y *= x
    np.tanh(y, out=y)
    y += np.float32(1)
    y *= x
    y *= np.float32(0.5)
    return y
