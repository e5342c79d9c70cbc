"""The spec of a recurrent network and an n-gram term, fitted one after the other."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from training.specs.base import ModelSpec
from training.specs.ngrams import ResidualSpec

if TYPE_CHECKING:
    from training.specs.recurrent import WideDeepSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class StackedSpec(ModelSpec):
    """A recurrent network and an n-gram term fitted to its residual, scored as one (:mod:`training.experiments.stacked`).

    The network must draw the same tweets as the whole: the same cleaning rules, ``rows`` and ``seed``.
    """

    kind = "stacked"

    deep: WideDeepSpec
    wide: ResidualSpec = field(default_factory=ResidualSpec)

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

    def describe_vectors(self, file: str | None) -> str:
        """Return the recurrent network's note."""
        return self.deep.describe_vectors(file)

    def describe_fitting(self) -> str:
        """Describe both parts."""
        wide = self.wide
        return f"""{self.deep.describe_fitting()} Weights of n-grams: fitted on top of {wide.known_share} of the
logit of networks of this kind that were not fitted on the tweet; AdaGrad at {wide.learning_rate}, {wide.passes} passes, batches
of {wide.batch_size:,}. The shares of the two logits are fitted on the validation."""
