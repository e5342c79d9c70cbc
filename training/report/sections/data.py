"""What are the tweets like?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from badbuzz.cleaning import STANDARD, clean
from badbuzz.labelled.labelled_file import read_labelled
from training.report import words
from training.report.charts.kinds import bars, histogram
from training.report.document import Figure, Section, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from badbuzz.labelled.labelled_file import LabelledTweets
    from training.report.charts.svg import Svg
    from training.report.evidence import Evidence

_LONGEST: Final = 40
_READ: Final = 36
"""Words of a tweet that the study's networks read."""


def data(evidence: Evidence) -> Section:
    """Write class balance and lengths of the labelled sets."""
    sets = {"test": evidence.test}
    if evidence.sources.train:
        sets = {"train": read_labelled(evidence.sources.train), **sets}
    lengths = {name: _lengths(tweets) for name, tweets in sets.items()}
    balance = pd.DataFrame([_balance(name, tweets, lengths[name]) for name, tweets in sets.items()])
    caption = f"Words of a tweet after standard cleaning; {_LONGEST} stands for more, too."
    return Section(
        "data",
        "Class balance and lengths",
        (
            Table("Labelled tweets", balance),
            Figure("lengths", caption, tuple(_chart(name, found) for name, found in lengths.items())),
            Figure("balance", "Tweets by label.", (bars("Tweets", _classes(sets)),)),
        ),
    )


def _lengths(tweets: LabelledTweets) -> NDArray[np.int64]:
    cleaned = clean(tweets.texts, STANDARD)
    found: NDArray[np.int64] = pc.count_substring_regex(cleaned, r"\S+").to_numpy(zero_copy_only=False)
    return found.astype(np.int64)


def _balance(name: str, tweets: LabelledTweets, lengths: NDArray[np.int64]) -> dict[str, str]:
    return {
        "set": name,
        "tweets": words.count(len(tweets.labels)),
        "positive": words.percent(float(tweets.labels.mean())),
        "words, median": f"{np.median(lengths):.0f}",
        "words, 95 % have at most": f"{np.quantile(lengths, 0.95):.0f}",
        f"longer than the {_READ} words that are read": words.percent(float((lengths > _READ).mean())),
        "empty": words.count(int((lengths == 0).sum())),
    }


def _chart(name: str, lengths: NDArray[np.int64]) -> Svg:
    counts = np.bincount(np.minimum(lengths, _LONGEST), minlength=_LONGEST + 1)
    return histogram(f"{name}: words a tweet", "words", list(range(_LONGEST + 2)), counts.tolist())


def _classes(sets: Mapping[str, LabelledTweets]) -> dict[str, int]:
    return {
        f"{name}, {mood}": int(np.count_nonzero(tweets.labels == label))
        for name, tweets in sets.items()
        for label, mood in ((0, "negative"), (1, "positive"))
    }
