"""The experiments in the order of the comparison table, each with the study's entry for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from training.experiments.experiment import StudyFigures
from training.experiments.study_2021 import FEW_TWEETS, MANY_TWEETS, STUDY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from training.azure.sample import TextForm
    from training.report.finished_experiments import FinishedExperiment


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model is made of, as far as it is known. The study does not give its machine or its times."""

    vectors: str | None = None
    model: str | None = None
    dimensions: int | None = None
    tweets: int | None = None
    parameters: int | None = None


NO_FACTS: Final = ModelFacts()


def _own_vectors(model: str, parameters: int | None) -> ModelFacts:
    return ModelFacts("own", model, 256, MANY_TWEETS, parameters)


_STUDY_FACTS: Final[Mapping[str, ModelFacts]] = {
    "hashing_lr": ModelFacts("1,024 hashes", "logistic regression", None, FEW_TWEETS, None),
    "ngrams_lr": ModelFacts("TF-IDF of words and pairs", "logistic regression", None, FEW_TWEETS, None),
    "rnn_base": _own_vectors("SimpleRNN", None),
    "rnn_dropout3": _own_vectors("SimpleRNN", None),
    "rnn_dropout5": _own_vectors("SimpleRNN", None),
    "rnn": _own_vectors("SimpleRNN", 12_857_601),
    "lstm": _own_vectors("LSTM", 13_005_441),
    "bilstm": _own_vectors("BiLSTM", 13_210_753),
    "word2vec_lstm": ModelFacts("Word2Vec, frozen", "LSTM", 300, MANY_TWEETS, 227_969),
    "glove_lstm": ModelFacts("GloVe Twitter, frozen", "LSTM", 200, MANY_TWEETS, 176_769),
    "use_lite_dense": ModelFacts("USE v4, frozen", "Dense 256", 512, MANY_TWEETS, 131_585),
}
"""The study's table, without AUC and accuracy: those are in :data:`training.experiments.study_2021.STUDY`."""

AZURE_FACTS: Final = ModelFacts(tweets=1_000)

AZURE_FIGURES: Final[Mapping[TextForm, StudyFigures]] = {
    "raw": StudyFigures(auc=0.71081, accuracy=0.70860),
    "standard": StudyFigures(auc=0.76187, accuracy=0.76148),
    "advanced": StudyFigures(auc=0.74595, accuracy=0.74633),
}
"""The study's AUC and accuracy of Azure Text Analytics, by the form of the text."""

_CELLS: Final = {"rnn": "SimpleRNN", "lstm": "LSTM", "bilstm": "BiLSTM"}


@dataclass(frozen=True, slots=True)
class ComparedExperiment:
    """A line of the comparison table.

    ``finished`` is None if the experiment was not run. The study's fields are empty if the study had no such experiment;
    ``remark`` says how the two differ.
    """

    name: str
    finished: FinishedExperiment | None
    study_facts: ModelFacts = NO_FACTS
    study_figures: StudyFigures | None = None
    remark: str = ""

    def facts(self) -> ModelFacts:
        """Return what was fitted here; if nothing was, only the kind of model."""
        if self.finished is None:
            return ModelFacts(model=self.study_facts.model)
        result = self.finished.result
        settings = result.settings
        own = settings.get("own_dimensions") if settings.get("vectors") == "own" else None
        return ModelFacts(
            vectors=result.vectors,
            model=_describe_model(settings) or self.study_facts.model,
            dimensions=own if isinstance(own, int) else None,
            tweets=result.rows,
            parameters=result.parameters,
        )


def _describe_model(settings: Mapping[str, JsonValue]) -> str | None:
    """Name the kind of model by the settings it was fitted with."""
    deep, cell = settings.get("deep"), settings.get("cell")
    if isinstance(deep, dict):
        return f"{_describe_model(deep)} and n-grams"
    if isinstance(cell, str):
        return _CELLS.get(cell, cell) + (" and n-grams" if settings.get("buckets") else "")
    if "max_pieces" in settings:
        return "Transformer"
    return "logistic regression" if "inverse_penalty" in settings else None


def list_experiments(finished: Mapping[str, FinishedExperiment]) -> tuple[ComparedExperiment, ...]:
    """List the study's experiments, finished or not, then the finished ones beyond the study."""
    studied = tuple(
        ComparedExperiment(
            one.name, finished.get(one.name), _STUDY_FACTS[one.name], one.study_figures, one.remark
        )
        for one in STUDY
    )
    names = {one.name for one in studied}
    beyond = (
        ComparedExperiment(name, one, remark=one.result.remark)
        for name, one in finished.items()
        if name not in names
    )
    return (*studied, *beyond)
