"""Where data and software come from, as manifests, results and reports say it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

DATA_TERMS: Final = (
    "Sentiment140 (Go, Bhayani, Huang: Twitter Sentiment Classification using Distant Supervision, 2009). "
    "The tweets stay subject to the terms of the platform they come from; none is part of this model."
)


def git_revision() -> str | None:
    """Name the commit of the checkout that this file is in, ``-dirty`` if files differ; None outside of one."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()
