"""What a model is made of, as data: text, shape and fitting.

The rows of the study's table are in :mod:`training.experiments.study_2021`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from badbuzz.cleaning import get_rules
from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NgramTerm
from model_registry.networks.recurrent import RecurrentNetwork

if TYPE_CHECKING:
    from badbuzz.cleaning import CleaningRules
    from model_registry.networks.recurrent import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """Any model: its name in the registry, its text, and how many tweets are drawn for it (None: all).

    What is set aside for validation is part of ``rows``. ``kind`` is how results and checkpoints name its class.
    """

    kind: ClassVar[str]

    name: str
    cleaning: Literal["standard", "advanced", "expressive"] = "standard"
    rows: int | None = None
    seed: int = 2009

    @property
    def rules(self) -> CleaningRules:
        """The rules that clean its text."""
        return get_rules(self.cleaning)

    def to_json(self) -> str:
        """Spell it out; equal specs are spelt equally."""
        return json.dumps({"kind": self.kind, **asdict(self)}, sort_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuralSpec(ModelSpec):
    """What the training loop fits.

    With ``decay`` the learning rate falls to zero along half a cosine over all epochs, otherwise it stays. Fitting stops
    early after ``patience`` evaluations without a better validation AUC, and the best evaluation's weights are kept.
    """

    epochs: int = 5
    batch_size: int = 250
    learning_rate: float = 0.001
    decay: bool = True
    evaluations_per_epoch: int = 2
    patience: int = 3
    dropout: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceSpec(NeuralSpec):
    """Dense ``units`` → 1 over the vectors of whole sentences that an encoder gives, which stays as it is."""

    kind = "sentence"

    units: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformerSpec(NeuralSpec):
    """A Transformer encoder (see :mod:`training.neural.transformer`), all of it fine-tuned but the vectors of its word pieces.

    ``max_pieces`` counts the marks of beginning and end, too; ``encoder_dropout`` is inside the encoder, ``dropout`` after it.
    """

    kind = "transformer"

    cleaning: Literal["standard", "advanced", "expressive"] = "expressive"
    max_pieces: int = 48
    encoder_dropout: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrentSpec(NeuralSpec):
    """A recurrent network over word vectors.

    ``vectors`` says where they come from: a file of GloVe or Word2Vec, or random numbers of ``own_dimensions``;
    ``freeze`` keeps them as they were read, and leaves words without one unknown. ``vocabulary_size`` is the most rows
    the embedding may have; ``shipped_size`` of them are kept in the end: at 200 dimensions in half precision 35,000
    are 14 MB.
    """

    kind = "recurrent"

    vectors: Literal["own", "word2vec", "glove"]
    cell: Cell = "lstm"
    own_dimensions: int = 256
    freeze: bool = False
    vocabulary_size: int = 50_000
    shipped_size: int = 35_000
    spatial_dropout: float = 0.5
    cell_dropout: float = 0.0
    l2: float = 0.001

    def network(self, vocabulary_size: int, dimensions: int) -> RecurrentNetwork:
        """Shape the network for a vocabulary and vectors that were found to be so large."""
        return RecurrentNetwork(
            vocabulary_size=vocabulary_size,
            embedding_dimensions=dimensions,
            cell=self.cell,
            spatial_dropout=self.spatial_dropout,
            cell_dropout=self.cell_dropout,
            dropout=self.dropout,
            l2=self.l2,
            trainable_embedding=not self.freeze,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WideDeepSpec(RecurrentSpec):
    """A recurrent network that may pool over its states, and may have a wide term beside it (``buckets``; None: it has not).

    ``longest`` and ``wide_dropout`` belong to the :class:`~model_registry.networks.ngram_term.NgramTerm`, ``word_dropout`` to the
    :class:`~model_registry.networks.recurrent.RecurrentNetwork`. ``teacher_weight`` is the share of teachers in the labels: see
    :mod:`training.data.distillation`.
    """

    kind = "wide-deep"

    units: int = 96
    pooling: Literal["max_mean"] | None = "max_mean"
    buckets: int | None = 1 << 21
    longest: int = 3
    wide_dropout: float = 0.5
    word_dropout: float | None = None
    teacher_weight: float = 0.0

    def network(self, vocabulary_size: int, dimensions: int) -> RecurrentNetwork:
        """Shape the network for a vocabulary and vectors that were found to be so large."""
        recurrent = RecurrentSpec.network(self, vocabulary_size, dimensions)
        wide = None
        if self.buckets is not None:
            wide = NgramTerm(buckets=self.buckets, longest_ngram=self.longest, dropout=self.wide_dropout)
        return recurrent.model_copy(
            update={
                "units": self.units,
                "pooling": self.pooling,
                "word_dropout": self.word_dropout,
                "ngram_term": wide,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NgramSpec(ModelSpec):
    """Logistic regression over runs of 1 to ``longest`` words (n-grams), hashed as a worker hashes them.

    Of n-grams that fall into one bucket the most frequent one is chosen, if it comes ``least_tweets`` times; unless they are
    to be ``shared``: then all of them count, and none can be told from another, which is the study's feature hashing.
    With ``letters`` a word has no weight of its own, but those of its runs of 2 to so many letters, its ends among them.
    ``inverse_penalty`` is scikit-learn's C.
    """

    kind = "ngram"

    buckets: int = 11 << 17
    longest: int = 3
    least_tweets: int = 2
    shared: bool = False
    letters: int | None = None
    vocabulary_size: int = 50_000
    inverse_penalty: float = 3.0

    def network(self, vocabulary_size: int) -> LinearNetwork:
        """Shape the model for a vocabulary that was found to be so large."""
        wide = NgramTerm(
            buckets=self.buckets,
            longest_ngram=self.longest,
            one_ngram_per_bucket=not self.shared,
            scaled_by_root_count=True if self.shared else None,
        )
        return LinearNetwork(vocabulary_size=vocabulary_size, ngram_term=wide)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualSpec:
    """A wide term that is fitted to what a network leaves: see :mod:`training.ngrams.residual`.

    N-grams are those of a :class:`NgramSpec`. ``known_share`` of the teachers' mean logit is what is known already.
    """

    buckets: int = 11 << 17
    longest: int = 3
    least_tweets: int = 2
    known_share: float = 0.9
    passes: int = 5
    batch_size: int = 4_096
    learning_rate: float = 0.2
    seed: int = 2009

    def network(self, vocabulary_size: int) -> LinearNetwork:
        """Shape the term, as a model of its own, for a vocabulary that was found to be so large."""
        wide = NgramTerm(buckets=self.buckets, longest_ngram=self.longest, one_ngram_per_bucket=True)
        return LinearNetwork(vocabulary_size=vocabulary_size, ngram_term=wide)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackedSpec(ModelSpec):
    """A recurrent network, and beside it a wide term that is fitted to what it leaves: see :mod:`training.ngrams.stacked`.

    They are scored as one. The network must draw the same tweets as the whole.
    """

    kind = "stacked"

    deep: WideDeepSpec
    wide: ResidualSpec = ResidualSpec()

    def as_one(self) -> WideDeepSpec:
        """Describe the network that comes of it."""
        return replace(self.deep, name=self.name, buckets=self.wide.buckets, longest=self.wide.longest)


LSTM_GLOVE: Final = RecurrentSpec(
    name="tweet_sentiment_glove_lstm",
    vectors="glove",
    spatial_dropout=0.3,
    dropout=0.3,
    epochs=3,
    batch_size=512,
)
"""The study's deployed model, as it is shipped. It sees each of 1.5M tweets three times where the study showed 400,000
five times: there is less to memorise, so it needs less dropout. Larger batches are faster."""

WIDE_DEEP: Final = WideDeepSpec(
    name="tweet_sentiment_wide_deep",
    vectors="own",
    cell="bilstm",
    own_dimensions=128,
    spatial_dropout=0.3,
    dropout=0.3,
    epochs=3,
    batch_size=512,
)
"""Read in both directions by 96 units each, it has two thirds of the shipped LSTM's speed, and its 35,000 words × 128 with
two million weights of n-grams, in half precision, are 13 MB."""

HASHED: Final = NgramSpec(name="tweet_sentiment_hashed")
