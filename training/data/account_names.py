"""Find names of accounts among words. Cleaning replaces ``@name``, but tweets also contain names without the sign, and
vocabularies that are shipped must not contain them.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.labelled.labelled_file import LabelledTweets

_ADDRESSED: Final = re.compile(r"@([A-Za-z]+)\b", re.ASCII)
_COMMON: Final = 200
"""A word used this often is kept, even if it is also the name of an account."""

_USES_PER_ADDRESS: Final = 4


def find_account_names(words: Mapping[str, int], tweets: LabelledTweets) -> frozenset[str]:
    """Return the names among ``words``, which maps each word to its number of uses.

    A rare word is a name if an author has it, or if it is addressed with ``@`` at least once per four plain uses.
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
