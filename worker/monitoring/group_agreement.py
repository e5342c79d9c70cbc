"""Compares what all workers of a group must share: the folder of scored rows, Redis, the isolation level and the brands.

Workers that differ would each look well and together lose or mix results: rows would be split between two folders, counts
between two servers, and a brand's rate would be made of tweets that were matched by different terms.

Redis holds, beside the counters, the identity of the folder and the isolation level: the first worker writes them, a later one
that differs is refused. The folder holds the identity of Redis, as a numbered sequence, because Redis may be replaced: a worker
whose Redis is no longer the latest is not ready. Brand files reload while workers run, so differing brands are reported only.

Workers that differ in both folder and Redis share only Kafka. So each commit of the group names the folder: a worker that finds
another one is refused when it starts. Later the difference is reported only, as the other worker may be the one that is wrong.
"""

from __future__ import annotations

import logging
import threading
import uuid
from typing import TYPE_CHECKING, Final, Protocol

from badbuzz.contracts.counters import build_topic_key
from badbuzz.errors import BadBuzzError, Misconfigured, Retry
from worker.chain.internal.redis_identity import read_latest_redis, record_redis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from obstore.store import ObjectStore

    from worker.monitoring.health import Health

log = logging.getLogger(__name__)

CHECK_INTERVAL_S: Final = 10.0
_CLOSE_S: Final = 1.0
BRANDS: Final = "brands"
REDIS: Final = "redis"
FOLDER: Final = "folder"


class AgreedSettings(Protocol):
    """What the group has agreed on, beside the counters."""

    def agree(self, wanted: Mapping[str, str], replaced: Mapping[str, str]) -> dict[str, str]:
        """Store ``wanted`` where nothing is stored yet, and ``replaced`` in any case. Return all stored values."""


class FolderNotes(Protocol):
    """The folders that the group's commits name."""

    def find_difference(self) -> str | None:
        """Return a description of a commit that names another folder, with the remedies; None if there is none."""


class GroupAgreement:
    """One worker's part of the comparison.

    :param notes: is asked before anything is written, so that a worker that is refused leaves no trace.
    :param internal: the internal files of the store of scored rows.
    :param fixed: what may not differ, by the name of the setting.
    :param read_brands: returns a fingerprint of the brands in use.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is one thing that is compared, or where a difference is reported
        self,
        settings: AgreedSettings,
        notes: FolderNotes,
        internal: ObjectStore,
        topic: str,
        fixed: Mapping[str, str],
        read_brands: Callable[[], str],
        health: Health,
    ) -> None:
        self._settings = settings
        self._notes = notes
        self._internal = internal
        self._topic = topic
        self._fixed = dict(fixed)
        self._read_brands = read_brands
        self._health = health
        self._brands = ""
        self._redis = uuid.uuid4().hex  # replaced by the one that is stored; written again if Redis loses it
        self._problems: dict[str, str] = {}

    def join(self) -> None:
        """Compare this worker's settings with the group's, at the start.

        :raises Misconfigured: if a setting differs that may not.
        """
        if difference := self._notes.find_difference():
            raise Misconfigured(difference)
        self._brands = self._read_brands()
        stored = self._settings.agree(self._proposal() | {BRANDS: self._brands}, {})
        self._refuse_difference(stored)
        if stored[BRANDS] != self._brands:
            log.warning(
                "the workers of this group had other brands (fingerprint %s, here %s): give all of them the same file "
                "BADBUZZ_BRANDS, or the rates mix both",
                *(stored[BRANDS], self._brands),
            )
            self._settings.agree({}, {BRANDS: self._brands})
        self._redis = stored[REDIS]
        latest = read_latest_redis(self._internal, self._topic)
        if latest is None or latest[1] != stored[REDIS]:
            number = 1 if latest is None else latest[0] + 1
            self._record(number, stored[REDIS])

    def check(self) -> None:
        """Compare again, while the worker runs.

        :raises Misconfigured: if a setting differs that may not.
        """
        brands = self._read_brands()
        replaced = {} if brands == self._brands else {BRANDS: brands}
        self._brands = brands
        stored = self._settings.agree(self._proposal() | {BRANDS: brands}, replaced)
        self._refuse_difference(stored)
        latest = read_latest_redis(self._internal, self._topic)
        problems = {}
        if latest is not None and latest[1] != stored[REDIS]:
            problems[REDIS] = (
                "another worker of this group counts in another Redis, so each has a part of the counts: give all workers the "
                "same BADBUZZ_REDIS__URL and restart them"
            )
        if stored[BRANDS] != brands:
            problems[BRANDS] = (
                f"another worker of this group has other brands (fingerprint {stored[BRANDS]}, here {brands}), so the rates "
                "mix both: give all workers the same file BADBUZZ_BRANDS"
            )
        if difference := self._find_other_folder():
            problems[FOLDER] = difference
        self._report(problems)

    def _find_other_folder(self) -> str | None:
        """Return the difference, or the last known one if Kafka does not answer: the worker itself reports what Kafka refuses."""
        try:
            return self._notes.find_difference()
        except BadBuzzError:
            return self._problems.get(FOLDER)

    def _proposal(self) -> dict[str, str]:
        return self._fixed | {REDIS: self._redis}

    def _refuse_difference(self, stored: Mapping[str, str]) -> None:
        for name, ours in self._fixed.items():
            if stored[name] != ours:
                raise Misconfigured(
                    f"{name} differs from that of the workers with which this one shares the counters in Redis: theirs is "
                    f"{stored[name]}, this worker's is {ours}. Give all workers the same setting. To change it for all, stop "
                    f"them and run: redis-cli del '{build_topic_key(self._topic)}:group'"
                )

    def _record(self, number: int, redis: str) -> None:
        stored = record_redis(self._internal, self._topic, number, redis)
        if stored != redis:  # another worker was first, and differs
            self._record(number + 1, redis)
        elif number > 1:
            log.warning(
                "the counters are in another Redis than before, or it was emptied; they are rebuilt from Parquet. If other "
                "workers of this group still run with another BADBUZZ_REDIS__URL, stop this one: it makes them unready"
            )

    def _report(self, problems: dict[str, str]) -> None:
        for name, problem in problems.items():
            if name not in self._problems:
                log.warning("%s", problem)
        for name in self._problems.keys() - problems.keys():
            log.warning("all workers have the same %s again", name)
        self._problems = problems
        self._health.set_disagreements(problems)


class AgreementWatch:
    """Checks the agreement on a thread of its own until it is closed.

    :param refuse: called with the problem if a setting differs that may not, as after Redis was emptied.
    """

    def __init__(
        self,
        agreement: GroupAgreement,
        refuse: Callable[[str], None],
        interval_s: float = CHECK_INTERVAL_S,
    ) -> None:
        self._agreement = agreement
        self._refuse = refuse
        self._interval_s = interval_s
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="agreement", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop checking. A check that waits for a silent server is left behind: a stopping worker must not wait for it."""
        self._closed.set()
        self._thread.join(_CLOSE_S)

    def _watch(self) -> None:
        while not self._closed.wait(self._interval_s):
            try:
                self._agreement.check()
            except Retry:
                pass  # the worker itself reports what is away
            except BadBuzzError as error:
                self._refuse(str(error))
                return
            except Exception:
                if not self._closed.is_set():  # else its connections were closed under it
                    raise
