"""Texts that an engine cannot score are found exactly, and the others keep their scores."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.errors import GiveUp, Misconfigured
from tests.worker.pipeline.fakes import FakeModel, score_of
from worker.pipeline.failure_isolation import BROKEN_ENGINE_MIN_TEXTS, score_isolating_failures


def texts(count: int) -> list[str]:
    return [f"tweet {number}" for number in range(count)]


def array(values: list[str]) -> pa.Array:
    return pa.array(values, pa.string())


@given(st.data(), st.integers(1, 120))
def test_failing_texts_are_found_exactly_and_the_others_keep_their_scores(
    data: st.DataObject, count: int
) -> None:
    values = texts(count)
    broken = data.draw(st.sets(st.integers(0, count - 1), max_size=min(count, count - 1 or 1)))
    mute = data.draw(st.sets(st.integers(0, count - 1)))
    if len(broken | mute) == count >= BROKEN_ENGINE_MIN_TEXTS:
        mute.discard(min(mute - broken, default=-1))
    model = FakeModel({values[index] for index in broken}, {values[index] for index in mute})
    scores, bad = score_isolating_failures(model, array(values))
    assert bad.keys() == broken | mute
    assert {error.stage for error in bad.values()} <= {"score"}
    for index, text in enumerate(values):
        assert math.isnan(scores[index]) if index in bad else scores[index] == np.float32(score_of(text))


def test_without_failures_the_engine_is_called_once() -> None:
    model = FakeModel()
    scores, bad = score_isolating_failures(model, array(texts(1_000)))
    assert (len(scores), bad, model.calls) == (1_000, {}, [1_000])
    assert scores.dtype == np.float32


def test_one_failing_text_is_found_in_few_calls() -> None:
    model = FakeModel({"tweet 700"})
    _, bad = score_isolating_failures(model, array(texts(1_024)))
    assert bad.keys() == {700}
    assert len(model.calls) == 1 + 2 * math.log2(1_024)


def test_the_error_names_the_engines_error() -> None:
    _, bad = score_isolating_failures(FakeModel({"tweet 1"}, {"tweet 2"}), array(texts(3)))
    assert str(bad[1]) == "ValueError: the engine failed"
    assert "the score is not a number" in str(bad[2])


def test_a_few_texts_may_all_fail() -> None:
    few = texts(BROKEN_ENGINE_MIN_TEXTS - 1)
    scores, bad = score_isolating_failures(FakeModel(few), array(few))
    assert len(bad) == len(few)
    assert np.isnan(scores).all()


@pytest.mark.parametrize("kind", ["poison", "nan"])
def test_if_many_texts_all_fail_the_engine_is_broken(kind: str) -> None:
    many = texts(BROKEN_ENGINE_MIN_TEXTS)
    with pytest.raises(GiveUp, match="the model cannot score any of 16 tweets; the first failed with: "):
        score_isolating_failures(FakeModel(**{kind: many}), array(many))


@pytest.mark.parametrize("error", [MemoryError(), Misconfigured("no GPU")])
def test_an_error_that_is_not_due_to_a_text_is_raised_at_once(error: Exception) -> None:
    class Failing(FakeModel):
        def score(self, texts: pa.Array) -> np.ndarray:
            self.calls.append(len(texts))
            raise error

    model = Failing()
    with pytest.raises(type(error)):
        score_isolating_failures(model, array(texts(64)))
    assert model.calls == [64]


def test_no_texts_have_no_scores() -> None:
    scores, bad = score_isolating_failures(FakeModel(), array([]))
    assert (len(scores), bad) == (0, {})
