"""The checks of ``badbuzz config check --connect``: each dependency is contacted with the rights that a worker needs."""

from __future__ import annotations

import socket
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from badbuzz.cli.config.checks import Check, is_local, load_model
from badbuzz.cli.config.variables import PREFIX
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kafka import KafkaAdminClient

    from badbuzz.settings import Settings

_OPERATIONS: Final = {"READ": 3, "WRITE": 4}
"""Kafka's numbers of operations; an answer has one bit for each."""
NO_IDENTITY: Final = "new"
"""Stands for the identity of a folder that no worker has used."""
_PAUSE_S: Final = 0.5
_UNKNOWN: Final = -(2**31)
"""Kafka's answer if the broker has no access control."""


def list_connection_checks(settings: Settings) -> Iterator[Check]:
    """Yield the checks of Kafka, Redis, the storage and the registry."""
    kafka = settings.kafka
    yield Check("kafka: topic", lambda: _check_topic(settings, kafka.topic, "READ"))
    yield Check("kafka: dead letters", lambda: _check_topic(settings, kafka.dead_letter_topic, "WRITE"))
    yield Check("kafka: group", lambda: _check_group(settings))
    yield Check("redis", lambda: _check_redis(settings))
    yield Check("storage", lambda: _check_storage(settings))
    yield Check("running group", lambda: _compare_with_group(settings))
    yield Check(f"{PREFIX}HEALTH__HOST", lambda: _check_health_host(settings))
    yield Check("registry", lambda: load_model(settings))


def _check_topic(settings: Settings, topic: str, operation: str) -> str:
    from kafka import KafkaAdminClient

    from badbuzz.clients.kafka_client import (
        build_client_options,
        check_topic_exists,
        explain_absence,
        kafka_errors,
    )

    kafka = settings.kafka
    with (
        kafka_errors(kafka, explain_absence),
        closing(KafkaAdminClient(**build_client_options(kafka, "badbuzz-check"))) as admin,
    ):
        found: dict[str, Any] = admin.describe_topics([topic])[0]
    exists = check_topic_exists(kafka, topic, found["error_code"], operation.capitalize())
    if not exists or not found["partitions"]:
        raise Misconfigured(
            f"topic {topic!r} does not exist at {kafka.bootstrap}; create it, or let `badbuzz produce` do it"
        )
    _check_right(found.get("topic_authorized_operations"), operation, f"topic {topic!r}", settings)
    return f"{topic} with {len(found['partitions'])} partitions; {operation.capitalize()} is allowed"


def _check_group(settings: Settings) -> str:
    from kafka import KafkaAdminClient

    from badbuzz.clients.kafka_client import build_client_options, explain_absence, kafka_errors

    kafka = settings.kafka
    with (
        kafka_errors(kafka, explain_absence),
        closing(KafkaAdminClient(**build_client_options(kafka, "badbuzz-check"))) as admin,
    ):
        found = _describe_group(admin, kafka.group)
    if found["error"] and "Authorization" in found["error"]:
        raise Misconfigured(f"kafka at {kafka.bootstrap} refuses group {kafka.group!r}: grant Read on it")
    _check_right(found.get("authorized_operations"), "READ", f"group {kafka.group!r}", settings)
    return f"{kafka.group} with {len(found['members'])} members; Read is allowed"


def _describe_group(admin: KafkaAdminClient, group: str) -> dict[str, Any]:
    """Describe a group. A broker answers the first question about any group only after it has made its internal topic."""
    from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

    attempts = 20
    while True:
        try:
            found: dict[str, Any] = admin.describe_groups([group])[group]
        except (CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError):
            attempts -= 1
            if not attempts:
                raise
            time.sleep(_PAUSE_S)
        else:
            return found


def _check_right(allowed: int | list[str] | None, operation: str, what: str, settings: Settings) -> None:
    """Check a broker's answer, which kafka-python returns as bits for a topic and as names for a group.

    :raises Misconfigured: if the operation is not among the allowed ones.
    """
    if allowed is None or allowed in (_UNKNOWN, []):
        return
    is_allowed = (
        bool(allowed >> _OPERATIONS[operation] & 1) if isinstance(allowed, int) else operation in allowed
    )
    if not is_allowed:
        raise Misconfigured(
            f"kafka at {settings.kafka.bootstrap} does not allow {operation.capitalize()} on {what} to user "
            f"{settings.kafka.sasl_username or 'ANONYMOUS'!r}: grant it (docs/security.md)"
        )


def _check_redis(settings: Settings) -> str:
    from badbuzz.clients.redis_client import connect_redis
    from worker.counters.redis_sink import RedisCounters

    with closing(RedisCounters(connect_redis(settings.redis), settings.kafka.topic)) as counters:
        counters.check()
    return f"{settings.redis.url.mask()}; the functions can be called, with all rights of a worker"


def _check_storage(settings: Settings) -> str:
    from badbuzz.clients.scored_store import check_scored_urls, open_scored_store
    from badbuzz.clients.storage import parse_local_path, storage_errors

    chain_url = check_scored_urls(settings.scored.url, settings.scored.chain_url)
    for url in (settings.scored.url, chain_url):
        if is_local(url) and not parse_local_path(url).is_dir():
            return f"{parse_local_path(url)} does not exist yet"
    store = open_scored_store(settings.scored.url, settings.scored.chain_url)
    store.check()
    with storage_errors("listing the scored files"):
        next(iter(store.rows.list(chunk_size=1)), None)
    return f"{settings.scored.url} can be listed and written, and refuses to create an object twice"


def _compare_with_group(settings: Settings) -> str:
    """Compare the settings with those of the workers that have run, as a starting worker does, but without writing anything."""
    from badbuzz.clients.redis_client import connect_redis
    from badbuzz.clients.scored_store import open_existing_internal
    from badbuzz.contracts.counters import Buckets
    from worker.assemble import build_shared_settings
    from worker.chain.internal.identity import read_identity
    from worker.counters.redis_sink import RedisCounters
    from worker.source.commit_notes import CommitNotes
    from worker.source.topics import describe_topic

    topic = describe_topic(settings.kafka, settings.kafka.topic)
    internal = open_existing_internal(settings.scored.url, settings.scored.chain_url)
    folder = (internal and read_identity(internal)) or NO_IDENTITY
    ours = build_shared_settings(settings, folder)
    buckets = Buckets(settings.redis.bucket_seconds, settings.redis.retention_seconds)
    with closing(RedisCounters(connect_redis(settings.redis), topic.name)) as counters:
        counters.compare(topic.id, buckets)
        theirs = counters.read_agreement(ours)
    different = [name for name, value in theirs.items() if value != ours[name]]
    if different:
        raise Misconfigured(
            "\n".join(
                f"{name} differs from that of the workers that share the counters in Redis: theirs is {theirs[name]}, ours is "
                f"{ours[name]}"
                for name in different
            )
        )
    with closing(CommitNotes(settings.kafka, topic.partitions, folder)) as notes:
        if difference := notes.find_difference():
            raise Misconfigured(difference)
    return "the settings do not contradict those of other workers"


def _check_health_host(settings: Settings) -> str | None:
    """Check that the address is one of this machine. The port is not opened: a worker may have it open."""
    health = settings.health
    if not health.port:
        return None
    try:
        with socket.socket() as opened:
            opened.bind((health.host, 0))
    except (OSError, UnicodeError) as error:  # the second for an impossible name such as a..b
        raise Misconfigured(
            f"{PREFIX}HEALTH__HOST: {health.host!r} is no address of this machine: {error}"
        ) from None
    return health.host
