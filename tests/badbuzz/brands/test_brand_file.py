from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.brands.brand_file import Brand, read_brands
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from pathlib import Path

GOOD = (
    b"- name: airparadis\n  handles: ['@airparadis']\n  hashtags: ['#airparadis']\n  phrases: [air paradis]\n"
)


def test_handles_and_hashtags_may_be_written_with_their_sign() -> None:
    assert read_brands(GOOD) == [Brand("airparadis", ("airparadis",), ("airparadis",), ("air paradis",))]


def test_an_empty_list_has_no_brands() -> None:
    assert read_brands(b"[]") == []


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        (b"", ["expected a list of brands", "None"]),
        (b"airparadis: {}", ["expected a list of brands"]),
        (b"- [unclosed", ["not YAML", "line 1"]),
        (b"- name: \xff", ["not YAML"]),
        (b"- airparadis", ["entry 1", "'airparadis'"]),
        (b"- handles: [x]", ["entry 1: name", "required"]),
        (b"- name: Air Paradis\n  handles: [x]", ["entry 1 ('Air Paradis')", "name", "[a-z0-9_-]"]),
        (b"- name: all\n  handles: [x]", ["entry 1 ('all')", "reserved"]),
        (GOOD + b"- name: airparadis\n  handles: [x]", ["entry 2 ('airparadis')", "same name"]),
        (b"- name: a\n", ["entry 1 ('a')", "no handles, hashtags or phrases"]),
        (b"- name: a\n  handels: [x]", ["entry 1 ('a'): handels", "not permitted"]),
        (b"- name: a\n  handles: [two words]", ["handles.0", "'two words'"]),
        (b"- name: a\n  hashtags:\n    - #lost\n", ["hashtags", "# begins a comment"]),
        (b"- name: a\n  phrases: [1664]", ["phrases.0", "1664", "string"]),
        (b"- name: a\n  phrases: ['--']", ["phrases.0", "'--'"]),
        (b"- name: '" + b"x" * 500 + b"'\n  handles: [x]", ["x…"]),
    ],
)
def test_an_invalid_file_is_refused_with_entry_field_and_value(content: bytes, complaints: list[str]) -> None:
    with pytest.raises(Misconfigured) as refused:
        read_brands(content)
    assert all(complaint in str(refused.value) for complaint in complaints), str(refused.value)


def test_all_invalid_entries_are_named_at_once() -> None:
    with pytest.raises(Misconfigured, match=r"entry 1.*\n.*entry 3"):
        read_brands(b"- name: A\n  handles: [x]\n- name: b\n  handles: [x]\n- name: c\n")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.yaml.*No such file"):
        read_brands(tmp_path / "nowhere.yaml")


def test_terms_have_the_signs_of_handles_and_hashtags() -> None:
    assert Brand("b", handles=("h",), hashtags=("t",), phrases=("a phrase",)).terms == (
        "@h",
        "#t",
        "a phrase",
    )
    assert Brand("b").terms == ()
