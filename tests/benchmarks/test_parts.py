from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("confluent_kafka", reason="the group bench is not installed")

from benchmarks.end_to_end.drain import drain
from benchmarks.end_to_end.latency import WARM_UP_S, Arrivals, measure_latency
from benchmarks.end_to_end.throughput import fill_topic
from benchmarks.growth.brands import write_brands
from benchmarks.growth.start import measure_start_with_files
from benchmarks.harness.model import shipped_model
from benchmarks.harness.network import recurrent
from benchmarks.scorer.limit import (
    BLOCK,
    count_active_rows,
    count_flops,
    make_limit_programs,
    split_into_blocks,
)
from benchmarks.scorer.part import ONE, TWO_THREADS, measure_scorer
from benchmarks.scorer.programs import DEFAULT_ENGINE, KERAS
from benchmarks.sizes import FULL, TINY
from benchmarks.stages.part import STAGES, measure_stages

if TYPE_CHECKING:
    from benchmarks.servers.running import Servers

TWEETS = 3_000


def test_sizes_can_be_set_by_name() -> None:
    sizes = FULL.change(["tweets=5", "brands=1,20", "files=", "latency_seconds=2.5"])
    assert (sizes.tweets, sizes.brands, sizes.files, sizes.latency_seconds) == (5, (1, 20), (), 2.5)
    with pytest.raises(AttributeError, match="tweeets"):
        FULL.change(["tweeets=5"])


def test_the_limit_counts_the_tweets_that_still_have_a_word() -> None:
    lengths = np.array([1, 3, 3, 2], np.int32)
    assert count_active_rows(lengths) == [3, 2]
    network = recurrent(shipped_model())
    products = network.units * network.gates * network.units * len(network.directions)
    assert count_flops(network, lengths) == 2 * (3 + 2) * products
    assert split_into_blocks(np.full(BLOCK + 1, 2, np.int32)) == [BLOCK, 1]
    for products_of_a_library in make_limit_programs(network, lengths, threads=1).values():
        products_of_a_library()


@pytest.mark.slow
@pytest.mark.tensorflow
def test_scorers_agree_in_every_process_layout(servers: Servers) -> None:
    found = measure_scorer(servers, TINY.change(["batches=64", "scorer_rounds=1"]))
    assert found["best"]["difference"] < 1e-5
    assert KERAS in found["crews"][ONE]["64"]["per_second"]
    assert (
        found["best"]["engine"] >= found["crews"][TWO_THREADS]["64"]["per_second"][DEFAULT_ENGINE]["median"]
    )


@pytest.mark.slow
@pytest.mark.apache_kafka
def test_stages_add_up(servers: Servers) -> None:
    found = measure_stages(servers, TINY)
    assert set(found["cost"]) == set(STAGES)
    assert sum(cost["share"] for cost in found["cost"].values()) == pytest.approx(1)


@pytest.mark.slow
@pytest.mark.apache_kafka
def test_a_topic_is_drained_and_verified(servers: Servers) -> None:
    topic = fill_topic(servers, TWEETS)
    brands = write_brands(servers.folder / "brands.yaml", 20)
    found = drain(servers, topic, BADBUZZ_BRANDS=str(brands))
    assert found.tweets == TWEETS
    assert 0 < found.first <= TWEETS
    assert min(found.first_s, found.working_s, found.first_cpu_s, found.memory.peak, found.redis_calls) > 0
    assert 1 <= found.files <= topic.partitions
    assert found.held[-1][0] == TWEETS
    assert not list((servers.folder / "scored").iterdir()), "scored rows are left behind"


@pytest.mark.slow
@pytest.mark.apache_kafka
def test_latency_is_measured_for_each_record(servers: Servers) -> None:
    found = measure_latency(servers, rate=200, seconds=1.0)
    assert 50 < found["tweets"] < 200 * (WARM_UP_S + 1.0)  # those of the warm-up do not count
    assert 0 <= found["p50_ms"] <= found["p99_ms"] <= found["p99_9_ms"] <= found["max_ms"]


def test_a_record_arrives_when_the_counters_pass_its_offset(redis_url: str) -> None:
    arrivals = Arrivals(redis_url, "topic")
    arrivals.record({0: 2, 1: 1}, 1_000.0)
    arrivals.record({0: 2, 1: 1}, 1_500.0)
    arrivals.record({0: 3, 1: 1}, 2_000.0)
    assert arrivals.latencies([[900, 990, 995], [800]], since_ms=850).tolist() == [100, 10, 1_005]


@pytest.mark.slow
@pytest.mark.apache_kafka
def test_a_worker_starts_with_many_files(servers: Servers) -> None:
    found = measure_start_with_files(servers, 60)
    assert 48 <= found["files"] <= 84
    assert found["first_scored_s"] > 0


def test_peers_that_fail_have_no_figures(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.comparison import peer  # noqa: PLC0415
    from benchmarks.end_to_end.drain import FilledTopic  # noqa: PLC0415

    monkeypatch.setattr(peer, "ensure_environment", lambda _name: sys.executable)
    with pytest.raises(peer.PeerFailedError, match=r"No module named benchmarks[.]peers[.]programs[.]nobody"):
        peer.run_peer("nobody", servers, FilledTopic("t", 1), servers.folder)
