"""Compiles ``model_registry/scoring/engines/lstm_step.c`` when the project is installed, or its wheel made.

Without a C compiler, or with one that cannot, the project is complete all the same: numpy does that work, and takes longer.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("model_registry", "scoring", "engines", "lstm_step.c")
LIBRARY = SOURCE.with_name("liblstm_step.so")
# Loops become vectors only if no operation may trap or set errno. Not -ffast-math: it forgets what is not a number.
OPTIONS = (
    "-std=c99",
    "-O3",
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-shared",
    "-fPIC",
)


class CompileStep(BuildHookInterface[BuilderConfig]):
    """Puts the library beside its source, where an editable installation finds it, and into the wheel."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Called before files are collected."""
        reason = compile_step(Path(self.root))
        if reason:
            self.app.display_warning(f"{LIBRARY} was not built ({reason}): scoring takes a sixth longer")
            return
        build_data["artifacts"].append(f"/{LIBRARY}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def compile_step(root: Path) -> str | None:
    """Build the library; a worker that has the old one open keeps it. Returns why it was not built, if it was not."""
    library = root / LIBRARY
    unfinished = library.with_suffix(f".{os.getpid()}")
    reason = _compile(root / SOURCE, unfinished)
    if reason:
        unfinished.unlink(missing_ok=True)
        library.unlink(missing_ok=True)  # an old one may not fit what calls it
    else:
        unfinished.replace(library)
    return reason


def _compile(source: Path, target: Path) -> str | None:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        return "no C compiler"
    command = [compiler, *OPTIONS, "-o", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        return done.stderr.strip() or f"{compiler} ends with {done.returncode}"
    try:
        ctypes.CDLL(str(target))
    except OSError as error:
        return str(error)
    return None
