"""Workers with a backlog of millions, whose storage is slow, then refuses connections, then hangs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.chaos.network import Proxy
from tests.endurance.environment import log_progress, open_environment
from tests.endurance.evidence import examine
from tests.endurance.faults import SESSION_S, slow_down, take_away
from tests.endurance.load import Load, at_once
from tests.endurance.memory import MemoryWatch, beyond_bound, summary
from tests.endurance.workers import EnduranceWorkers
from tests.servers.s3 import open_s3

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from tests.endurance.environment import Environment

BUCKET = "endurance"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", type=int, default=3_000_000, help="default: %(default)s")
    parser.add_argument("--workers", type=int, default=2, help="default: %(default)s")
    parser.add_argument("--partitions", type=int, default=12, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=7, help="of the stream; default: %(default)s")


def run(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Fill the topic, disturb the workers, drain it, and check the results."""
    with open_s3() as s3, Proxy(s3.endpoint.removeprefix("http://")) as proxy:
        s3.create_bucket(BUCKET)
        settings = {
            "BADBUZZ_SCORED__URL": f"s3://{BUCKET}/scored",
            "BADBUZZ_KAFKA__SESSION_TIMEOUT_MS": str(int(1_000 * SESSION_S)),
            **s3.environment,
        }
        with (
            open_environment(folder, options.partitions, settings) as environment,
            EnduranceWorkers(environment) as workers,
        ):
            environment.system.worker_settings = {"AWS_ENDPOINT_URL": f"http://{proxy.address}"}
            load = Load(environment, at_once, options.seed, options.records).start()
            load.join()
            log_progress(f"{load.sent} records wait")
            with MemoryWatch(workers.living) as memory:
                found = _disturb(environment, workers, proxy, options, load)
            evidence = examine(environment, load, deep=False)
            workers.look_for_tracebacks()
    return {
        "rows_in": evidence.rows_in,
        "rows_out": evidence.rows_out,
        "dead_letters": evidence.dead_letters,
        "violations": [
            *workers.violations,
            *evidence.violations,
            *beyond_bound(memory.samples),
            *_check_group(found),
        ],
        **found,
        "rss_mb": summary(memory.samples),
    }


def _disturb(
    environment: Environment, workers: EnduranceWorkers, proxy: Proxy, options: argparse.Namespace, load: Load
) -> dict[str, float]:
    """Slow, cut and stall the connections to the storage, then let the workers drain the topic."""
    members = [workers.add() for _ in range(options.workers)]
    for member in members:
        workers.await_partitions(member)
    generation = _await_stable_generation(environment)
    slow_publish_s = slow_down(environment, proxy, members)
    take_away(proxy.cut, proxy, members)
    take_away(proxy.stall, proxy, members)
    left, healed = load.sent - environment.counted(), time.monotonic()
    environment.await_counted(load.sent)
    drained_s = time.monotonic() - healed
    superseded = sum(member.metrics().get("badbuzz_superseded_total", 0.0) for member in members)
    rebalances = environment.generation() - generation
    for member in members:
        workers.stop(member)
    return {
        "slow_publish_s": round(slow_publish_s, 1),
        "rebalances": rebalances,
        "superseded": superseded,
        "left_when_healed": left,
        "drained_s": round(drained_s),
    }


def _await_stable_generation(environment: Environment) -> int:
    """Return the group's generation when it has been the same for a session."""
    generation = environment.generation()
    while True:
        time.sleep(SESSION_S)
        if generation == (generation := environment.generation()):
            return generation


def _check_group(found: dict[str, float]) -> Iterator[str]:
    """Yield a violation if the faults caused a rebalance or a refusal."""
    if found["rebalances"]:
        yield f"{found['rebalances']} rebalances, although no member joined or left"
    if found["superseded"]:
        yield f"{found['superseded']:.0f} times a sink refused a worker, although it had no rival"
