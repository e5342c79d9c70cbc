from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("sklearn")

from badbuzz.errors import Usage
from training.experiments.beyond import find_experiment
from training.experiments.inputs import ExperimentInputs

GLOVE, TEACHER = Path("vectors/glove.txt"), Path("a.teacher.safetensors")
NOTHING = ExperimentInputs(Path("data"))


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("ngrams_lr", None),
        ("lstm", None),
        ("glove_lstm", "--glove"),
        ("word2vec_lstm", "--word2vec"),
        ("use_lite_dense", "--encoder"),
        ("minilm_finetuned", "--transformer"),
        ("deep_distilled", "--glove"),
        ("tweet_sentiment_stacked", "--glove"),
    ],
)
def test_the_first_missing_option_is_named(name: str, missing: str | None) -> None:
    experiment = find_experiment(name)
    assert NOTHING.missing_option(experiment.spec) == missing
    if missing:
        with pytest.raises(Usage, match=f"experiment {name}: needs {missing}"):
            NOTHING.check(experiment)
    else:
        NOTHING.check(experiment)


@pytest.mark.parametrize("name", ["deep_distilled", "tweet_sentiment_stacked"])
def test_teachers_are_required_beside_vectors(name: str) -> None:
    spec = find_experiment(name).spec
    assert ExperimentInputs(Path("data"), glove=GLOVE).missing_option(spec) == "--teacher"
    complete = ExperimentInputs(Path("data"), glove=GLOVE, teachers=(TEACHER,))
    assert complete.missing_option(spec) is None


def test_vectors_are_those_that_the_spec_names() -> None:
    inputs = ExperimentInputs(Path("data"), word2vec=Path("w2v.txt"), glove=GLOVE)
    assert inputs.vectors(find_experiment("glove_lstm").spec) == GLOVE
    assert inputs.vectors(find_experiment("tweet_sentiment_stacked").spec) == GLOVE
    assert inputs.vectors_name(find_experiment("word2vec_lstm").spec) == "w2v.txt"
    assert inputs.vectors_name(find_experiment("lstm").spec) is None


def test_the_dataset_follows_the_spec(data: Path) -> None:
    spec = find_experiment("ngrams_lr_advanced").spec
    inputs = ExperimentInputs(data)
    dataset = inputs.load_dataset(spec)
    assert len(dataset.train) + len(dataset.validation) == 400
    assert inputs.for_fitting(spec, dataset).dataset is dataset
    standard = inputs.load_dataset(find_experiment("ngrams_lr").spec)
    assert dataset.fingerprint != standard.fingerprint
