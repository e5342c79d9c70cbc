"""The capacity of 1, 10 and 100 machines like the measured one, by arithmetic on its figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from badbuzz.settings import BatchSettings, RegistrySettings, ScoredSettings
from benchmarks.report.figures import read_median
from benchmarks.report.writing import format_number, make_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.report.figures import Json

MACHINES: Final = (1, 10, 100)
DAY_S: Final = 86_400
_GB: Final = 1e9


@dataclass(frozen=True, slots=True)
class Inputs:
    """The figures of one machine at full load, with one worker process per core."""

    processes: int
    tweets_per_second: float
    cpu_us_per_tweet: float
    files_per_tweet: float
    bytes_per_tweet: float
    tweets_per_call: float
    us_per_call: float

    @classmethod
    def of(cls, results: Json) -> Inputs:
        """Read them from the part "end to end"."""
        found = results["end_to_end"]
        cores = str(found["machine"]["cores"])
        name = cores if cores in found["processes"] else max(found["processes"], key=int)
        row = {key: read_median(value) for key, value in found["processes"][name].items()}
        return cls(
            processes=int(name),
            tweets_per_second=row["tweets_per_second"],
            cpu_us_per_tweet=row["cpu_us_per_tweet"],
            files_per_tweet=row["files"] / found["tweets"],
            bytes_per_tweet=row["bytes_per_tweet"],
            tweets_per_call=found["tweets"] / row["redis_calls"],
            us_per_call=row["redis_us_per_call"],
        )


@dataclass(frozen=True, slots=True)
class Fleet:
    """A number of machines, all at full load on one topic."""

    machines: int
    inputs: Inputs

    @property
    def workers(self) -> int:
        """Worker processes; each needs at least one partition."""
        return self.machines * self.inputs.processes

    @property
    def tweets_per_second(self) -> float:
        return self.machines * self.inputs.tweets_per_second

    @property
    def redis_calls_per_second(self) -> float:
        return self.tweets_per_second / self.inputs.tweets_per_call

    @property
    def redis_core(self) -> float:
        """Share of one Redis core: all keys of a topic are in one slot, whose functions run on one thread."""
        return self.redis_calls_per_second * self.inputs.us_per_call / 1e6

    @property
    def files_per_day(self) -> float:
        """By rows or by time, whichever gives more: an open file is closed after ``scored.file_seconds``."""
        by_time = self.workers * DAY_S / ScoredSettings().file_seconds
        return max(by_time, self.tweets_per_second * DAY_S * self.inputs.files_per_tweet)

    @property
    def gigabytes_per_day(self) -> float:
        return self.tweets_per_second * DAY_S * self.inputs.bytes_per_tweet / _GB

    @property
    def registry_checks_per_second(self) -> float:
        return self.workers / RegistrySettings().refresh_seconds


_ROWS: Final[dict[str, Callable[[Fleet], float]]] = {
    "tweets a second": lambda fleet: fleet.tweets_per_second,
    "million tweets a day": lambda fleet: fleet.tweets_per_second * DAY_S / 1e6,
    "worker processes (minimum of partitions)": lambda fleet: fleet.workers,
    "calls of Redis functions a second": lambda fleet: fleet.redis_calls_per_second,
    "share of one Redis core": lambda fleet: fleet.redis_core,
    "Parquet files a day, one partition per process": lambda fleet: fleet.files_per_day,
    "GB of Parquet a day": lambda fleet: fleet.gigabytes_per_day,
    "checks of the registry a second": lambda fleet: fleet.registry_checks_per_second,
}


def inputs(results: Json) -> str:
    """Return the table of measured inputs."""
    found = Inputs.of(results)
    return make_table(
        ("input", "value", "source in bench.json"),
        (
            (
                "tweets/s of one machine",
                format_number(found.tweets_per_second),
                _source(found, "tweets_per_second"),
            ),
            ("worker processes on it", str(found.processes), "`end_to_end.processes`"),
            (
                "µs CPU of workers per tweet",
                format_number(found.cpu_us_per_tweet),
                _source(found, "cpu_us_per_tweet"),
            ),
            ("tweets per call of Redis", format_number(found.tweets_per_call), _source(found, "redis_calls")),
            ("µs of Redis per call", format_number(found.us_per_call), _source(found, "redis_us_per_call")),
            (
                "Parquet files per million tweets",
                format_number(1e6 * found.files_per_tweet),
                _source(found, "files"),
            ),
            (
                "bytes of Parquet per tweet",
                format_number(found.bytes_per_tweet),
                _source(found, "bytes_per_tweet"),
            ),
            ("maximum records of a micro-batch", str(BatchSettings().records), "`BADBUZZ_BATCH__RECORDS`"),
            (
                "seconds until a file is closed",
                f"{ScoredSettings().file_seconds:g}",
                "`BADBUZZ_SCORED__FILE_SECONDS`",
            ),
            (
                "seconds between checks of the registry",
                f"{RegistrySettings().refresh_seconds:g}",
                "`BADBUZZ_REGISTRY__REFRESH_SECONDS`",
            ),
        ),
    )


def _source(found: Inputs, name: str) -> str:
    return f"`end_to_end.processes.{found.processes}.{name}`"


def carried(results: Json) -> str:
    """Return the table of results by number of machines."""
    found = Inputs.of(results)
    fleets = [Fleet(machines, found) for machines in MACHINES]
    return make_table(
        ("machines", *(str(fleet.machines) for fleet in fleets)),
        ((name, *(format_number(value(fleet)) for fleet in fleets)) for name, value in _ROWS.items()),
    )


def redis_limit(results: Json) -> str:
    """Return the sentence about the load that one Redis core carries."""
    found = Inputs.of(results)
    machines = 1 / Fleet(1, found).redis_core
    tweets = machines * found.tweets_per_second
    return (
        f"One Redis core is full at {format_number(machines)} such machines, {format_number(tweets)} tweets/s on one topic, "
        "if micro-batches are as full as measured."
    )


SCALE: Final[dict[str, tuple[Callable[[Json], str], tuple[str, ...]]]] = {
    "inputs": (inputs, ("end_to_end",)),
    "carried": (carried, ("end_to_end",)),
    "redis_limit": (redis_limit, ("end_to_end",)),
}
"""The tables of ``docs/scale.md``, each with the parts of the results that it needs."""
