"""The files that experiments read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from badbuzz.errors import Usage
from training.data.dataset import load_dataset
from training.fitting import FittingInputs

if TYPE_CHECKING:
    from pathlib import Path

    from training.data.dataset import Dataset
    from training.experiments.experiment import Experiment
    from training.specs import ModelSpec


@dataclass(frozen=True, slots=True)
class ExperimentInputs:
    """Labelled tweets, files of word vectors, folders of a sentence encoder and a Transformer, files of teachers' scores.

    ``also`` are more labelled files to measure on. Each field but ``also`` is named like its command-line option.
    """

    data: Path
    word2vec: Path | None = None
    glove: Path | None = None
    encoder: Path | None = None
    transformer: Path | None = None
    also: tuple[Path, ...] = ()
    teachers: tuple[Path, ...] = ()

    def vectors(self, spec: ModelSpec) -> Path | None:
        """Return the file or folder of the spec's vectors or encoder; None if it is not needed or not given."""
        return getattr(self, spec.vectors_option) if spec.vectors_option else None

    def vectors_name(self, spec: ModelSpec) -> str | None:
        """Return the file name of the spec's vectors or encoder."""
        path = self.vectors(spec)
        return path.name if path else None

    def missing_option(self, spec: ModelSpec) -> str | None:
        """Return the command-line option that the spec needs and that is missing, if any."""
        if spec.vectors_option and self.vectors(spec) is None:
            return f"--{spec.vectors_option}"
        return "--teacher" if spec.needs_teachers and not self.teachers else None

    def check(self, experiment: Experiment) -> None:
        """Check that everything the experiment needs is given.

        :raises Usage: if an option is missing.
        """
        if option := self.missing_option(experiment.spec):
            raise Usage(f"experiment {experiment.name}: needs {option}")

    def load_dataset(self, spec: ModelSpec) -> Dataset:
        """Read the tweets that the spec draws, cleaned by its rules.

        :raises DataRefused: if the data are not labelled tweets.
        :raises Misconfigured: if there are too few.
        """
        return load_dataset(self.data, spec.rules, rows=spec.rows, seed=spec.seed)

    def for_fitting(self, spec: ModelSpec, dataset: Dataset) -> FittingInputs:
        """Return what fitting the spec to ``dataset`` takes."""
        return FittingInputs(dataset, self.vectors(spec), self.teachers)
