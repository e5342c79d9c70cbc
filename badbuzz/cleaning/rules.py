"""The sets of cleaning rules, and the fingerprint by which a model pins the set that it was trained with."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import astuple, dataclass
from html.entities import html5
from typing import Final, Literal, TypeAlias

from badbuzz.cleaning.characters import REFERENCE_PATTERN, folding
from badbuzz.cleaning.standard import CONTRACTIONS, SEPARATORS, SUBSTITUTIONS
from badbuzz.errors import Misconfigured

Name: TypeAlias = Literal["standard"]

# A version grows with every change that cleans any text differently: models must then be trained anew.
_VERSIONS: Final[dict[str, int]] = {"standard": 1}


@dataclass(frozen=True, slots=True)
class CleaningRules:
    """One set of rules by name and version; this software holds one version of each.

    Raises:
        Misconfigured: the name is unknown, or the version is not the one that this software holds.
    """

    name: Name
    version: int

    def __post_init__(self) -> None:
        held = _VERSIONS.get(self.name)
        if held is None:
            known = ", ".join(_VERSIONS)
            raise Misconfigured(f"cleaning rules {self.name!r} are unknown: choose one of {known}")
        if self.version != held:
            raise Misconfigured(
                f"cleaning rules {self.name!r}: version {self.version} is asked for, {held} is held: "
                f"train the model anew, or run it with the software that trained it"
            )

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over the rules and all their tables: equal fingerprints clean equally."""
        return _fingerprint(self.name, self.version)


STANDARD: Final = CleaningRules("standard", _VERSIONS["standard"])


def rules_named(name: str) -> CleaningRules:
    """Give the rules called ``name`` in the version that this software holds.

    Raises:
        Misconfigured: no rules are called so.
    """
    for rules in (STANDARD,):
        if rules.name == name:
            return rules
    raise Misconfigured(f"cleaning rules {name!r} are unknown: choose one of {', '.join(_VERSIONS)}")


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
    canonical = json.dumps(tables, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
