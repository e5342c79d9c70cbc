"""Isolates texts that the engine cannot score: a failing batch is halved until each failing text is found.

A text is rejected only if the engine works otherwise, so that a broken engine never moves good tweets into the dead letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import pyarrow as pa

from badbuzz.errors import BadBuzzError, BadRecord, GiveUp
from model_registry.scoring.scores import Scores

if TYPE_CHECKING:
    import numpy.typing as npt

BROKEN_ENGINE_TEXTS: Final = 16
"""If this many texts in a row all fail, in one micro-batch or in several, the engine is broken, even if it scores the probes."""

PROBES: Final = (
    "good morning",
    "the flight was late again and the crew could not say why, but we are glad to be home, thank you",
)
"""Texts that every engine can score, a short and a long one."""


class TextScorer(Protocol):
    """Turns texts into scores."""

    def score_texts(self, texts: pa.Array) -> Scores:
        """Score ``[n]`` strings."""


@dataclass(slots=True)
class FailureIsolation:
    """Scores micro-batches, and remembers how many texts in a row the engine could not score."""

    _failed_in_a_row: int = 0

    def score(self, scorer: TextScorer, texts: pa.Array) -> tuple[Scores, dict[int, BadRecord]]:
        """Score texts. Return the scores, with a probability of NaN for each text that fails, and the errors by index.

        A failing text is tried again between two sets of probes, so that an engine that fails at times is not taken for one
        that works.

        :raises GiveUp: if the engine is broken: it cannot score a probe, or :data:`BROKEN_ENGINE_TEXTS` texts in a row failed.
        """
        attempt = _Attempt(scorer, texts)
        attempt.score_range(0, len(texts))
        if attempt.bad:
            first = next(iter(attempt.bad.values()))
            _check_engine(scorer, first)
            attempt.try_again()
            _check_engine(scorer, first)
        self._remember(len(texts), attempt.bad)
        return attempt.scores, attempt.bad

    def _remember(self, texts: int, bad: dict[int, BadRecord]) -> None:
        self._failed_in_a_row = 0 if texts > len(bad) else self._failed_in_a_row + len(bad)
        if self._failed_in_a_row >= BROKEN_ENGINE_TEXTS:
            raise GiveUp(
                f"the model could not score any of the last {self._failed_in_a_row} tweets; now it failed with: "
                f"{next(iter(bad.values()))}. Roll the model back, or check the engine; the tweets are scored at the next start"
            )


class _Attempt:
    """The scores and errors of one batch."""

    def __init__(self, scorer: TextScorer, texts: pa.Array) -> None:
        self._scorer, self._texts = scorer, texts
        self.scores = Scores(np.full(len(texts), np.nan, np.float32), np.zeros(len(texts), np.bool_))
        self.bad: dict[int, BadRecord] = {}

    def score_range(self, first: int, end: int) -> None:
        """Score the texts ``[first, end)``, in halves if they fail together."""
        if error := self._score(first, end):
            if end - first == 1:
                self.bad[first] = BadRecord("score", f"{type(error).__name__}: {error}")
                return
            middle = (first + end) // 2
            self.score_range(first, middle)
            self.score_range(middle, end)

    def try_again(self) -> None:
        """Score each failed text once more."""
        failed, self.bad = self.bad, {}
        for index in failed:
            self.score_range(index, index + 1)

    def _score(self, first: int, end: int) -> Exception | None:
        found, error = _try_to_score(self._scorer, self._texts.slice(first, end - first))
        if found:
            self.scores.probabilities[first:end], self.scores.unread[first:end] = found
        return error


def _check_engine(scorer: TextScorer, failure: BadRecord) -> None:
    for probe in PROBES:
        _, error = _try_to_score(scorer, pa.array([probe], pa.string()))
        if error:
            raise GiveUp(
                f"the engine is broken: it cannot score {probe[:12]!r} ({type(error).__name__}: {error}) after a tweet failed "
                f"with: {failure}. Roll the model back, or check the engine; no tweet was rejected"
            )


def _try_to_score(scorer: TextScorer, texts: pa.Array) -> tuple[Scores | None, Exception | None]:
    try:
        scores = scorer.score_texts(texts)
        _check_finite(scores.probabilities)
    except (BadBuzzError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - no error of an engine for one tweet may stop the others
        return None, error
    return scores, None


def _check_finite(probabilities: npt.NDArray[np.float32]) -> None:
    if not np.isfinite(probabilities).all():
        raise ArithmeticError(
            f"the score is not a number for {np.count_nonzero(~np.isfinite(probabilities))} tweets"
        )
