"""Checks that a store honours create-if-absent, on which every exactly-once claim of Bad Buzz depends.

Some servers that speak S3 ignore ``If-None-Match``, some check it and write afterwards, and some file systems have no hard
links. On such a store, a worker that was thought dead could replace the file of the worker that took its place.
"""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from badbuzz.clients.storage import create_object, delete_objects, storage_errors
from badbuzz.errors import BadBuzzError, Misconfigured

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PROBE_FOLDER: Final = "probe"

_ROUNDS: Final = 3
_WRITERS: Final = 4
"""Writers of one name at the same time: a server that checks first and writes afterwards lets more than one pass."""


def check_create_if_absent(store: ObjectStore, place: str) -> None:
    """Let several writers create one object, several times: exactly one may succeed, and none after it.

    The objects are deleted, if that is allowed.

    :param place: names the store in a message.
    :raises Misconfigured: if the store does not honour it.
    :raises Retry: if the storage is unavailable.
    """
    with ThreadPoolExecutor(_WRITERS, thread_name_prefix="probe") as writers:
        for _ in range(_ROUNDS):
            path = f"{PROBE_FOLDER}/{uuid.uuid4().hex}"
            try:
                _check_once(store, place, path, writers)
            finally:
                with suppress(BadBuzzError):
                    delete_objects(store, [path])


def _check_once(store: ObjectStore, place: str, path: str, writers: ThreadPoolExecutor) -> None:
    contents = [uuid.uuid4().bytes for _ in range(_WRITERS)]
    created = list(writers.map(lambda content: create_object(store, path, content), contents))
    late = create_object(store, path, b"late")
    with storage_errors(f"reading {path}"):
        found = bytes(store.get(path).bytes())
    if late or created.count(True) != 1 or found != contents[created.index(True)]:
        raise Misconfigured(
            f"{place} does not honour create-if-absent: {created.count(True)} of {_WRITERS} writers created one object at the "
            f"same time, and a later one {'replaced it' if late else 'was refused'}; exactly one may. Late workers would replace "
            "files, so rows would be lost. Use S3, Google Cloud Storage, Azure, or a server that supports `If-None-Match: *`; "
            "locally, use a file system with hard links, such as ext4 or XFS"
        )
