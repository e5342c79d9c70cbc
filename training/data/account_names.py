"""Names of accounts: cleaning replaces ``@name``, but people also write a name without the sign, and it must not be shipped."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.labelled.labelled_file import LabelledTweets

_ADDRESSED: Final = re.compile(r"@([A-Za-z]+)\b", re.ASCII)
_COMMON: Final = 200
"""What is used so often is a word, whoever has taken it for a name."""

_USES_PER_ADDRESS: Final = 4


def account_names(words: Mapping[str, int], tweets: LabelledTweets) -> frozenset[str]:
    """Find the names among ``words`` (with how often each is used): an author's, or one often addressed.

    Often means at least once in every four uses as a plain word.
    """
    addressed = Counter(
        name.lower() for text in tweets.texts.to_pylist() for name in _ADDRESSED.findall(text or "")
    )
    authors = {user.lower() for user in tweets.users.unique().to_pylist() if user}
    return frozenset(
        word
        for word, uses in words.items()
        if uses < _COMMON and (word in authors or addressed[word] * _USES_PER_ADDRESS >= uses)
    )
