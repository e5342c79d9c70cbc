from __future__ import annotations

import pytest

from badbuzz.cleaning import ADVANCED, EXPRESSIVE, STANDARD, CleaningRules, get_rules, rule_sets
from badbuzz.errors import Misconfigured

PINNED = {
    ("standard", 1): "5db1ae953fdfdce89048cd2b3bd3159cd57b3153a91ae47a173246c17b064d45",
    ("advanced", 1): "84d7f699e88206c17bcbefb24d606ead63079df3413859d7f1041b332cf2de0a",
    ("expressive", 1): "c087ab95232fa4838681931567026234db0a35fb3c862417a8015817c9a65a0a",
    ("standard", 2): "020d47295e4f558da7c8ab18e0708e9a52d9d72a09bbbca9353f0be8cdd1a4b5",
    ("advanced", 2): "02ae03dc64dcc09cd6a1bdcf54c2d57eb39c6dcf159f32855be60881fcf66239",
    ("expressive", 2): "58e6e43390900456154f0ae22c47f473369c26b00d7f6a0382a4876f18698346",
}


@pytest.mark.parametrize(("name", "version"), PINNED)
def test_changed_rules_have_a_new_version(name: str, version: int) -> None:
    assert get_rules(name, version).fingerprint == PINNED[name, version], (
        "the rules or their tables changed: add a version in rule_sets.py and pin its fingerprint here"
    )


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("NAME_PATTERN", "standard"),
        ("LOOK_ALIKES", "standard"),
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


@pytest.mark.parametrize(("version", "table"), [(1, "build_ascii_forms"), (2, "build_forms")])
def test_the_folding_is_in_the_fingerprint(monkeypatch: pytest.MonkeyPatch, version: int, table: str) -> None:
    before = rule_sets._fingerprint.__wrapped__("standard", version)
    monkeypatch.setattr(rule_sets, table, dict)
    assert rule_sets._fingerprint.__wrapped__("standard", version) != before


def test_the_pattern_of_version_1_is_in_its_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rule_sets._fingerprint.__wrapped__("standard", 1)
    monkeypatch.setattr(rule_sets, "REFERENCE_PATTERN", "")
    assert rule_sets._fingerprint.__wrapped__("standard", 1) != before


def test_rules_are_found_by_name() -> None:
    assert get_rules("standard") == STANDARD
    assert get_rules("advanced") == ADVANCED
    assert get_rules("expressive") == EXPRESSIVE


def test_an_old_version_is_kept() -> None:
    assert get_rules("standard", 1).version == 1
    assert get_rules("standard").version == 2


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(
        Misconfigured, match="'Standard' are unknown; choose one of standard, advanced, expressive"
    ):
        get_rules("Standard")


def test_another_version_is_refused() -> None:
    with pytest.raises(Misconfigured, match="'standard': version 99 is required, this software has 1 and 2"):
        CleaningRules("standard", 99)
