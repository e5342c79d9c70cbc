"""Brand lists of any length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def make_brand_names(count: int) -> list[str]:
    """Return names that no tweet has by chance; each is also a handle."""
    return [f"brand{number:05}" for number in range(count)]


def write_brands(path: Path, count: int) -> Path:
    """Write a brand file with that many brands of three terms each."""
    brands = [
        {"name": name, "handles": [name], "hashtags": [name], "phrases": [f"the {name} company"]}
        for name in make_brand_names(count)
    ]
    path.write_text(yaml.safe_dump(brands))
    return path
