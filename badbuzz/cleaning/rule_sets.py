"""The sets of cleaning rules, and their fingerprints. A model stores the fingerprint of the rules that it was trained with."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import astuple, dataclass
from html.entities import html5
from typing import Final, Literal, TypeAlias, cast

from badbuzz.cleaning.characters import REFERENCE_PATTERN, build_folding_table
from badbuzz.cleaning.expressive import LONGEST_RUN, MARKS, NUMBERS
from badbuzz.cleaning.expressive import SEPARATORS as MARK_SEPARATORS
from badbuzz.cleaning.nouns import INVARIABLE, IRREGULAR, PLURAL_ENDINGS, SHORTEST_PLURAL, SINGULAR_ENDINGS
from badbuzz.cleaning.standard import CONTRACTIONS, SEPARATORS, SUBSTITUTIONS
from badbuzz.cleaning.stop_words import STOP_WORDS
from badbuzz.errors import Misconfigured

RulesName: TypeAlias = Literal["standard", "advanced", "expressive"]

# Increase a version with every change that cleans any text differently. Models must then be trained again.
_VERSIONS: Final[dict[str, int]] = {"standard": 1, "advanced": 1, "expressive": 1}


@dataclass(frozen=True, slots=True)
class CleaningRules:
    """One set of rules, by name and version. This software contains one version of each.

    :raises Misconfigured: if the name is unknown, or this software contains another version.
    """

    name: RulesName
    version: int

    def __post_init__(self) -> None:
        current = _current_version(self.name)
        if self.version != current:
            raise Misconfigured(
                f"cleaning rules {self.name!r}: version {self.version} is required, this software has {current}: "
                f"train the model again, or run it with the software that trained it"
            )

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the rules and all their tables. Rules with equal fingerprints clean alike."""
        return _fingerprint(self.name, self.version)


def get_rules(name: str) -> CleaningRules:
    """Return the rules with this name.

    :raises Misconfigured: if the name is unknown.
    """
    return CleaningRules(cast("RulesName", name), _current_version(name))


def _current_version(name: str) -> int:
    if name not in _VERSIONS:
        raise Misconfigured(f"cleaning rules {name!r} are unknown; choose one of {', '.join(_VERSIONS)}")
    return _VERSIONS[name]


STANDARD: Final = get_rules("standard")
ADVANCED: Final = get_rules("advanced")
EXPRESSIVE: Final = get_rules("expressive")


@functools.cache
def _fingerprint(name: str, version: int) -> str:
    tables: dict[str, object] = {
        "name": name,
        "version": version,
        "references": [REFERENCE_PATTERN, html5],
        "folding": build_folding_table(),
        "substitutions": [astuple(rule) for rule in SUBSTITUTIONS],
        "contractions": [astuple(rule) for rule in CONTRACTIONS],
        "separators": SEPARATORS,
    }
    if name == "advanced":
        tables |= {
            "stop words": sorted(STOP_WORDS),
            "irregular": IRREGULAR,
            "invariable": sorted(INVARIABLE),
            "endings": [SINGULAR_ENDINGS, PLURAL_ENDINGS, SHORTEST_PLURAL],
        }
    if name == "expressive":
        tables |= {"numbers": NUMBERS, "marks": MARKS, "separators": MARK_SEPARATORS, "run": LONGEST_RUN}
    canonical = json.dumps(tables, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
