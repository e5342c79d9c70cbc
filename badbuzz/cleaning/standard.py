"""The *standard* rules of the study, as tables and as functions over Arrow arrays.

The result consists of words of ``a`` to ``z``, separated by one blank. Decisions where the study's notes say nothing:

* ``@`` or ``#`` inside a word (an e-mail address, ``sh#t``) does not begin a mention or hashtag. ``#1`` is not a hashtag.
* ``'s`` after a pronoun or a question word becomes *is*. After any other word it is a possessive and is dropped.
* Everything that is not a letter separates words: ``b4`` → ``b``, ``work-had`` → ``work had``.
* A missing apostrophe (``dont``) is not restored: a trained vocabulary contains such words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.cleaning.folding import fold_texts
from badbuzz.cleaning.version_1 import to_ascii

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Substitution:
    """Replace every match of ``pattern`` (RE2) in the rows that contain the plain text ``trigger``.

    The patterns use only syntax that means the same in RE2 and :mod:`re` for lower-case ASCII.
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

PLACEHOLDERS: Final = ("url", "user", "hashtag")
"""The words that stand for links, mentions and hashtags. The author did not write them."""

# The order matters: irregular contractions first, then the endings that any word can take.
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

NOT_ASCII: Final = r"[^\x00-\x7f]+"

# Each run of non-letters becomes one blank. A single blank between two words is not matched, which saves most replacements.
SEPARATORS: Final = r" ?[^a-z ][^a-z]*|  [^a-z]*"


def clean_standard(texts: pa.StringArray, version: int) -> pa.StringArray:
    """Clean ``texts`` (no nulls) by this version of the standard rules. The length stays the same."""
    plain = apply_shared_rules(texts, version)
    return pc.ascii_trim_whitespace(pc.replace_substring_regex(plain, SEPARATORS, " "))


def apply_shared_rules(texts: pa.StringArray, version: int) -> pa.StringArray:
    """Apply the rules 1 to 4 of :mod:`badbuzz.cleaning`, which the expressive rules share."""
    texts = _convert_1(texts) if version == 1 else _convert(texts)
    for substitution in SUBSTITUTIONS:
        texts = apply_substitution(texts, substitution)
    return replace_rows(texts, pc.match_substring(texts, "'"), _expand_contractions)


def _convert(texts: pa.StringArray) -> pa.StringArray:
    folded = fold_texts(texts)
    return replace_rows(
        folded,
        pc.invert(pc.string_is_ascii(folded)),
        lambda rows: pc.replace_substring_regex(rows, NOT_ASCII, " "),
    )


def _convert_1(texts: pa.StringArray) -> pa.StringArray:
    to_convert = pc.or_(pc.invert(pc.string_is_ascii(texts)), pc.match_substring(texts, "&"))
    texts = replace_rows(
        texts, to_convert, lambda rows: pa.array([to_ascii(text) for text in rows.to_pylist()], pa.string())
    )
    return pc.ascii_lower(pc.replace_substring(texts, "`", "'"))  # in this order, see fold_texts


def _expand_contractions(rows: pa.StringArray) -> pa.StringArray:
    for contraction in CONTRACTIONS:
        rows = apply_substitution(rows, contraction)
    return rows


def apply_substitution(texts: pa.StringArray, rule: Substitution) -> pa.StringArray:
    """Apply ``rule`` to the rows that contain its trigger."""
    rows = pc.match_substring(texts, rule.trigger)
    return replace_rows(
        texts, rows, lambda hit: pc.replace_substring_regex(hit, rule.pattern, rule.replacement)
    )


def replace_rows(
    texts: pa.StringArray, mask: pa.BooleanArray, change: Callable[[pa.StringArray], pa.StringArray]
) -> pa.StringArray:
    """Apply ``change`` to the rows that ``mask`` selects. Most rules concern few rows, and copying those is cheap."""
    if not pc.any(mask).as_py():
        return texts
    return pc.replace_with_mask(texts, mask, change(texts.filter(mask)))
