"""The jars that a peer needs beside its Python package. Maven fetches them once, into ``.cache/peers/jars``."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from pathlib import Path

_HERE = Path(__file__).parent
_CACHE = _HERE.parents[1] / ".cache" / "peers" / "jars"


def fetch_jars(peer: str) -> list[Path]:
    """Return the jars that ``requirements/<peer>.pom.xml`` names and their dependencies; none without such a file."""
    pom = _HERE / "requirements" / f"{peer}.pom.xml"
    if not pom.exists():
        return []
    folder = _CACHE / f"{peer}-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as temporary:
            fetched = Path(temporary) / "jars"
            goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={fetched}"]
            command = ["mvn", "--batch-mode", "--quiet", "--file", str(pom), *goal]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603 - fixed
            fetched.rename(folder)  # an interrupted download leaves no folder
    return sorted(folder.glob("*.jar"))
