"""What a run leaves behind, and what to type next."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from badbuzz.cli.demo.folder import SAMPLE, shown
from badbuzz.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.cli.demo.folder import DemoFolder


def whereabouts(folder: DemoFolder) -> str:
    """Say what lies where."""
    places = {
        shown(folder.scored): "every tweet with its score, in Parquet",
        shown(folder.queries): "the queries above",
        shown(folder.registry): "the model",
        shown(folder.brands): "which terms belong to which brand",
        shown(folder.logs): "what the workers and the producer had to say",
    }
    width = max(map(len, places))
    return "\n".join(f"  {place:<{width}}  {what}" for place, what in places.items())


def while_it_runs(folder: DemoFolder, environment: Mapping[str, str]) -> str:
    """Say what to type in another terminal while broker, Valkey and workers are up."""
    badbuzz = _program("badbuzz")
    redis_cli = f"redis-cli -u {environment['BADBUZZ_REDIS__URL']}"
    return _commands(
        {
            "let the commands below talk to this run": f". {quote(shown(folder.environment_file))}",
            "send more tweets": f"{badbuzz} produce replay {quote(shown(SAMPLE))} --loop --rate 1000",
            "watch the counters": f"{badbuzz} rates --watch",
            "read one as an alerting system does": (
                f"{redis_cli} FCALL_RO badbuzz_rate 1 'badbuzz:{{tweets}}' airparadis 300"
            ),
            "add a third worker": f"{badbuzz} work",
        }
    )


def afterwards(folder: DemoFolder) -> str:
    """Say what to type when all has ended."""
    badbuzz = _program("badbuzz")
    model = Settings.model_fields["model"].default
    files = f"{shown(folder.scored)}/dt=*/*.parquet"
    angriest = f'import duckdb; duckdb.read_parquet("{files}").order("score").select("score, text").show()'
    return _commands(
        {
            "replay the real thing": f"{badbuzz} demo --data training.1600000.processed.noemoticon.csv",
            "read the angriest tweets": f"{_program('python')} -c {quote(angriest)}",
            "look at the model": f"{badbuzz} models show {model} --registry {quote(shown(folder.registry))}",
            "run it with Kafka and Redis": "docker compose up --scale worker=4",
        }
    )


def _program(name: str) -> str:
    """A program of this installation, as one has to type it here."""
    here = Path(sys.executable).with_name(name)
    return name if shutil.which(name) == str(here) else quote(shown(here))


def _commands(by_purpose: Mapping[str, str]) -> str:
    return "\n".join(f"  # {purpose}\n  {command}" for purpose, command in by_purpose.items())
