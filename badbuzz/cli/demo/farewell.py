"""What a run leaves behind, and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badbuzz.cli.demo.folder import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from badbuzz.cli.demo.folder import DemoFolder


def whereabouts(folder: DemoFolder) -> str:
    """Say what lies where."""
    return _two_columns(
        {
            folder.shown(folder.scored): "every tweet with its score, in Parquet",
            folder.shown(folder.registry): "the model",
            folder.shown(folder.brands): "which terms belong to which brand",
            folder.shown(folder.queries): "the queries above",
            folder.shown(folder.logs): "what the workers and the producer had to say",
        }
    )


def while_it_runs(folder: DemoFolder, environment: Mapping[str, str]) -> str:
    """Say what to type in another terminal while broker, Valkey and workers are up."""
    redis_cli = f"redis-cli -u {environment['BADBUZZ_REDIS__URL']}"
    return _lines(
        {
            "let the commands below talk to this run": f". {folder.shown(folder.environment_file)}",
            "send more tweets": f"badbuzz produce replay {folder.shown(SAMPLE)} --loop --rate 1500",
            "watch the counters": "badbuzz rates --watch",
            "read one as an alerting system does": (
                f"{redis_cli} FCALL_RO badbuzz_rate 1 'badbuzz:{{tweets}}' airparadis 300"
            ),
            "add a third worker": "badbuzz work",
            "prove again that nothing is lost or doubled": "badbuzz verify",
        }
    )


def afterwards(folder: DemoFolder) -> str:
    """Say what to type when all has ended."""
    registry = folder.shown(folder.registry)
    return _lines(
        {
            "replay your own data": "badbuzz demo --data training.1600000.processed.noemoticon.csv",
            "look at the model": f"badbuzz models show tweet_sentiment_glove_lstm@production --registry {registry}",
            "ask the files": f"duckdb -c \"FROM '{folder.shown(folder.scored)}/**/*.parquet' WHERE score < 0.01 LIMIT 10\"",
            "run it for real, with Kafka and Redis": "docker compose up --scale worker=4",
        }
    )


def _two_columns(places: Mapping[str, str]) -> str:
    width = max(map(len, places))
    return "\n".join(f"  {place:<{width}}  {what}" for place, what in places.items())


def _lines(commands: Mapping[str, str]) -> str:
    return "\n".join(f"  # {why}\n  {command}" for why, command in commands.items())
