"""A slow and simple reference implementation of the rules: one tweet at a time, one rule per line.

It shares no code with the product, only the word lists of the advanced rules, because copies of them would prove nothing, and
the folding of version 2, which has tests of its own (``test_folding.py``).
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from html.entities import html5

from badbuzz.cleaning.folding import fold
from badbuzz.cleaning.nouns import INVARIABLE, IRREGULAR
from badbuzz.cleaning.stop_words import STOP_WORDS

_SMALL_SPECIALS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ſ": "s"}
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_APOSTROPHES = "\x91\x92´ʹʻʼʽ‘’‛′"
_INVISIBLE = "\u00ad\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"


def standard(text: str) -> str:
    return " ".join(re.sub(r"[^a-z]", " ", _apply_shared_rules(text)).split())


def expressive(text: str) -> str:
    text = re.sub(r"([a-z])\1{3,}", r"\1\1\1", _apply_shared_rules(text))
    text = re.sub(r"[0-9]+([.,:][0-9]+)*", " 0 ", text)
    text = re.sub(r"!{2,}", " DOUBT ", text)
    text = text.replace("!", " ! ").replace(" DOUBT ", " !! ")
    text = re.sub(r"\?+", " ? ", text)
    text = re.sub(r"\.{2,}", " DOTS ", text)
    text = text.replace(".", " . ").replace(" DOTS ", " .. ")
    for mark in ',"()*:&-':
        text = text.replace(mark, f" {mark} ")
    return " ".join(re.sub(r"""[^a-z0!?.,"()*:& -]""", " ", text).split())


def _to_ascii_1(text: str) -> str:
    text = re.sub(r"&(amp;)*(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});", _reference, text)
    return "".join(folded(character) for character in text).lower()


def _to_ascii_2(text: str) -> str:
    return "".join(character if character.isascii() else " " for character in fold(text))


TO_ASCII = {1: _to_ascii_1, 2: _to_ascii_2}
"""The first rule of each version, after which :func:`standard` and :func:`expressive` go on."""


def _apply_shared_rules(text: str) -> str:
    text = re.sub(r"https?://[^\x00-\x20\x7f\"<>]*", " url ", text)
    text = re.sub(r"(?<![a-z0-9_])www\.[a-z0-9][^\x00-\x20\x7f\"<>]*", " url ", text)
    text = re.sub(r"(?<![a-z0-9_])@[a-z0-9_-]+\.bsky\.social|(?<![a-z0-9_])@[a-z0-9_]+", " user ", text)
    text = re.sub(r"(?<![a-z0-9_])(#[0-9_]*[a-z][a-z0-9_]*)+", " hashtag ", text)
    text = text.replace("`", "'")
    text = re.sub(r"\bcan't\b", "can not", text)
    text = re.sub(r"\bwon't\b", "will not", text)
    text = re.sub(r"\bshan't\b", "shall not", text)
    text = re.sub(r"\bain't\b", "is not", text)
    text = re.sub(r"\blet's\b", "let us", text)
    text = re.sub(r"\by'all\b", "you all", text)
    text = re.sub(r"\bc'mon\b", "come on", text)
    text = re.sub(r"'em\b", " them", text)
    text = re.sub(r"'(til|till)\b", " until", text)
    text = re.sub(r"'cause\b", " because", text)
    text = re.sub(r"n't\b", " not", text)
    text = re.sub(r"'nt\b", " not", text)
    text = re.sub(r"'m\b", " am", text)
    text = re.sub(r"'re\b", " are", text)
    text = re.sub(r"'ve\b", " have", text)
    text = re.sub(r"'ll\b", " will", text)
    text = re.sub(r"'d\b", " would", text)
    text = re.sub(r"\b(it|that|this|he|she|there|here|what|how|who|where|when|why)'s\b", r"\1 is", text)
    text = re.sub(r"\b((every|some)(one|body|thing)|nobody|nothing)'s\b", r"\1 is", text)
    return re.sub(r"'s\b", "", text)


def advanced(standard_text: str) -> str:
    words = standard_text.split()
    words = [word for word in words if word not in STOP_WORDS]
    words = [_singular(word) for word in words]
    words = [word for word in words if word not in STOP_WORDS]
    return " ".join(words)


def _singular(word: str) -> str:
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word in INVARIABLE or len(word) <= 3 or re.search(r"(ss|us|is)$", word):
        return word
    if re.search(r"(ch|sh|ss|x|zz|o)es$", word):
        word = re.sub(r"es$", "", word)
    elif re.search(r"ies$", word):
        word = re.sub(r"ies$", "y", word)
    else:
        word = re.sub(r"s$", "", word)
    return IRREGULAR.get(word, word)


def _reference(match: re.Match[str]) -> str:
    name = match[2]
    if name.startswith("#"):
        return unescape(f"&{name};")
    return html5.get(name + ";", match[0])


def folded(character: str) -> str:
    if character.isascii():
        return character
    if character in _APOSTROPHES:
        return "'"
    if character in _INVISIBLE or "\u0300" <= character <= "\u036f":
        return ""
    for specials in (_SMALL_SPECIALS, _LIGATURES):
        if character.lower() in specials and len(character.lower()) == 1:
            return specials[character.lower()]
    kind = unicodedata.ucd_3_2_0.decomposition(character).split(" ")[0]
    if kind.startswith("<") and kind not in ("<font>", "<wide>", "<circle>"):
        return " "
    decomposed = unicodedata.ucd_3_2_0.normalize("NFKD", character)
    letters = "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f")
    return letters if letters.isascii() else " "
