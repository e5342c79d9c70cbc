"""Builds a worker from settings, and connects each port to its adapter."""

from __future__ import annotations

import gc
import logging
import os
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

from badbuzz.brands import BrandMatcher, ReloadingBrands
from badbuzz.clients.redis_client import connect_redis
from badbuzz.clients.scored_store import open_scored_store
from badbuzz.contracts.counters import Buckets
from model_registry.store.registry import Registry
from worker.chain.internal.identity import claim_identity
from worker.chain.internal.older_layout import move_internal_files
from worker.chain.stored_chain import StoredChain
from worker.core.ports import Limits, Ports
from worker.core.retry import StartupRetry
from worker.core.worker import Worker
from worker.counters.redis_sink import RedisCounters
from worker.dead_letters.kafka_sink import KafkaDeadLetters
from worker.followed_model import FollowedModel
from worker.monitoring.group_agreement import AgreementWatch, GroupAgreement
from worker.monitoring.health import Health
from worker.monitoring.health_server import HealthServer
from worker.monitoring.metrics import WorkerMetrics
from worker.monitoring.watchdog import Watchdog
from worker.pipeline.pipeline import Pipeline
from worker.source.commit_notes import CommitNotes, format_note
from worker.source.kafka import KafkaSource
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from badbuzz.clients.scored_store import ScoredStore
    from badbuzz.errors import Misconfigured
    from badbuzz.settings import Settings
    from worker.pipeline.pipeline import BrandFinder

log = logging.getLogger(__name__)


@contextmanager
def assemble(settings: Settings) -> Iterator[Worker]:
    """Yield a connected worker; at the end, leave the group and close every connection.

    :raises DependencyDown: if a dependency stays away for longer than ``start_patience_seconds``. The orchestrator then restarts
        the process.
    :raises Misconfigured: if a setting, credential or model is wrong.
    """
    with ExitStack() as stack:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        health = Health()
        metrics = WorkerMetrics(health, registry)
        _serve_health(settings, health, registry, stack)
        stack.callback(Watchdog(health).close)
        retry = StartupRetry(settings.start_patience_seconds)
        model = retry.call(lambda: FollowedModel(Registry.open(settings.registry.url), settings, metrics))
        brands = _open_brands(settings)
        buckets = Buckets(settings.redis.bucket_seconds, settings.redis.retention_seconds)
        client_id = f"badbuzz-{socket.gethostname()}-{os.getpid()}"

        topic = retry.call(lambda: describe_topic(settings.kafka, settings.kafka.topic))
        store = open_scored_store(settings.scored.url, settings.scored.chain_url)
        retry.call(store.check)
        retry.call(lambda: move_internal_files(store))
        chain = StoredChain(store, topic.name, topic.id)
        # Reports an absent storage now, not with the first file.
        retry.call(lambda: chain.find_ends(topic.partitions))
        counters = RedisCounters(connect_redis(settings.redis), topic.name)
        stack.callback(counters.close)
        retry.call(lambda: counters.open(topic.id, buckets, len(topic.partitions)))
        folder = retry.call(lambda: claim_identity(store))
        notes = CommitNotes(settings.kafka, topic.partitions, folder)
        stack.callback(notes.close)
        agreement = _open_agreement(settings, counters, notes, store, folder, brands, health)
        retry.call(agreement.join)
        stack.callback(AgreementWatch(agreement, health.mark_stuck).close)
        dead_letters = KafkaDeadLetters(settings.kafka, client_id)
        stack.callback(dead_letters.close)
        source = retry.call(lambda: KafkaSource(settings.kafka, client_id, topic.id, format_note(folder)))
        stack.callback(source.close)

        skip_tombstones = settings.kafka.tombstones == "skip"
        pipeline = Pipeline(topic.name, model, lambda: brands, skip_tombstones=skip_tombstones)
        ports = Ports(source, chain, counters, dead_letters, pipeline)
        worker = Worker(ports, buckets, metrics, build_limits(settings))
        _freeze_garbage_collector()
        yield worker


def _open_agreement(  # noqa: PLR0913, PLR0917 - each is compared, or says with what
    settings: Settings,
    counters: RedisCounters,
    notes: CommitNotes,
    store: ScoredStore,
    folder: str,
    brands: BrandFinder,
    health: Health,
) -> GroupAgreement:
    fixed = build_shared_settings(settings, folder)
    return GroupAgreement(
        counters,
        notes,
        store.internal,
        settings.kafka.topic,
        fixed,
        lambda: brands.fingerprint if isinstance(brands, ReloadingBrands) else "none",
        health,
    )


def build_shared_settings(settings: Settings, folder: str) -> dict[str, str]:
    """Return what may not differ between the workers of a group, by the name of the setting.

    :param folder: the identity of the folder of scored rows.
    """
    return {
        "BADBUZZ_SCORED__URL or BADBUZZ_SCORED__CHAIN_URL (the folder's identity)": folder,
        "BADBUZZ_KAFKA__ISOLATION_LEVEL": settings.kafka.isolation_level,
    }


def _freeze_garbage_collector() -> None:
    """Exclude the objects of the start (modules, model, vocabulary) from full garbage collections.

    A full collection took 58 ms of a turn, a fifth of what a tweet may wait, and 5 % of all time if batches are large.
    """
    gc.collect()
    gc.freeze()


def _serve_health(settings: Settings, health: Health, registry: CollectorRegistry, stack: ExitStack) -> None:
    if not settings.health.port:
        return
    server = HealthServer(settings.health.host, settings.health.port, health, registry)
    stack.callback(server.close)


def _open_brands(settings: Settings) -> BrandFinder:
    if settings.brands is None:
        return BrandMatcher([])

    def report_refusal(error: Misconfigured) -> None:
        log.warning("the old brands stay in use: %s", error)

    return ReloadingBrands(settings.brands, on_refused=report_refusal)


def build_limits(settings: Settings) -> Limits:
    """Return the limits in the settings."""
    return Limits(
        start=settings.kafka.start,
        batch_records=settings.batch.records,
        batch_wait_s=settings.batch.wait_ms / 1000,
        file_rows=settings.scored.file_rows,
        file_seconds=settings.scored.file_seconds,
        buffer_rows=settings.scored.buffer_rows,
        bad_ratio=settings.batch.bad_ratio,
        bad_window=settings.batch.bad_window,
        session_s=settings.kafka.session_timeout_ms / 1000,
    )
