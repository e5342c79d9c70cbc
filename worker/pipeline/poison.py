"""When a whole batch fails, split it until the culprit is found: one poison record must not stop the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from badbuzz.errors import BadBuzzError, BadRecord, GiveUp

if TYPE_CHECKING:
    import pyarrow as pa

BROKEN_ENGINE_MIN_TEXTS = 16
"""So many tweets, all failing: that is the engine, not the tweets. Going on would drain the topic into the dead letters."""


class TextScorer(Protocol):
    """What turns texts into probabilities."""

    def score(self, texts: pa.Array) -> np.ndarray:
        """Raw texts, ``[n]`` strings, to the probability of positive, ``[n]`` float32."""


def score_isolating_failures(scorer: TextScorer, texts: pa.Array) -> tuple[np.ndarray, dict[int, BadRecord]]:
    """Score what can be scored. Returns scores ``[n]`` float32 (NaN where none could be had) and the error of each such text.

    :raises GiveUp: if everything fails, and that is more than a handful.
    """
    scores = np.full(len(texts), np.nan, dtype=np.float32)
    bad: dict[int, BadRecord] = {}
    _score(scorer, texts, 0, scores, bad)
    if len(bad) >= BROKEN_ENGINE_MIN_TEXTS and len(bad) == len(texts):
        raise GiveUp(f"the model scores none of {len(texts)} tweets; the first failed with: {bad[0]}")
    return scores, bad


def _score(
    scorer: TextScorer, texts: pa.Array, first: int, scores: np.ndarray, bad: dict[int, BadRecord]
) -> None:
    try:
        found = _finite(scorer.score(texts))
    except (BadBuzzError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever an engine throws at one tweet must not stop the others
        if len(texts) == 1:
            bad[first] = BadRecord("score", f"{type(error).__name__}: {error}")
            return
        half = len(texts) // 2
        _score(scorer, texts.slice(0, half), first, scores, bad)
        _score(scorer, texts.slice(half), first + half, scores, bad)
    else:
        scores[first : first + len(texts)] = found


def _finite(scores: np.ndarray) -> np.ndarray:
    if not np.isfinite(scores).all():
        raise ArithmeticError(f"the score is no number for {np.count_nonzero(~np.isfinite(scores))} tweets")
    return scores
