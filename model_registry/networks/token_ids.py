"""Token ids with a fixed meaning."""

from __future__ import annotations

from typing import Final

PADDING_ID: Final = 0
UNKNOWN_ID: Final = 1
RESERVED_IDS: Final = 2
"""How many ids stand for no word. The vocabulary's first word has this id."""
