"""The shape of the source tree: a test file for each module, sizes of folders and modules."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
PRODUCT = ("badbuzz", "producer", "worker", "model_registry", "training")
MAX_ENTRIES = 14
MAX_LINES = 400

BUILT = {"__pycache__", "liblstm_step.so"}
DATA = {"badbuzz/data", "model_registry/bundled", "docs/models/charts"}

UNTESTED = {
    "model_registry/networks/base.py": "a base class; the tests of its networks test it",
    "model_registry/networks/token_ids.py": "constants",
    "model_registry/scoring/scores.py": "a tuple of arrays",
    "training/azure/port.py": "a protocol and its values",
    "training/tracking/mlflow_package.py": "an import with its settings; test_connect.py tests it",
    "worker/chain/port.py": "a protocol and its values; test_stored_chain.py tests the implementation",
    "worker/core/observer.py": "a protocol",
    "worker/core/ports.py": "the values that a worker is made from",
}
"""Modules without a test file of their name, and the reason."""


def list_modules() -> list[Path]:
    return [
        path.relative_to(ROOT)
        for part in PRODUCT
        for path in sorted((ROOT / part).rglob("*.py"))
        if path.name not in {"__init__.py", "__main__.py"}
    ]


def has_test_file(module: Path) -> bool:
    return (ROOT / "tests" / module.parent / f"test_{module.name.lstrip('_')}").is_file()


def list_folders(folder: Path) -> list[Path]:
    found = [folder]
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in BUILT and str(path.relative_to(ROOT)) not in DATA:
            found += list_folders(path)
    return found


def test_each_module_has_a_test_file_of_its_name() -> None:
    missing = {str(module) for module in list_modules() if not has_test_file(module)}
    assert missing == UNTESTED.keys(), "add the test file, or change UNTESTED"


def test_no_folder_has_too_many_entries() -> None:
    folders = [found for top in (*PRODUCT, "benchmarks", "docs") for found in list_folders(ROOT / top)]
    sizes = {
        str(folder.relative_to(ROOT)): len({path.name for path in folder.iterdir()} - BUILT)
        for folder in folders
    }
    assert not {folder: size for folder, size in sizes.items() if size > MAX_ENTRIES}


def test_no_module_is_too_long() -> None:
    modules = [path for top in (*PRODUCT, "benchmarks", "tests") for path in (ROOT / top).rglob("*.py")]
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert not {path: lines for path, lines in lengths.items() if lines > MAX_LINES}
