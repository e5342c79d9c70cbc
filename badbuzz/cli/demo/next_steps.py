"""The demo's last texts: its files, and commands to try next."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from badbuzz.cli.demo.folder import SAMPLE, relative_path
from badbuzz.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.cli.demo.folder import DemoFolder


def describe_files(folder: DemoFolder) -> str:
    """Return a list of the run's files."""
    places = {
        relative_path(folder.scored): "every tweet with its score, in Parquet",
        relative_path(folder.queries): "the queries above",
        relative_path(folder.registry): "the model",
        relative_path(folder.brands): "the brands and their terms",
        relative_path(folder.logs): "the output of the workers and the producer",
    }
    width = max(map(len, places))
    return "\n".join(f"  {place:<{width}}  {what}" for place, what in places.items())


def suggest_live_commands(folder: DemoFolder, environment: Mapping[str, str]) -> str:
    """Return commands for another terminal while broker, Valkey and workers run."""
    badbuzz = _program_path("badbuzz")
    redis_cli = f"redis-cli -u {environment['BADBUZZ_REDIS__URL']}"
    return _format_commands(
        {
            "set the variables for this run": f". {quote(relative_path(folder.environment_file))}",
            "send more tweets": f"{badbuzz} produce replay {quote(relative_path(SAMPLE))} --loop --rate 1000",
            "watch the counters": f"{badbuzz} rates --watch",
            "read one counter as an alerting system does": (
                f"{redis_cli} FCALL_RO badbuzz_rate 1 'badbuzz:{{tweets}}' airparadis 300"
            ),
            "add a third worker": f"{badbuzz} work",
        }
    )


def suggest_commands(folder: DemoFolder) -> str:
    """Return commands for after the run."""
    badbuzz = _program_path("badbuzz")
    model = Settings.model_fields["model"].default
    files = f"{relative_path(folder.scored)}/dt=*/*.parquet"
    angriest = f'import duckdb; duckdb.read_parquet("{files}").order("score").select("score, text").show()'
    return _format_commands(
        {
            "replay the whole data set": f"{badbuzz} demo --data training.1600000.processed.noemoticon.csv",
            "read the angriest tweets": f"{_program_path('python')} -c {quote(angriest)}",
            "show the model": f"{badbuzz} models show {model} --registry {quote(relative_path(folder.registry))}",
            "run it with Kafka and Redis": "docker compose up --scale worker=4",
        }
    )


def _program_path(name: str) -> str:
    """Return how to call a program of this installation from here."""
    here = Path(sys.executable).with_name(name)
    return name if shutil.which(name) == str(here) else quote(relative_path(here))


def _format_commands(by_purpose: Mapping[str, str]) -> str:
    return "\n".join(f"  # {purpose}\n  {command}" for purpose, command in by_purpose.items())
