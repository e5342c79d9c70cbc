"""The lengths of tweets: the number of tweets by words, split at blanks, in the test split of Sentiment140."""

from __future__ import annotations

from typing import Final

MEAN_WORDS: Final = 13.26

TWEETS_BY_WORDS: Final = (
    *(0, 48, 486, 1093, 1748, 2023, 2189, 2177, 2183, 2260),  # 0 to 9 words
    *(2072, 2074, 1885, 1810, 1643, 1528, 1511, 1373, 1342, 1295),  # 10 to 19
    *(1209, 1232, 1174, 1128, 1073, 919, 764, 505, 299, 187),  # 20 to 29
    *(95, 55, 12, 2, 0, 1, 0, 0, 0, 1, 0, 1),  # 30 to 41
)
