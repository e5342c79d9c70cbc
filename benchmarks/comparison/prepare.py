"""``python -m benchmarks.comparison.prepare``: make the peers' environments, once, with the network."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from benchmarks.peers import PEERS
from benchmarks.peers.environment import ensure_environment

if TYPE_CHECKING:
    from collections.abc import Iterable


def prepare_peers(names: Iterable[str] = PEERS) -> dict[str, str]:
    """Make the peers' environments. Return the reason for each that cannot be made."""
    failed = {}
    for name in names:
        try:
            ensure_environment(name)
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            failed[name] = f"its environment cannot be made: {error}"
    return failed


def main() -> None:
    for name, reason in prepare_peers().items():
        print(f"{name}: {reason}")


if __name__ == "__main__":
    main()
