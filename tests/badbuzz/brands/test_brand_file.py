from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.brands.brand_file import Brand, TermOptions, read_brands
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from pathlib import Path

GOOD = (
    b"- name: airparadis\n  handles: ['@airparadis']\n  hashtags: ['#airparadis']\n  phrases: [air paradis]\n"
)


def test_handles_and_hashtags_may_be_written_with_their_sign() -> None:
    assert read_brands(GOOD) == [Brand("airparadis", ("airparadis",), ("airparadis",), ("air paradis",))]


def test_terms_may_have_options() -> None:
    (brand,) = read_brands(
        b"- name: b\n  handles: [{term: '@b', not: [c]}]\n  hashtags: [{term: bcd, in: [links]}]\n"
        b"  phrases: [d, {term: e, near: [f]}]"
    )
    assert brand == Brand(
        "b",
        ("b",),
        ("bcd",),
        ("d", "e"),
        {
            "@b": TermOptions(exclusions=("c",)),
            "#bcd": TermOptions(inside=frozenset({"links"})),
            "e": TermOptions(context=("f",)),
        },
    )


def test_decomposed_letters_are_accepted() -> None:
    assert read_brands("- {name: b, hashtags: [nestle\u0301]}".encode())[0].hashtags == ("nestl\u00e9",)


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
        (b"- name: a\n  phrases: [{term: b, net: [c]}]", ["phrases.0.net", "not permitted"]),
        (b"- name: a\n  phrases: [{not: [c]}]", ["phrases.0.term", "required"]),
        (
            b"- name: a\n  phrases: [{term: bcd, in: [paths]}]",
            ["phrases.0.in.0", "'hashtags', 'handles'", "'paths'"],
        ),
        (b"- name: a\n  phrases: [{term: bcd, in: []}]", ["phrases.0.in", "at least 1"]),
        (b"- name: a\n  phrases: [{term: b, not: c}]", ["phrases.0.not", "list"]),
        (b"- name: a\n  handles: [{term: hp, in: [hashtags]}]", ["handles.0", "at least 3 letters"]),
        (
            b"- name: a\n  phrases: [{term: Caf\xc3\xa9, not: [CAFE]}]",
            ["phrases.0", "'not' has the term itself"],
        ),
        (b"- name: a\n  phrases: [{term: b, near: [B]}]", ["phrases.0", "'near' has the term itself"]),
        (b"- name: a\n  phrases: [{term: b, near: [c], not: [C]}]", ["phrases.0", "'c' is both"]),
        (b"- name: a\n  phrases: ['\xe1\x85\x9f']", ["phrases.0", "invisible characters"]),
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
