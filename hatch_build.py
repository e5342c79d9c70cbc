"""Build hook: compiles ``model_registry/scoring/engines/lstm_step.c`` when the project is installed or its wheel is built.

If there is no C compiler, or compiling fails, the project still works: numpy does the same computation more slowly.
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
# The compiler vectorizes loops only if operations may neither trap nor set errno. -ffast-math is not used: it breaks NaN.
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
    """Puts the library beside its source, where an editable installation loads it, and into the wheel."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Compile the library before hatchling collects files."""
        reason = compile_step(Path(self.root))
        if reason:
            self.app.display_warning(f"{LIBRARY} was not built ({reason}): scoring takes a sixth longer")
            return
        build_data["artifacts"].append(f"/{LIBRARY}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def compile_step(root: Path) -> str | None:
    """Build the library; return the reason if that fails, else None. A running worker keeps the old library open."""
    library = root / LIBRARY
    unfinished = library.with_suffix(f".{os.getpid()}")
    reason = _compile(root / SOURCE, unfinished)
    if reason:
        unfinished.unlink(missing_ok=True)
        library.unlink(missing_ok=True)  # an old one may not match its caller
    else:
        unfinished.replace(library)
    return reason


def _compile(source: Path, target: Path) -> str | None:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        return "no C compiler"
    command = [compiler, *OPTIONS, "-o", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    if done.returncode:
        return done.stderr.strip() or f"{compiler} exits with {done.returncode}"
    try:
        ctypes.CDLL(str(target))
    except OSError as error:
        return str(error)
    return None
