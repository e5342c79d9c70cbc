"""The examples of docs/brands.md."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from badbuzz.brands import BrandMatcher

PAGE = (Path(__file__).parents[3] / "docs/brands.md").read_text(encoding="utf-8")
FILE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
EXAMPLES = re.findall(r"^\| `(.*)` \| (.*?) ?\|$", PAGE.split("With the file above:")[1], re.MULTILINE)


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) > 25


@pytest.mark.parametrize(("text", "brands"), EXAMPLES)
def test_an_example_of_the_page(text: str, brands: str) -> None:
    found = BrandMatcher.from_yaml(FILE.encode()).match(pa.array([text])).to_pylist()[0]
    assert found == [name for name in brands.split(", ") if name]
