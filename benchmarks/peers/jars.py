"""The jars that a peer needs beside its package, fetched by Maven, once, into ``.cache/peers``."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_HERE = Path(__file__).parent
_CACHE = _HERE.parents[1] / ".cache" / "peers"


def jars(peer: str) -> list[Path]:
    """Give the jars that ``<peer>.pom.xml`` names, with what they need; none if there is no such file."""
    folder, pom = _CACHE / f"{peer}-jars", _HERE / f"{peer}.pom.xml"
    stamp = folder / "pom.xml"
    if pom.exists() and (not stamp.exists() or stamp.read_text() != pom.read_text()):
        shutil.rmtree(folder, ignore_errors=True)
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
        command = ["mvn", "--batch-mode", "--quiet", "--file", str(pom), *goal]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - fixed
        shutil.copy(pom, stamp)
    return sorted(folder.glob("*.jar"))
