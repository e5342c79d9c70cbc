"""Files of labelled tweets: Parquet, or Sentiment140's six-column CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from pathlib import Path


def read_labelled(path: Path) -> pa.Table:
    """Read the columns ``label`` (int8, 1 for positive), ``text`` and ``user``.

    :raises Misconfigured: if the file is missing or not what it should be.
    """
    try:
        table = pq.read_table(path, columns=["label", "text", "user"])
    except (OSError, pa.ArrowInvalid) as error:
        raise Misconfigured(f"data {path}: {error}") from None
    return table
