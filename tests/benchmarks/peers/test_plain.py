from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.brands import BrandMatcher
from badbuzz.cleaning import STANDARD, clean, to_arrow

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [
    "@AirParadis can't believe it, THAT'S 3 hours late!! http://t.co/x",
    "Kofi-Republic`s café is 2 good… #yum #1",
    "it's y'all's fault &amp; won't be mine :( www.example.com",
    "AIR  PARADIS and lumafone6 and trillium\nbank",
    "   ",
    "привет",
]

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]


def test_it_cleans_as_the_product_does() -> None:
    from benchmarks.peers.programs.plain import clean as by_hand  # noqa: PLC0415 - imports TensorFlow

    assert [by_hand(text) for text in TEXTS] == clean(to_arrow(TEXTS), STANDARD).to_pylist()


def test_it_finds_the_brands_that_the_product_finds(tmp_path: Path) -> None:
    from benchmarks.peers.programs.plain import read_brands  # noqa: PLC0415 - imports TensorFlow

    (tmp_path / "brands.yaml").write_text(
        "- {name: airparadis, handles: [airparadis], phrases: [air paradis]}\n"
        "- {name: kofi-republic, phrases: [kofi republic]}\n"
        "- {name: lumafone, phrases: [lumafone]}\n"
        "- {name: trillium-bank, phrases: [trillium bank]}\n"
    )
    patterns = read_brands(tmp_path)
    found = [[name for name, pattern in patterns.items() if pattern.search(text)] for text in TEXTS]
    assert found == BrandMatcher.from_yaml(tmp_path / "brands.yaml").match(to_arrow(TEXTS)).to_pylist()
