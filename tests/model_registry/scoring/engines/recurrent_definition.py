"""Random batches, and what recurrent and linear networks compute by definition, in double precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model_registry.networks.linear import LinearNetwork
from model_registry.networks.recurrent import RecurrentNetwork
from model_registry.networks.token_ids import PADDING_ID, UNKNOWN_ID
from model_registry.text.vocabulary import TokenBatch
from tests.model_registry import tiny_model
from tests.model_registry.text.test_ngrams import buckets_slowly

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_registry.package.package import LoadedModel


def batch_of(lengths: list[int], seed: int = 0) -> TokenBatch:
    random = np.random.default_rng(seed)
    longest = max(lengths, default=0)
    present = np.arange(longest) < np.array(lengths, int)[:, None]
    ids = random.integers(UNKNOWN_ID, tiny_model.NETWORK.vocabulary_size, size=present.shape)
    return TokenBatch(np.where(present, ids, PADDING_ID).astype(np.int32), np.array(lengths, np.int32))


def by_definition(model: LoadedModel, batch: TokenBatch) -> NDArray[np.float64]:
    """One tweet after the other, one word after the other, in double precision."""
    weights = {name: tensor.astype(np.float64) for name, tensor in model.tensors.items()}
    tweets = [ids[:length] for ids, length in zip(batch.ids, batch.lengths, strict=True)]
    network = model.manifest.network
    logits = [weights["output/bias"][0] + _sum_ngrams(model, ids) for ids in tweets]
    if isinstance(network, RecurrentNetwork):
        logits = [logit + _deep(network, weights, ids) for logit, ids in zip(logits, tweets, strict=True)]
    return _sigmoid(np.array(logits, np.float64))


def _sum_ngrams(model: LoadedModel, ids: NDArray[np.int32]) -> float:
    network = model.manifest.network
    wide = network.ngram_term if isinstance(network, RecurrentNetwork | LinearNetwork) else None
    if wide is None:
        return 0.0
    words = ["", "", *model.vocabulary.tokens]
    known = model.tensors["wide/fingerprints"].tolist() if wide.one_ngram_per_bucket else None
    buckets = buckets_slowly([words[token] for token in ids], wide, known)
    total = float(model.tensors["wide/weights"][buckets].astype(np.float64).sum())
    return (
        total / max(len(buckets), 1) ** 0.5
        if wide.one_ngram_per_bucket or wide.scaled_by_root_count
        else total
    )


def _deep(
    network: RecurrentNetwork, weights: dict[str, NDArray[np.float64]], ids: NDArray[np.int32]
) -> float:
    words = weights["embedding"][ids]
    read = [_read(weights, "recurrent", words)]
    if "backward/kernel" in weights:
        read.append(_read(weights, "backward", words[::-1]))
    if network.pooling:
        features = [states.max(axis=0) for states in read] + [states.mean(axis=0) for states in read]
    else:
        features = [states[-1] for states in read]
    dense = np.maximum(np.concatenate(features) @ weights["dense/kernel"] + weights["dense/bias"], 0)
    return float((dense @ weights["output/kernel"])[0])


def _read(
    weights: dict[str, NDArray[np.float64]], way: str, words: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the state after each word."""
    units, width = weights[f"{way}/recurrent_kernel"].shape
    hidden, memory = np.zeros(units), np.zeros(units)
    states = []
    for word in words:
        gates = word @ weights[f"{way}/kernel"] + hidden @ weights[f"{way}/recurrent_kernel"]
        gates = gates + weights[f"{way}/bias"]
        if width == units:
            hidden = np.tanh(gates)
            states.append(hidden)
            continue
        admit, keep, candidate, reveal = np.split(gates, 4)
        memory = _sigmoid(keep) * memory + _sigmoid(admit) * np.tanh(candidate)
        hidden = _sigmoid(reveal) * np.tanh(memory)
        states.append(hidden)
    return np.array(states)


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-x)))
