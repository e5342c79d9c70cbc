from __future__ import annotations

import pytest

from badbuzz.cleaning import ADVANCED, EXPRESSIVE, STANDARD, CleaningRules, get_rules, rule_sets
from badbuzz.errors import Misconfigured

PINNED = {
    ("standard", 1): "5db1ae953fdfdce89048cd2b3bd3159cd57b3153a91ae47a173246c17b064d45",
    ("advanced", 1): "84d7f699e88206c17bcbefb24d606ead63079df3413859d7f1041b332cf2de0a",
    ("expressive", 1): "c087ab95232fa4838681931567026234db0a35fb3c862417a8015817c9a65a0a",
}


@pytest.mark.parametrize("current", [STANDARD, ADVANCED, EXPRESSIVE], ids=lambda current: current.name)
def test_changed_rules_have_a_new_version(current: CleaningRules) -> None:
    assert current.fingerprint == PINNED[current.name, current.version], (
        "the rules or their tables changed: increase the version in rule_sets.py, pin the new fingerprint here, "
        "train the models again"
    )


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("REFERENCE_PATTERN", "standard"),
        ("html5", "standard"),
        ("SUBSTITUTIONS", "standard"),
        ("CONTRACTIONS", "standard"),
        ("SEPARATORS", "standard"),
        ("NUMBERS", "expressive"),
        ("MARKS", "expressive"),
        ("MARK_SEPARATORS", "expressive"),
        ("LONGEST_RUN", "expressive"),
        ("STOP_WORDS", "advanced"),
        ("IRREGULAR", "advanced"),
        ("INVARIABLE", "advanced"),
        ("SINGULAR_ENDINGS", "advanced"),
        ("PLURAL_ENDINGS", "advanced"),
        ("SHORTEST_PLURAL", "advanced"),
    ],
)
def test_every_table_is_in_the_fingerprint(monkeypatch: pytest.MonkeyPatch, table: str, name: str) -> None:
    version = get_rules(name).version
    before = rule_sets._fingerprint.__wrapped__(name, version)
    monkeypatch.setattr(rule_sets, table, ())
    assert rule_sets._fingerprint.__wrapped__(name, version) != before


def test_the_folding_is_in_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rule_sets._fingerprint.__wrapped__("standard", STANDARD.version)
    monkeypatch.setattr(rule_sets, "build_folding_table", dict)
    assert rule_sets._fingerprint.__wrapped__("standard", STANDARD.version) != before


def test_rules_are_found_by_name() -> None:
    assert get_rules("standard") == STANDARD
    assert get_rules("advanced") == ADVANCED
    assert get_rules("expressive") == EXPRESSIVE


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(
        Misconfigured, match="'Standard' are unknown; choose one of standard, advanced, expressive"
    ):
        get_rules("Standard")


def test_another_version_is_refused() -> None:
    with pytest.raises(Misconfigured, match="'standard': version 99 is required, this software has 1"):
        CleaningRules("standard", 99)
