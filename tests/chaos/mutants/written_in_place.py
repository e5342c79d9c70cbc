"""Files that get their name before their content."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path


def write_in_place(root: Path, _staging: Path, path: str, data: bytes) -> bool:
    """Create a file exclusively, and write and flush it in two halves."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    half = len(data) // 2
    try:
        with target.open("xb") as file:
            for part in (data[:half], data[half:]):
                file.write(part)
                file.flush()
                os.fsync(file.fileno())
    except FileExistsError:
        return False
    return True


def break_safeguard() -> AbstractContextManager[object]:
    return mock.patch("badbuzz.clients.storage._create_locally", write_in_place)
