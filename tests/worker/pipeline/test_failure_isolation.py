"""Texts that an engine cannot score are found exactly, and the others keep their scores."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.errors import BadRecord, GiveUp, Misconfigured
from tests.worker.pipeline.fakes import FakeModel, score_of
from worker.pipeline.failure_isolation import BROKEN_ENGINE_TEXTS, PROBES, FailureIsolation

if TYPE_CHECKING:
    from model_registry.scoring.scores import Scores


def texts(count: int) -> list[str]:
    return [f"tweet {number}" for number in range(count)]


def array(values: list[str]) -> pa.Array:
    return pa.array(values, pa.string())


def isolate(model: FakeModel, values: list[str]) -> tuple[Scores, dict[int, BadRecord]]:
    return FailureIsolation().score(model, array(values))


@given(st.data(), st.integers(1, 120))
def test_failing_texts_are_found_exactly_and_the_others_keep_their_scores(
    data: st.DataObject, count: int
) -> None:
    values = texts(count)
    broken = data.draw(st.sets(st.integers(0, count - 1), max_size=min(count, count - 1 or 1)))
    mute = data.draw(st.sets(st.integers(0, count - 1)))
    unread = data.draw(st.sets(st.integers(0, count - 1)))
    if len(broken | mute) == count >= BROKEN_ENGINE_TEXTS:
        mute.discard(min(mute - broken, default=-1))
    model = FakeModel(*({values[index] for index in some} for some in (broken, mute, unread)))
    scores, bad = isolate(model, values)
    assert bad.keys() == broken | mute
    assert {error.stage for error in bad.values()} <= {"score"}
    for index, text in enumerate(values):
        if index in bad:
            assert math.isnan(scores.probabilities[index])
        else:
            assert scores.probabilities[index] == np.float32(score_of(text))
            assert scores.unread[index] == (index in unread)


def test_without_failures_the_engine_is_called_once() -> None:
    model = FakeModel()
    scores, bad = isolate(model, texts(1_000))
    assert (len(scores.probabilities), bad, model.calls) == (1_000, {}, [1_000])
    assert scores.probabilities.dtype == np.float32


def test_one_failing_text_is_found_in_few_calls() -> None:
    model = FakeModel({"tweet 700"})
    _, bad = isolate(model, texts(1_024))
    assert bad.keys() == {700}
    again = 2 * len(PROBES) + 1
    assert len(model.calls) == 1 + 2 * math.log2(1_024) + again


def test_the_error_names_the_engines_error() -> None:
    _, bad = isolate(FakeModel({"tweet 1"}, {"tweet 2"}), texts(3))
    assert str(bad[1]) == "ValueError: the engine failed"
    assert "the score is not a number" in str(bad[2])


def test_a_few_texts_may_all_fail_if_the_engine_scores_others() -> None:
    few = texts(BROKEN_ENGINE_TEXTS - 1)
    scores, bad = isolate(FakeModel(few), few)
    assert len(bad) == len(few)
    assert np.isnan(scores.probabilities).all()


@pytest.mark.parametrize("size", [1, 2, 15, 16, 100])
@pytest.mark.parametrize("kind", ["poison", "nan"])
def test_a_broken_engine_rejects_nothing(kind: str, size: int) -> None:
    """Also if batches are small: nothing but a probe tells whether the tweet or the engine is to blame."""
    model = FakeModel(**{kind: [*texts(size), *PROBES]})
    with pytest.raises(GiveUp, match="the engine is broken: it cannot score 'good morning'"):
        isolate(model, texts(size))


def test_an_engine_that_breaks_in_the_middle_of_a_batch_rejects_nothing() -> None:
    class Breaking(FakeModel):
        def score_texts(self, texts: pa.Array) -> Scores:
            if len(self.calls) > 5:
                raise RuntimeError("the device is lost")
            return super().score_texts(texts)

    with pytest.raises(GiveUp, match="the device is lost"):
        isolate(Breaking({"tweet 0"}), texts(64))


def test_an_engine_that_cannot_score_long_texts_is_broken() -> None:
    with pytest.raises(GiveUp, match="cannot score 'the flight w"):
        isolate(FakeModel([PROBES[1], "tweet 0"]), texts(1))


@given(st.integers(0, 40), st.integers(1, 40))
def test_a_text_that_fails_once_only_is_scored(first_failing_call: int, failing_calls: int) -> None:
    """An engine that fails for a while and recovers rejects nothing: it scores all or is reported as broken."""

    class Unsteady(FakeModel):
        def score_texts(self, texts: pa.Array) -> Scores:
            scores = super().score_texts(texts)
            if first_failing_call < len(self.calls) <= first_failing_call + failing_calls:
                raise RuntimeError("out of memory")
            return scores

    with suppress(GiveUp):
        scores, bad = isolate(Unsteady(), texts(8))
        assert bad == {}
        assert np.isfinite(scores.probabilities).all()


@pytest.mark.parametrize("size", [1, 3, 15, 16, 40])
def test_texts_that_fail_in_a_row_are_counted_across_batches(size: int) -> None:
    """An engine that scores the probes and nothing else stops after a few tweets."""
    many = texts(200)
    isolation, model = FailureIsolation(), FakeModel(many)
    batches = (array(many[start : start + size]) for start in range(0, len(many), size))
    rejected: list[int] = []
    with pytest.raises(
        GiveUp, match=r"could not score any of the last \d+ tweets; now it failed with: Value"
    ):
        rejected.extend(len(isolation.score(model, batch)[1]) for batch in batches)
    assert sum(rejected) < BROKEN_ENGINE_TEXTS


def test_a_scored_text_ends_the_row() -> None:
    many = texts(200)
    isolation, model = FailureIsolation(), FakeModel([text for text in many if not text.endswith("7")])
    for start in range(0, len(many), 10):
        _, bad = isolation.score(model, array(many[start : start + 10]))
        assert 7 not in bad
        isolation.score(model, array([]))


@pytest.mark.parametrize("error", [MemoryError(), Misconfigured("no GPU")])
def test_an_error_that_is_not_due_to_a_text_is_raised_at_once(error: Exception) -> None:
    class Failing(FakeModel):
        def score_texts(self, texts: pa.Array) -> Scores:
            self.calls.append(len(texts))
            raise error

    model = Failing()
    with pytest.raises(type(error)):
        isolate(model, texts(64))
    assert model.calls == [64]


def test_no_texts_have_no_scores() -> None:
    scores, bad = isolate(FakeModel(), [])
    assert (len(scores.probabilities), len(scores.unread), bad) == (0, 0, {})
