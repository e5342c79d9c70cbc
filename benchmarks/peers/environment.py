"""The peers' environments and the folder with their model, made on demand under ``.cache/peers``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from badbuzz.brands import read_brands
from benchmarks.harness.machine import ROOT
from benchmarks.harness.model import shipped_folder
from benchmarks.peers.jars import fetch_jars

_REQUIREMENTS = Path(__file__).parent / "requirements"
_CACHE = ROOT / ".cache" / "peers"
_PYTHON = "3.11"
"""The product's oldest. The newest that every peer has wheels for is 3.12."""


def ensure_environment(peer: str) -> Path:
    """Return the Python of the peer's environment. Make it and fetch its jars if they are missing or out of date.

    :raises FileNotFoundError: if ``uv`` or Maven is missing.
    :raises subprocess.CalledProcessError: if a package or a jar cannot be fetched.
    """
    python, stamp = _python(peer), _stamp(peer)
    requirements = _REQUIREMENTS / f"{peer}.txt"
    wanted = _expand(requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        uv = find_uv()
        _run(uv, "venv", "--quiet", "--clear", "--python", _PYTHON, str(_CACHE / peer))
        _run(uv, "pip", "install", "--quiet", "--python", str(python), "-r", str(requirements))
        stamp.write_text(wanted)
    fetch_jars(peer)
    return python


def has_environment(peer: str) -> bool:
    """Whether the peer's environment was made before."""
    return _stamp(peer).exists()


def find_uv() -> str:
    """Return the path of ``uv``: the one beside this Python, where ``make`` installs it, or the one on the PATH.

    :raises FileNotFoundError: if there is none.
    """
    beside = Path(sys.executable).parent
    found = shutil.which("uv", path=f"{beside}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    if found is None:
        raise FileNotFoundError(f"no uv in {beside} or on the PATH; `make bench-peers` installs it")
    return found


def prepare_model(folder: Path, version: Path | None = None, brands: Path | None = None) -> None:
    """Write the folder that ``--model`` names: a model version, the same for Keras, and the list of brands.

    :param version: the directory of a model version. Default: the shipped LSTM of the study's design, without a wide
        term and on standard text; the plain script can run no other.
    :param brands: a brand file. Default: the demo's.
    """
    version = version or shipped_folder()
    brands = brands or ROOT / "badbuzz" / "data" / "brands.yaml"
    read_brands(brands)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(version, folder / "version", dirs_exist_ok=True)
    shutil.copy(brands, folder / "brands.yaml")
    _run(str(ensure_environment("plain")), "-m", "benchmarks.peers.scoring.keras_file", str(folder))


def _python(peer: str) -> Path:
    return _CACHE / peer / "bin" / "python"


def _stamp(peer: str) -> Path:
    return _CACHE / peer / "installed.txt"


def _expand(requirements: Path) -> str:
    """Return the file's text with that of the files it includes."""
    lines = requirements.read_text().splitlines()
    return "\n".join(
        _expand(requirements.with_name(line.removeprefix("-r ").strip())) if line.startswith("-r ") else line
        for line in lines
    )


def _run(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - fixed commands
