"""The program as a process: how it starts, is interrupted, and writes to terminals, pipes and closed streams."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from badbuzz.system.child_process import build_badbuzz_command
from tests.badbuzz.cli.every_command import EVERY_COMMAND

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
ASCII_ONLY = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LANG": "C"}
SCRIPT = "import sys\nfrom badbuzz.__main__ import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
NOTHING_THERE = {"BADBUZZ_KAFKA__BOOTSTRAP": "127.0.0.1:1", "BADBUZZ_REDIS__URL": "redis://127.0.0.1:1/0"}
SHORT_CODES = {0, 64, 65, 69, 75, 78}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tweets.csv").write_text('"0","1","Mon Apr 06 22:19:45 PDT 2009","NO_QUERY","é","text"\n')
    return tmp_path


def environment(**settings: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("BADBUZZ_")}
    return own | {"PYTHONPATH": str(ROOT), "BADBUZZ_START_PATIENCE_SECONDS": "0"} | NOTHING_THERE | settings


def run(command: Sequence[str | Path], folder: Path, **settings: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - ours
        command,
        cwd=folder,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


# Modules in the working folder


def plant_modules(folder: Path) -> None:
    """Put a module that reports itself into the folder for every module and package that Python could import."""
    names = {*sys.stdlib_module_names, *importlib.metadata.packages_distributions()}
    for name in {"sitecustomize", "usercustomize", *names} - {"badbuzz", *sys.builtin_module_names}:
        if name.isidentifier():
            (folder / f"{name}.py").write_text(f"import os; os.write(2, b'RAN {name}\\n'); os._exit(99)\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [*EVERY_COMMAND[3:7], ["work", "--processes", "2", "--health-port", "0"], *EVERY_COMMAND[7:]]
)
def test_no_command_runs_a_module_of_the_working_folder(folder: Path, arguments: list[str]) -> None:
    plant_modules(folder)
    done = run(build_badbuzz_command(*arguments), folder)
    assert b"RAN" not in done.stderr
    assert done.returncode in SHORT_CODES, done.stderr


def test_a_planted_module_would_be_noticed(folder: Path) -> None:
    plant_modules(folder)
    assert run([sys.executable, "-c", "import yaml"], folder).returncode == 99


def test_the_working_folder_is_forgotten_by_python_m_and_in_an_empty_entry_of_pythonpath(
    folder: Path,
) -> None:
    (folder / "yaml.py").write_text("raise SystemExit(99)\n")
    (folder / "brands.yaml").write_text("- name: x\n  phrases: [y]\n")
    for path in (str(ROOT), f"{ROOT}:", f":{ROOT}:."):
        done = run(
            [sys.executable, "-m", "badbuzz", "config", "check"],
            folder,
            PYTHONPATH=path,
            BADBUZZ_BRANDS="brands.yaml",
        )
        assert done.returncode == 0, done.stderr


# Ctrl-C

INTERRUPT_AT = """
import importlib.abc, os, signal, sys
class Interrupter(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == os.environ["INTERRUPT_AT"]:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupter())
"""


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("badbuzz.cli.app", ["--help"]),
        ("click", ["config", "show"]),
        ("badbuzz.errors", ["--version"]),
        *(("badbuzz.settings", words) for words in EVERY_COMMAND[1:] if words[0] != "train"),
        ("badbuzz.cli.demo.demo_run", ["demo"]),
        ("training.experiments.result", ["train", "list"]),
        ("worker.assemble", ["work", "--health-port", "0"]),
        ("numpy", ["work", "--health-port", "0"]),
        ("pyarrow", ["work", "--health-port", "0"]),
        ("kafka", ["produce", "replay", "tweets.csv"]),
        ("redis", ["rates"]),
        ("pyarrow", ["verify"]),
        ("rich.table", ["models", "list"]),
    ],
)
def test_ctrl_c_while_a_command_is_loaded_ends_it_quietly(
    folder: Path, module: str, arguments: list[str]
) -> None:
    (folder / "sitecustomize.py").write_text(INTERRUPT_AT)
    (folder / "program").write_text(SCRIPT)
    done = run(
        [sys.executable, "program", *arguments],
        folder,
        PYTHONPATH=f"{folder}:{ROOT}",
        INTERRUPT_AT=module,
    )
    assert done.stderr.strip() == b""  # click ends the line
    assert done.returncode == 130


def test_a_script_that_ignores_ctrl_c_keeps_ignoring_it(folder: Path) -> None:
    (folder / "sitecustomize.py").write_text(
        f"{INTERRUPT_AT}\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    )
    done = run(
        build_badbuzz_command("config", "show"), folder, PYTHONPATH=f"{folder}:{ROOT}", INTERRUPT_AT="click"
    )
    assert done.returncode == 0


# Output


@pytest.mark.parametrize("arguments", EVERY_COMMAND[1:], ids=" ".join)
def test_every_command_works_in_a_locale_without_utf_8(folder: Path, arguments: list[str]) -> None:
    done = run(build_badbuzz_command(*arguments), folder, **ASCII_ONLY)
    assert b"Traceback" not in done.stderr
    assert done.returncode in SHORT_CODES


def test_texts_arguments_and_files_are_utf_8_in_every_locale(folder: Path) -> None:
    (folder / "märken.yaml").write_text("- name: nestle\n  phrases: [nestlé]\n", encoding="utf-8")
    (folder / ".env").write_text("BADBUZZ_BRANDS=märken.yaml\nBADBUZZ_KAFKA__GROUP=größe\n", encoding="utf-8")
    shown = run(build_badbuzz_command("config", "show"), folder, **ASCII_ONLY)
    assert "BADBUZZ_KAFKA__GROUP=größe" in shown.stdout.decode()
    assert run(build_badbuzz_command("config", "check"), folder, **ASCII_ONLY).returncode == 0
    refused = run(
        build_badbuzz_command("produce", "replay", "tweets.csv", "--crisis", "citroën"), folder, **ASCII_ONLY
    )
    assert "--crisis citroën: no such brand" in refused.stderr.decode()


def test_what_a_terminal_cannot_show_is_escaped(folder: Path) -> None:
    (folder / ".env").write_text("BADBUZZ_KAFKA__GROUP=größe ✓\n", encoding="utf-8")
    shown = run(build_badbuzz_command("config", "show"), folder, PYTHONIOENCODING="latin-1")
    assert "BADBUZZ_KAFKA__GROUP=größe \\u2713" in shown.stdout.decode("latin-1")


@pytest.mark.parametrize(
    "arguments", [["config", "show"], ["--help"], ["verify", "--help"], ["models", "list"]]
)
def test_a_reader_that_leaves_ends_the_command_quietly(folder: Path, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(  # noqa: S603 - ours
        build_badbuzz_command(*arguments),
        cwd=folder,
        env=environment(),
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert done.returncode == (0 if arguments == ["models", "list"] else 141)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_is_reported(folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(  # noqa: S603 - ours
            build_badbuzz_command("config", "show"),
            cwd=folder,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.stderr == b"badbuzz: the output cannot be written: No space left on device\n"
    assert done.returncode == 69


@pytest.mark.parametrize("arguments", EVERY_COMMAND[1:], ids=" ".join)
def test_closed_streams_are_no_error(folder: Path, arguments: list[str]) -> None:
    shell = '"$@" <&- >&- 2>&-'
    done = run(["/bin/sh", "-c", shell, "sh", *build_badbuzz_command(*arguments)], folder)
    assert done.returncode in SHORT_CODES


def test_a_file_does_not_get_the_number_of_a_closed_stream(folder: Path) -> None:
    script = (
        "import os, sys; from badbuzz.__main__ import _open_missing_streams; _open_missing_streams(); "
        "sys.exit(0 if os.open('x', os.O_CREAT | os.O_RDWR) > 2 else 1)"
    )
    shell = '"$@" <&- >&- 2>&-'
    assert run(["/bin/sh", "-c", shell, "sh", sys.executable, "-c", script], folder).returncode == 0


# Names of variables


def test_an_unknown_variable_is_a_warning(folder: Path) -> None:
    done = run(build_badbuzz_command("train", "list"), folder, BADBUZZ_DASHBOARD_COLOUR="x")
    assert done.returncode == 0
    assert re.match(rb"badbuzz: warning: BADBUZZ_DASHBOARD_COLOUR: no setting has this name", done.stderr)


SHOW_HANDLER = """
import signal
from unittest import mock
from badbuzz.__main__ import main
with mock.patch("badbuzz.cli.app.main", lambda: print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)):
    main()
"""


def test_signals_are_those_of_python_while_a_command_runs(folder: Path) -> None:
    done = run([sys.executable, "-P", "-c", SHOW_HANDLER], folder)
    assert (done.returncode, done.stdout) == (0, b"True\n"), done.stderr
