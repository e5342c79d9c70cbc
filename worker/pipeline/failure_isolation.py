"""Isolates texts that the engine cannot score: a failing batch is halved until each failing text is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from badbuzz.errors import BadBuzzError, BadRecord, GiveUp

if TYPE_CHECKING:
    import pyarrow as pa

BROKEN_ENGINE_MIN_TEXTS = 16
"""If at least this many texts all fail, the engine is broken. The whole topic would become dead letters."""


class TextScorer(Protocol):
    """Turns texts into probabilities."""

    def score(self, texts: pa.Array) -> np.ndarray:
        """Return the probability of *positive* of each text: ``[n]`` strings to ``[n]`` float32."""


def score_isolating_failures(scorer: TextScorer, texts: pa.Array) -> tuple[np.ndarray, dict[int, BadRecord]]:
    """Score texts. Return scores ``[n]`` float32, NaN for each text that fails, and the errors by index.

    :raises GiveUp: if all of at least :data:`BROKEN_ENGINE_MIN_TEXTS` texts fail.
    """
    scores = np.full(len(texts), np.nan, dtype=np.float32)
    bad: dict[int, BadRecord] = {}
    _score(scorer, texts, 0, scores, bad)
    if len(bad) >= BROKEN_ENGINE_MIN_TEXTS and len(bad) == len(texts):
        raise GiveUp(f"the model cannot score any of {len(texts)} tweets; the first failed with: {bad[0]}")
    return scores, bad


def _score(
    scorer: TextScorer, texts: pa.Array, first: int, scores: np.ndarray, bad: dict[int, BadRecord]
) -> None:
    try:
        found = _check_finite(scorer.score(texts))
    except (BadBuzzError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - no error of an engine for one tweet may stop the others
        if len(texts) == 1:
            bad[first] = BadRecord("score", f"{type(error).__name__}: {error}")
            return
        half = len(texts) // 2
        _score(scorer, texts.slice(0, half), first, scores, bad)
        _score(scorer, texts.slice(half), first + half, scores, bad)
    else:
        scores[first : first + len(texts)] = found


def _check_finite(scores: np.ndarray) -> np.ndarray:
    if not np.isfinite(scores).all():
        raise ArithmeticError(
            f"the score is not a number for {np.count_nonzero(~np.isfinite(scores))} tweets"
        )
    return scores
