"""The *standard* rules of the study, as a table and as one pass over an Arrow array.

What comes out holds only words of ``a`` to ``z``, one blank between them. Where the study's notes are silent:

* A mention or hashtag inside a word (an e-mail address, ``sh#t``) is none; neither is ``#1``.
* ``'s`` after a pronoun or a question word is *is*; after any other word it is a possessive, and vanishes.
* Everything that is not a letter separates words: ``b4`` → ``b``, ``work-had`` → ``work had``.
* An apostrophe that was left out (``dont``) stays left out: a trained vocabulary has such words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.cleaning.characters import to_ascii

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Substitution:
    """Replace every match of ``pattern`` (RE2) in the rows that contain the plain text ``trigger``.

    The patterns keep to what RE2 and Python's :mod:`re` agree on for lower-case ASCII.
    """

    trigger: str
    pattern: str
    replacement: str


_ADDRESS: Final = r"[!#-;=?-~]"
_IS: Final = (
    "it|that|this|he|she|there|here|what|how|who|where|when|why"
    "|everyone|everybody|everything|someone|somebody|something|nobody|nothing"
)

SUBSTITUTIONS: Final = (
    Substitution("http", rf"https?://{_ADDRESS}*", " url "),
    Substitution("www.", rf"\bwww\.[a-z0-9]{_ADDRESS}*", " url "),
    Substitution("@", r"\B@(?:[a-z0-9_-]+\.bsky\.social|[a-z0-9_]+)", " user "),
    Substitution("#", r"\B(?:#[0-9_]*[a-z][a-z0-9_]*)+", " hashtag "),
)

# In this order: the irregular ones first, then the endings that any word can take.
CONTRACTIONS: Final = (
    Substitution("can't", r"\bcan't\b", "can not"),
    Substitution("won't", r"\bwon't\b", "will not"),
    Substitution("shan't", r"\bshan't\b", "shall not"),
    Substitution("ain't", r"\bain't\b", "is not"),
    Substitution("let's", r"\blet's\b", "let us"),
    Substitution("y'all", r"\by'all\b", "you all"),
    Substitution("c'mon", r"\bc'mon\b", "come on"),
    Substitution("'em", r"'em\b", " them"),
    Substitution("'til", r"'till?\b", " until"),
    Substitution("'cause", r"'cause\b", " because"),
    Substitution("n't", r"n't\b", " not"),
    Substitution("'nt", r"'nt\b", " not"),
    Substitution("'m", r"'m\b", " am"),
    Substitution("'re", r"'re\b", " are"),
    Substitution("'ve", r"'ve\b", " have"),
    Substitution("'ll", r"'ll\b", " will"),
    Substitution("'d", r"'d\b", " would"),
    Substitution("'s", rf"\b({_IS})'s\b", r"\1 is"),
    Substitution("'s", r"'s\b", ""),
)

# One blank for each run of what is no letter. A lone blank between two words is one already: not matching it
# saves most of the replacements.
SEPARATORS: Final = r" ?[^a-z ][^a-z]*|  [^a-z]*"


def standard(texts: pa.StringArray) -> pa.StringArray:
    """Clean ``texts`` (no nulls) by the standard rules; same length, linear time, no state."""
    return pc.ascii_trim_whitespace(pc.replace_substring_regex(opened(texts), SEPARATORS, " "))


def opened(texts: pa.StringArray) -> pa.StringArray:
    """Bring ``texts`` to ASCII and lower case, put words for links, mentions and hashtags, open contractions."""
    foreign = pc.or_(pc.invert(pc.string_is_ascii(texts)), pc.match_substring(texts, "&"))
    texts = change(texts, foreign, _all_to_ascii)
    texts = pc.ascii_lower(texts)
    for substitution in SUBSTITUTIONS:
        texts = substitute(texts, substitution)
    texts = change(texts, pc.match_substring(texts, "`"), lambda rows: pc.replace_substring(rows, "`", "'"))
    return change(texts, pc.match_substring(texts, "'"), _open_contractions)


def _all_to_ascii(rows: pa.StringArray) -> pa.StringArray:
    return pa.array([to_ascii(text) for text in rows.to_pylist()], pa.string())


def _open_contractions(rows: pa.StringArray) -> pa.StringArray:
    for contraction in CONTRACTIONS:
        rows = substitute(rows, contraction)
    return rows


def substitute(texts: pa.StringArray, rule: Substitution) -> pa.StringArray:
    """Apply ``rule`` to the rows that it concerns."""
    rows = pc.match_substring(texts, rule.trigger)
    return change(texts, rows, lambda hit: pc.replace_substring_regex(hit, rule.pattern, rule.replacement))


def change(
    texts: pa.StringArray, mask: pa.BooleanArray, change: Callable[[pa.StringArray], pa.StringArray]
) -> pa.StringArray:
    """Apply ``change`` to the rows that ``mask`` selects: most rules concern few, and copying is cheap."""
    if not pc.any(mask).as_py():
        return texts
    return pc.replace_with_mask(texts, mask, change(texts.filter(mask)))
