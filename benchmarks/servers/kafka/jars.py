"""Fetch Kafka's jars with Maven, once."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

_HERE = Path(__file__).parent
_POM = _HERE / "pom.xml"
_REPOSITORY_ROOT = _HERE.parents[2]
_FETCH_TIMEOUT_S = 600

_found = ET.parse(_POM).findtext(".//{http://maven.apache.org/POM/4.0.0}kafka.version")  # noqa: S314 - ours
assert _found is not None, f"{_POM} names no kafka.version"
KAFKA_VERSION: str = _found


class JarsMissingError(Exception):
    """Kafka cannot run here; the message says what to install."""


def kafka_jars() -> Path:
    """Return the folder of the jars. Fetch them if they are missing.

    It is ``.cache/kafka/<version>`` in the repository, or ``<version>`` in the folder that the variable
    ``BADBUZZ_KAFKA_CACHE`` names.

    :raises JarsMissingError: if Java or (when needed) Maven is missing, or the jars cannot be fetched.
    """
    if shutil.which("java") is None:
        raise JarsMissingError("Apache Kafka needs java on the PATH: install Java 17 or later")
    cache = Path(os.environ.get("BADBUZZ_KAFKA_CACHE") or _REPOSITORY_ROOT / ".cache" / "kafka")
    jars = cache / KAFKA_VERSION
    if not jars.is_dir():
        _fetch_once(jars)
    return jars


def _fetch_once(jars: Path) -> None:
    """Fetch under a lock: the other processes of ``pytest -n`` wait."""
    jars.parent.mkdir(parents=True, exist_ok=True)
    with (jars.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():
            _fetch(jars)


def _fetch(jars: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise JarsMissingError("fetching Apache Kafka needs mvn on the PATH: install Maven")
    with tempfile.TemporaryDirectory(dir=jars.parent) as temporary:
        fetched = Path(temporary) / "jars"
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={fetched}"]
        done = subprocess.run(  # noqa: S603 - a fixed command
            [maven, "--batch-mode", "--quiet", "--file", str(_POM), *goal],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_FETCH_TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            raise JarsMissingError(
                f"Maven cannot fetch Apache Kafka {KAFKA_VERSION}:\n{done.stdout}{done.stderr}"
            )
        fetched.rename(jars)  # an interrupted download leaves no folder
