"""A fitted recurrent network, and the smaller form that is deployed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from model_registry.keras_models.recurrent import build_network, load_tensors
from model_registry.networks.token_ids import PADDING_ID, RESERVED_IDS, UNKNOWN_ID
from model_registry.text.ngrams import open_hasher
from model_registry.text.vocabulary import Vocabulary
from training.data.encoded import encode_tweets
from training.fitting import DeployableModel, round_to_half
from training.neural.compiled import compile_scoring, predict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_registry.networks.recurrent import RecurrentNetwork
    from training.data.dataset import CleanedTweets, Dataset
    from training.fitting import CurvePoint, Tensors
    from training.specs import RecurrentSpec, StackedSpec


@dataclass(frozen=True, slots=True)
class FittedRecurrent:
    """A fitted network (see :class:`training.fitting.FittedModel`), alone or with an n-gram term fitted to its residual."""

    spec: RecurrentSpec | StackedSpec
    network: RecurrentNetwork
    vocabulary: Vocabulary
    tensors: Tensors
    dataset: Dataset
    parameters: int
    curve: list[CurvePoint]
    cpu_seconds: float

    def score(self, tweets: CleanedTweets) -> NDArray[np.float32]:
        """Score tweets: float32 [n], the probability of *positive*."""
        return _score(self.network, self.vocabulary, self.tensors, tweets)

    def make_deployable(self) -> DeployableModel:
        """Return the network with as many words as its spec deploys."""
        return shrink(self, self.spec.shipped_size)


def shrink(fitted: FittedRecurrent, size: int) -> DeployableModel:
    """Keep the ``size`` embedding rows of the most frequent words, and round embedding and n-gram term to half precision.

    Names of accounts are dropped. Dropped words become the unknown word, which fitting has seen in place of all rare
    words. The n-gram term keeps the weights of n-grams with a dropped word, but they are never looked up.
    """
    known = enumerate(fitted.vocabulary.tokens)
    words = [index for index, word in known if word not in fitted.dataset.names][: size - RESERVED_IDS]
    rows = [PADDING_ID, UNKNOWN_ID, *(index + RESERVED_IDS for index in words)]
    embedding = fitted.tensors["embedding"][rows]
    embedding[PADDING_ID] = 0
    network = fitted.network.model_copy(update={"vocabulary_size": len(rows)})
    vocabulary = Vocabulary(tuple(fitted.vocabulary.tokens[index] for index in words))
    before = fitted.network.vocabulary_size
    rounding = (
        f"Keeping {len(rows):,} of {before:,} embedding rows (no known name of an account) and rounding them"
        if len(rows) < before
        else "Rounding"
    )
    return DeployableModel(
        network,
        vocabulary,
        round_to_half(network, {**fitted.tensors, "embedding": embedding}),
        score_with=partial(_score, network, vocabulary),
        change=f"{rounding} to half precision",
    )


def _score(
    network: RecurrentNetwork, vocabulary: Vocabulary, tensors: Tensors, tweets: CleanedTweets
) -> NDArray[np.float32]:
    model = build_network(network)
    load_tensors(model, tensors)
    hasher = open_hasher(network.ngram_term, vocabulary, tensors)
    return predict(compile_scoring(model), encode_tweets(tweets, vocabulary, network.max_length, hasher))
