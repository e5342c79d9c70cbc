"""Compiles ``model_registry/engines/lstm_step.c`` when the project is installed, or its wheel made.

Without a C compiler, or with one that cannot, the project is complete all the same: numpy does that work, and takes longer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("model_registry", "engines", "lstm_step.c")
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


class CompileStep(BuildHookInterface):
    """Puts the library beside its source, where an editable installation finds it, and into the wheel."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Called before files are collected."""
        reason = compile_step(Path(self.root))
        if reason:
            self.app.display_warning(f"{LIBRARY} was not built ({reason}): scoring takes a fifth longer")
            return
        build_data["artifacts"].append(f"/{LIBRARY}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def compile_step(root: Path) -> str | None:
    """Build the library; a worker that has the old one open keeps it. Returns why it was not built, if it was not."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    library = root / LIBRARY
    if compiler is None:
        library.unlink(missing_ok=True)
        return "no C compiler"
    unfinished = library.with_suffix(f".{os.getpid()}")
    command = [compiler, *OPTIONS, "-o", str(unfinished), str(root / SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        library.unlink(missing_ok=True)
        return done.stderr.strip() or f"{compiler} ends with {done.returncode}"
    unfinished.replace(library)
    return None
