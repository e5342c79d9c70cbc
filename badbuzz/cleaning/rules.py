"""The sets of cleaning rules, and the fingerprint by which a model pins the set that it was trained with."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import astuple, dataclass
from html.entities import html5
from typing import Final, Literal, TypeAlias, cast

from badbuzz.cleaning.characters import REFERENCE_PATTERN, folding
from badbuzz.cleaning.expressive import LONGEST_RUN, MARKS, NUMBERS
from badbuzz.cleaning.expressive import SEPARATORS as MARK_SEPARATORS
from badbuzz.cleaning.nouns import INVARIABLE, IRREGULAR, PLURAL_ENDINGS, SHORTEST_PLURAL, SINGULAR_ENDINGS
from badbuzz.cleaning.standard import CONTRACTIONS, SEPARATORS, SUBSTITUTIONS
from badbuzz.cleaning.stop_words import STOP_WORDS
from badbuzz.errors import Misconfigured

Name: TypeAlias = Literal["standard", "advanced", "expressive"]

# A version grows with every change that cleans any text differently: models must then be trained anew.
_VERSIONS: Final[dict[str, int]] = {"standard": 1, "advanced": 1, "expressive": 1}


@dataclass(frozen=True, slots=True)
class CleaningRules:
    """One set of rules by name and version; this software holds one version of each.

    Raises:
        Misconfigured: the name is unknown, or the version is not the one that this software holds.
    """

    name: Name
    version: int

    def __post_init__(self) -> None:
        held = _version_held(self.name)
        if self.version != held:
            raise Misconfigured(
                f"cleaning rules {self.name!r}: version {self.version} is asked for, {held} is held: "
                f"train the model anew, or run it with the software that trained it"
            )

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over the rules and all their tables: equal fingerprints clean equally."""
        return _fingerprint(self.name, self.version)


def rules_named(name: str) -> CleaningRules:
    """Give the rules called ``name`` in the version that this software holds.

    Raises:
        Misconfigured: no rules are called so.
    """
    return CleaningRules(cast("Name", name), _version_held(name))


def _version_held(name: str) -> int:
    if name not in _VERSIONS:
        raise Misconfigured(f"cleaning rules {name!r} are unknown: choose one of {', '.join(_VERSIONS)}")
    return _VERSIONS[name]


STANDARD: Final = rules_named("standard")
ADVANCED: Final = rules_named("advanced")
EXPRESSIVE: Final = rules_named("expressive")


@functools.cache
def _fingerprint(name: str, version: int) -> str:
    tables: dict[str, object] = {
        "name": name,
        "version": version,
        "references": [REFERENCE_PATTERN, html5],
        "folding": folding(),
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
