"""A tiny recurrent network with random weights, made without TensorFlow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from badbuzz.cleaning import STANDARD
from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NGRAM_FINGERPRINTS
from model_registry.networks.recurrent import RecurrentNetwork
from model_registry.package.manifest import Training
from model_registry.package.metrics import Confusion, Metrics
from model_registry.package.model_draft import ModelDraft
from model_registry.text.ngrams import NgramHasher, compute_fingerprints
from model_registry.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_registry.networks.kinds import Network
    from model_registry.networks.ngram_term import NgramTerm

WORDS = (
    "user",
    "url",
    "hashtag",
    "late",
    "again",
    "thank",
    "you",
    "crew",
    "lost",
    "my",
    "bag",
    "great",
    "flight",
)
NETWORK = RecurrentNetwork(
    vocabulary_size=len(WORDS) + 2,
    embedding_dimensions=6,
    units=8,
    dense_units=4,
    max_length=5,
    trainable_embedding=False,
)
METRICS = Metrics(
    n=4,
    accuracy=0.75,
    accuracy_ci=(0.3, 0.95),
    auc=0.8,
    auc_ci=(0.4, 1.0),
    confusion=Confusion(tn=2, fp=0, fn=1, tp=1),
)
TRAINING = Training(
    created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    software="0.0",
    data_fingerprint="none: random weights",
    data_terms="none",
    vectors="random",
    settings={"seed": 7, "epochs": 0},
)


def tensors(network: Network = NETWORK, seed: int = 7) -> dict[str, NDArray[np.floating]]:
    random = np.random.default_rng(seed)
    found = {
        name: random.normal(size=shape).astype(np.float32) for name, shape in network.tensor_shapes().items()
    }
    if (
        isinstance(network, RecurrentNetwork | LinearNetwork)
        and network.ngram_term
        and network.ngram_term.one_ngram_per_bucket
    ):
        found[NGRAM_FINGERPRINTS] = _fingerprints(network.ngram_term)
    return found


def _fingerprints(wide: NgramTerm) -> NDArray[np.float32]:
    """Fingerprints of some words and pairs."""
    hasher = NgramHasher(wide, Vocabulary(WORDS))
    pairs = [(first, second) for first in range(2, NETWORK.vocabulary_size) for second in range(2, 9)]
    hashes, _ = hasher.hash_ngrams(np.array(pairs, np.int32))
    fingerprints = np.zeros(wide.buckets, np.float32)
    fingerprints[hasher.select_buckets(hashes)] = compute_fingerprints(hashes)
    return fingerprints


def draft(seed: int = 7, **changes: object) -> ModelDraft:
    fields: dict[str, Any] = {
        "name": "tiny",
        "network": NETWORK,
        "cleaning": STANDARD,
        "tensors": tensors(seed=seed),
        "vocabulary": Vocabulary(WORDS),
        "metrics": {"test": METRICS},
        "training": TRAINING,
        "documents": {"model_card.md": b"# tiny\n"},
    }
    return ModelDraft(**fields | changes)
