"""What the peers need around them, made on demand under ``.cache/peers``: an environment each, jars, the model folder."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from badbuzz.brands import read_brands
from benchmarks.ground.model import shipped_folder
from benchmarks.peers.jars import jars

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_CACHE = _ROOT / ".cache" / "peers"
_PYTHON = "3.11"
"""The newest that every peer here has wheels for is 3.12; the product's oldest is 3.11."""


def interpreter(peer: str) -> Path:
    """Give the Python of the peer's own environment; make it, and fetch its jars, if need be."""
    folder = _CACHE / peer
    python, stamp = folder / "bin" / "python", folder / "installed.txt"
    wanted = _requirements(_HERE / f"{peer}.txt")
    if not stamp.exists() or stamp.read_text() != wanted:
        _run("uv", "venv", "--quiet", "--clear", "--python", _PYTHON, str(folder))
        _run("uv", "pip", "install", "--quiet", "--python", str(python), "-r", str(_HERE / f"{peer}.txt"))
        stamp.write_text(wanted)
    jars(peer)
    return python


def prepare_model(folder: Path, version: Path | None = None, brands: Path | None = None) -> None:
    """Fill ``folder`` with what ``--model`` names: a model version, the same for Keras, and the list of brands.

    :param version: the directory of a model version; if None, the shipped one of the study's design, an LSTM without a
        wide term on standard text, which is all that the plain script can run.
    :param brands: a brand file; the demo's if None.
    """
    version = version or shipped_folder()
    brands = brands or _ROOT / "badbuzz" / "data" / "brands.yaml"
    read_brands(brands)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(version, folder / "version", dirs_exist_ok=True)
    shutil.copy(brands, folder / "brands.yaml")
    _run(str(interpreter("plain")), "-m", "benchmarks.peers.keras_file", str(folder))


def _requirements(path: Path) -> str:
    """Give the file's text and that of the files it takes in."""
    lines = path.read_text().splitlines()
    return "\n".join(
        _requirements(path.with_name(line.removeprefix("-r ").strip())) if line.startswith("-r ") else line
        for line in lines
    )


def _run(*command: str) -> None:
    subprocess.run(command, cwd=_ROOT, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - fixed commands
