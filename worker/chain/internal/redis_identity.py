"""The identities of the Redis servers that held a topic's counters: a numbered sequence, of which the last one counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import BaseModel

from badbuzz.clients.storage import storage_errors
from badbuzz.errors import DataRefused
from worker.chain.internal.write_once import create_or_read_json_object, read_json_object

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_NAME = re.compile(r"[0-9]{10}\.json")


class _RedisIdentity(BaseModel, frozen=True):
    redis: str


def build_redis_identity_path(topic: str, number: int) -> str:
    """Return the path of an identity in the internal store."""
    return f"{_build_folder(topic)}/{number:010}.json"


def read_latest_redis(internal: ObjectStore, topic: str) -> tuple[int, str] | None:
    """Read the number and the identity of the latest Redis; None if none is recorded.

    :raises DataRefused: if it is unreadable.
    """
    folder = _build_folder(topic)
    with storage_errors(f"listing {folder}"):
        listed = internal.list(f"{folder}/").collect()
    names = [str(entry["path"]).removeprefix(f"{folder}/") for entry in listed]
    name = max((name for name in names if _NAME.fullmatch(name)), default=None)
    if name is None:
        return None
    path = f"{folder}/{name}"
    found = read_json_object(internal, path, _RedisIdentity)
    if found is None:
        raise DataRefused(
            f"internal file {path}: was there and is gone; only Bad Buzz may change this folder"
        )
    return int(name.removesuffix(".json")), found.redis


def record_redis(internal: ObjectStore, topic: str, number: int, redis: str) -> str:
    """Store ``redis`` under ``number`` unless that is taken; return the stored identity."""
    path = build_redis_identity_path(topic, number)
    return create_or_read_json_object(internal, path, _RedisIdentity(redis=redis)).redis


def _build_folder(topic: str) -> str:
    return f"redis/{topic}"
