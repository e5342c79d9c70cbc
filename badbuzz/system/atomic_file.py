"""Write a file so that readers see the old or the new content, never a part."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; what was written to it replaces ``path`` at the end.

    After an exception ``path`` is unchanged, and the temporary file is removed.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        if unfinished.is_file():
            unfinished.unlink()
