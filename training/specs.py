"""Model specs: what a model is made of, as data. The experiments that use them are in :mod:`training.experiments`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from badbuzz.cleaning import get_rules
from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NgramTerm
from model_registry.networks.recurrent import RecurrentNetwork

if TYPE_CHECKING:
    from badbuzz.cleaning import CleaningRules
    from model_registry.networks.recurrent import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """Any model: its name in the registry, its cleaning rules, and how many tweets are drawn for it (None: all).

    ``rows`` includes the validation tweets. ``kind`` names the class in results and checkpoints. ``is_calibrated`` says
    whether the deployed model is calibrated, ``builds_vocabulary`` whether its vocabulary comes from the tweets.
    """

    kind: ClassVar[str]
    is_calibrated: ClassVar[bool] = True
    builds_vocabulary: ClassVar[bool] = True

    name: str
    cleaning: Literal["standard", "advanced", "expressive"] = "standard"
    rows: int | None = None
    seed: int = 2009

    @property
    def rules(self) -> CleaningRules:
        """The rules that clean its text."""
        return get_rules(self.cleaning)

    @property
    def vectors_option(self) -> str | None:
        """The command-line option, without dashes, that gives its word vectors or encoder; None if it needs none."""
        return None

    @property
    def needs_teachers(self) -> bool:
        """Whether it is fitted to teachers' scores, too."""
        return False

    def to_json(self) -> str:
        """Return the spec as JSON; equal specs give equal strings."""
        return json.dumps({"kind": self.kind, **asdict(self)}, sort_keys=True)

    def settings(self) -> dict[str, Any]:
        """Return the settings that the manifest records."""
        return asdict(self)

    def features(self, file: str | None) -> str:
        """Name what represents words in the comparison table; ``file`` names the vectors or encoder."""
        return file or "own"

    def vectors_note(self, file: str | None) -> str:
        """Return the manifest's note on the vectors; ``file`` names the vectors or encoder."""
        return self.features(file)

    def describe_fitting(self) -> str:
        """Return the model card's paragraph on how the model was fitted."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuralSpec(ModelSpec):
    """A network that is fitted by gradient descent.

    With ``decay`` the learning rate falls to zero along half a cosine over all epochs, otherwise it is constant. Fitting
    stops after ``patience`` evaluations without a better validation AUC, and keeps the weights of the best evaluation.
    """

    epochs: int = 5
    batch_size: int = 250
    learning_rate: float = 0.001
    decay: bool = True
    evaluations_per_epoch: int = 2
    patience: int = 3
    dropout: float = 0.5

    def _describe_schedule(self) -> str:
        rate = f"from {self.learning_rate} to 0" if self.decay else f"at {self.learning_rate}"
        return f"Adam {rate}, {self.epochs} epochs at most,\nbatches of {self.batch_size}."


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceSpec(NeuralSpec):
    """Dense ``units`` → 1 over the sentence vectors of an encoder, which is not fitted."""

    kind = "sentence"
    builds_vocabulary = False

    units: int = 256

    @property
    def vectors_option(self) -> str:
        """The sentence encoder."""
        return "encoder"

    def describe_fitting(self) -> str:
        """Name the layers, dropout and the learning rate."""
        dropout = f"Dropout {self.dropout} between them"
        return f"The dense layers; the encoder stays as it is. {dropout}, {self._describe_schedule()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformerSpec(NeuralSpec):
    """A Transformer encoder (:mod:`training.neural.transformer`): all of it is fine-tuned but the vectors of word pieces.

    ``max_pieces`` includes the begin and end marks; ``encoder_dropout`` is inside the encoder, ``dropout`` after it.
    """

    kind = "transformer"
    builds_vocabulary = False

    cleaning: Literal["standard", "advanced", "expressive"] = "expressive"
    max_pieces: int = 48
    encoder_dropout: float = 0.1

    @property
    def vectors_option(self) -> str:
        """The Transformer encoder."""
        return "transformer"

    def describe_fitting(self) -> str:
        """Name the layers, dropout and the learning rate."""
        dropout = f"Dropout {self.encoder_dropout} inside the encoder,\n{self.dropout} after it"
        return f"All layers but the vectors of word pieces. {dropout}, {self._describe_schedule()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrentSpec(NeuralSpec):
    """A recurrent network over word vectors.

    ``vectors`` is their source: a file of GloVe or Word2Vec vectors, or random numbers of ``own_dimensions``. ``freeze``
    keeps vectors as they were read; words without one are then unknown. ``vocabulary_size`` limits the rows of the
    embedding, ``shipped_size`` those of the deployed one: 35,000 rows of 200 dimensions in half precision are 14 MB.
    """

    kind = "recurrent"
    is_calibrated = False

    vectors: Literal["own", "word2vec", "glove"]
    cell: Cell = "lstm"
    own_dimensions: int = 256
    freeze: bool = False
    vocabulary_size: int = 50_000
    shipped_size: int = 35_000
    spatial_dropout: float = 0.5
    cell_dropout: float = 0.0
    l2: float = 0.001

    @property
    def vectors_option(self) -> str | None:
        """The file of word vectors, if any."""
        return None if self.vectors == "own" else self.vectors

    @property
    def teacher_share(self) -> float:
        """The share of teachers' scores in the labels."""
        return 0.0

    @property
    def needs_teachers(self) -> bool:
        """Whether teachers have a share in the labels."""
        return self.teacher_share > 0

    def vectors_note(self, file: str | None) -> str:
        """Say whether the vectors are the network's own, frozen or fine-tuned."""
        if self.vectors == "own":
            return f"its own, of {self.own_dimensions} dimensions"
        return f"{file}; {'frozen' if self.freeze else 'fine-tuned'}"

    def describe_fitting(self) -> str:
        """Name dropout, penalty and the learning rate."""
        return (
            f"Spatial dropout {self.spatial_dropout}, {self.cell_dropout} on the recurrent layer's inputs,\n"
            f"{self.dropout} before the dense ones,{self._describe_word_dropout()} L2 {self.l2} on the dense layer,\n"
            f"{self._describe_schedule()}"
        )

    def _describe_word_dropout(self) -> str:
        return ""

    def network(self, vocabulary_size: int, dimensions: int) -> RecurrentNetwork:
        """Return the network for a vocabulary and vectors of these sizes."""
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
    """A recurrent network that may pool over its states, and may have an n-gram term of ``buckets`` (None: no term).

    ``longest`` and ``wide_dropout`` belong to the :class:`~model_registry.networks.ngram_term.NgramTerm`, ``word_dropout`` to
    the :class:`~model_registry.networks.recurrent.RecurrentNetwork`. ``teacher_weight`` is the share of
    teachers' scores in the labels (:mod:`training.data.distillation`).
    """

    kind = "wide-deep"
    is_calibrated = True

    units: int = 96
    pooling: Literal["max_mean"] | None = "max_mean"
    buckets: int | None = 1 << 21
    longest: int = 3
    wide_dropout: float = 0.5
    word_dropout: float | None = None
    teacher_weight: float = 0.0

    @property
    def teacher_share(self) -> float:
        """The share of teachers' scores in the labels."""
        return self.teacher_weight

    def _describe_word_dropout(self) -> str:
        return f" {self.word_dropout} of the words unread," if self.word_dropout else ""

    def network(self, vocabulary_size: int, dimensions: int) -> RecurrentNetwork:
        """Return the network for a vocabulary and vectors of these sizes."""
        recurrent = RecurrentSpec.network(self, vocabulary_size, dimensions)
        term = None
        if self.buckets is not None:
            term = NgramTerm(buckets=self.buckets, longest_ngram=self.longest, dropout=self.wide_dropout)
        return recurrent.model_copy(
            update={
                "units": self.units,
                "pooling": self.pooling,
                "word_dropout": self.word_dropout,
                "ngram_term": term,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NgramSpec(ModelSpec):
    """Logistic regression over runs of 1 to ``longest`` words (n-grams), hashed as a worker hashes them.

    Of the n-grams in one hash bucket, the most frequent one is kept if it occurs ``least_tweets`` times. With ``shared``,
    all n-grams of a bucket count and cannot be told apart, as in the study's feature hashing. With ``letters``, a word's
    weight is the sum of the weights of its runs of 2 to ``letters`` letters, its ends included. ``inverse_penalty`` is
    scikit-learn's C.
    """

    kind = "ngram"

    buckets: int = 11 << 17
    longest: int = 3
    least_tweets: int = 2
    shared: bool = False
    letters: int | None = None
    vocabulary_size: int = 50_000
    inverse_penalty: float = 3.0

    def features(self, file: str | None) -> str:  # noqa: ARG002 - no file
        """Name the columns."""
        return "runs of letters" if self.letters else f"{self.buckets - 1:,} hashes"

    def vectors_note(self, file: str | None) -> str:  # noqa: ARG002 - no file
        """Say that there are no vectors."""
        return "none: n-grams are hashed"

    def describe_fitting(self) -> str:
        """Name the solver and the penalty."""
        return f"Logistic regression (L-BFGS, C = {self.inverse_penalty})."

    def network(self, vocabulary_size: int) -> LinearNetwork:
        """Return the model for a vocabulary of this size."""
        term = NgramTerm(
            buckets=self.buckets,
            longest_ngram=self.longest,
            one_ngram_per_bucket=not self.shared,
            scaled_by_root_count=True if self.shared else None,
        )
        return LinearNetwork(vocabulary_size=vocabulary_size, ngram_term=term)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualSpec:
    """An n-gram term that is fitted to a network's residual (:mod:`training.ngrams.residual`).

    Its n-grams are those of an :class:`NgramSpec`. The known logit is ``known_share`` of the teachers' mean logit.
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
        """Return the term, as a model of its own, for a vocabulary of this size."""
        term = NgramTerm(buckets=self.buckets, longest_ngram=self.longest, one_ngram_per_bucket=True)
        return LinearNetwork(vocabulary_size=vocabulary_size, ngram_term=term)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackedSpec(ModelSpec):
    """A recurrent network and an n-gram term fitted to its residual, scored as one (:mod:`training.experiments.stacked`).

    The network must draw the same tweets as the whole: the same cleaning rules, ``rows`` and ``seed``.
    """

    kind = "stacked"

    deep: WideDeepSpec
    wide: ResidualSpec = ResidualSpec()

    @property
    def shipped_size(self) -> int:
        """The most rows of the deployed embedding."""
        return self.deep.shipped_size

    @property
    def vectors_option(self) -> str | None:
        """The recurrent network's vectors."""
        return self.deep.vectors_option

    @property
    def needs_teachers(self) -> bool:
        """The n-gram term is fitted to the teachers' residual."""
        return True

    def settings(self) -> dict[str, Any]:
        """Return the settings of the merged network, and how its n-gram term was fitted."""
        merged = replace(self.deep, name=self.name, buckets=self.wide.buckets, longest=self.wide.longest)
        return {**asdict(merged), "wide": asdict(self.wide)}

    def vectors_note(self, file: str | None) -> str:
        """Return the recurrent network's note."""
        return self.deep.vectors_note(file)

    def describe_fitting(self) -> str:
        """Describe both parts."""
        wide = self.wide
        return f"""{self.deep.describe_fitting()} Weights of n-grams: on top of {wide.known_share} of the logit
of networks of this kind that had not learnt the tweet; AdaGrad at {wide.learning_rate}, {wide.passes} passes, batches of
{wide.batch_size:,}. The validation says how much each of the two logits counts."""
