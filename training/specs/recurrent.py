"""Specs of recurrent networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from model_registry.networks.ngram_term import NgramTerm
from model_registry.networks.recurrent import RecurrentNetwork
from training.specs.base import NeuralSpec

if TYPE_CHECKING:
    from model_registry.networks.recurrent import Cell


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

    def describe_vectors(self, file: str | None) -> str:
        """Return whether the vectors are the network's own, frozen or fine-tuned, as text."""
        if self.vectors == "own":
            return f"its own, of {self.own_dimensions} dimensions"
        return f"{file}; {'frozen' if self.freeze else 'fine-tuned'}"

    def describe_fitting(self) -> str:
        """Return dropout, penalty and the learning rate as text."""
        return (
            f"Spatial dropout {self.spatial_dropout}, {self.cell_dropout} on the recurrent layer's inputs,\n"
            f"{self.dropout} before the dense layers,{self._describe_word_dropout()} L2 {self.l2} on the dense layer,\n"
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
        return f" word dropout {self.word_dropout}," if self.word_dropout else ""

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
