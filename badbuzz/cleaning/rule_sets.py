"""The sets of cleaning rules, and their fingerprints. A model stores the fingerprint of the rules that it was trained with."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import astuple, dataclass
from html.entities import html5
from typing import Final, Literal, TypeAlias, cast

from badbuzz.cleaning.characters import build_ascii_forms, build_forms
from badbuzz.cleaning.expressive import LONGEST_RUN, MARKS, NUMBERS
from badbuzz.cleaning.expressive import SEPARATORS as MARK_SEPARATORS
from badbuzz.cleaning.look_alikes import LOOK_ALIKES
from badbuzz.cleaning.nouns import INVARIABLE, IRREGULAR, PLURAL_ENDINGS, SHORTEST_PLURAL, SINGULAR_ENDINGS
from badbuzz.cleaning.references import NAME_PATTERN
from badbuzz.cleaning.standard import CONTRACTIONS, SEPARATORS, SUBSTITUTIONS
from badbuzz.cleaning.stop_words import STOP_WORDS
from badbuzz.cleaning.version_1 import REFERENCE_PATTERN
from badbuzz.errors import Misconfigured

RulesName: TypeAlias = Literal["standard", "advanced", "expressive"]

# Add a version with every change that cleans any text differently. Keep the old one for the models that were trained with it.
_VERSIONS: Final[dict[str, tuple[int, ...]]] = {"standard": (1, 2), "advanced": (1, 2), "expressive": (1, 2)}


@dataclass(frozen=True, slots=True)
class CleaningRules:
    """One set of rules, by name and version.

    :raises Misconfigured: if the name is unknown, or this software does not contain the version.
    """

    name: RulesName
    version: int

    def __post_init__(self) -> None:
        known = _list_versions(self.name)
        if self.version not in known:
            raise Misconfigured(
                f"cleaning rules {self.name!r}: version {self.version} is required, this software has "
                f"{' and '.join(map(str, known))}: train the model again, or run it with the software that trained it"
            )

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the rules and all their tables. Rules with equal fingerprints clean alike."""
        return _fingerprint(self.name, self.version)


def get_rules(name: str, version: int | None = None) -> CleaningRules:
    """Return the rules with this name and version; without a version, the newest.

    :raises Misconfigured: if the name is unknown, or this software does not contain the version.
    """
    newest = _list_versions(name)[-1]
    return CleaningRules(cast("RulesName", name), newest if version is None else version)


def _list_versions(name: str) -> tuple[int, ...]:
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
        "references": [REFERENCE_PATTERN if version == 1 else NAME_PATTERN, html5],
        "folding": build_ascii_forms() if version == 1 else build_forms(),
        "substitutions": [astuple(rule) for rule in SUBSTITUTIONS],
        "contractions": [astuple(rule) for rule in CONTRACTIONS],
        "separators": SEPARATORS,
    }
    if version > 1:
        tables |= {"look-alikes": LOOK_ALIKES}
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
