"""What are the tweets like?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.compute as pc

from badbuzz.cleaning import STANDARD, clean
from badbuzz.labelled.labelled_file import read_labelled
from training.report.charts import draw_histograms
from training.report.document import CaptionedChart, Section, Table
from training.report.formatting import format_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from badbuzz.labelled.labelled_file import LabelledTweets
    from training.report.report_data import ReportData

_LONGEST: Final = 40
_WORDS_READ: Final = 36
"""Words of a tweet that the study's networks read."""


def write_data(data: ReportData) -> Section:
    """Write class balance and lengths of the labelled sets."""
    sets = {"test": data.test}
    if data.files.train:
        sets = {"train": read_labelled(data.files.train), **sets}
    lengths = {name: _count_words(tweets) for name, tweets in sets.items()}
    balance = [_row(name, tweets, lengths[name]) for name, tweets in sets.items()]
    edges = list(range(_LONGEST + 2))
    chart = draw_histograms(
        f"Histograms of words per tweet: {', '.join(sets)}",
        {
            name: (edges, np.bincount(np.minimum(found, _LONGEST), minlength=_LONGEST + 1).tolist())
            for name, found in lengths.items()
        },
        "words per tweet",
    )
    caption = f"Words per tweet after standard cleaning. The last bar counts all tweets of {_LONGEST} words or more."
    return Section(
        "data",
        "Class balance and lengths",
        (Table("Labelled tweets", balance), CaptionedChart("lengths", caption, chart)),
    )


def _count_words(tweets: LabelledTweets) -> NDArray[np.int64]:
    cleaned = clean(tweets.texts, STANDARD)
    counts: NDArray[np.int64] = pc.count_substring_regex(cleaned, r"\S+").to_numpy(zero_copy_only=False)
    return counts.astype(np.int64)


def _row(name: str, tweets: LabelledTweets, lengths: NDArray[np.int64]) -> dict[str, str]:
    return {
        "set": name,
        "tweets": format_count(len(tweets.labels)),
        "negative": format_count(np.count_nonzero(tweets.labels == 0)),
        "positive": format_count(np.count_nonzero(tweets.labels == 1)),
        "share positive": f"{tweets.labels.mean():.1%}",
        "words, median": f"{np.median(lengths):.0f}",
        "words, 95th percentile": f"{np.quantile(lengths, 0.95):.0f}",
        f"longer than the {_WORDS_READ} words that networks read": f"{(lengths > _WORDS_READ).mean():.1%}",
        "empty": format_count(np.count_nonzero(lengths == 0)),
    }
