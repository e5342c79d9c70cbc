"""Brand lists of any length, and texts that name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def brand_names(count: int) -> list[str]:
    """Names that no tweet has by chance; each is also its handle."""
    return [f"brand{number:05}" for number in range(count)]


def write_brands(path: Path, count: int) -> Path:
    """A brand file of so many brands, with three terms each."""
    brands = [
        {"name": name, "handles": [name], "hashtags": [name], "phrases": [f"the {name} company"]}
        for name in brand_names(count)
    ]
    path.write_text(yaml.safe_dump(brands))
    return path
