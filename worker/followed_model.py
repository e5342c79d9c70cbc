"""The model in use, which follows its alias while the worker runs."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Protocol

from badbuzz.errors import BadBuzzError, Retry
from model_registry.scoring.scorer import Scorer

if TYPE_CHECKING:
    from collections.abc import Callable

    from badbuzz.settings import Settings
    from model_registry.package.refs import ModelRef
    from model_registry.store.registry import Registry

log = logging.getLogger(__name__)

WORK_PER_CHECK = 10
"""Checking the registry blocks the worker. After a check it works for at least ten times as long as a slow registry took."""


class ModelWatcher(Protocol):
    """Receives events of the model in use."""

    def on_model_loaded(self, name: str, engine: str) -> None:
        """Called when a version comes into use."""

    def on_model_refresh_failed(self) -> None:
        """Called when a promoted version could not be loaded."""


class FollowedModel:
    """Returns the scorer of the version that ``settings.model`` refers to now.

    The registry is checked every ``registry.refresh_seconds``, between two micro-batches; less often only if it is slow. If the
    new version cannot be loaded, the old one stays in use.
    """

    def __init__(
        self,
        registry: Registry,
        settings: Settings,
        watcher: ModelWatcher,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load the model.

        :raises ModelRefused: if it is missing, incomplete, tampered with or foreign.
        :raises Retry: if the registry is unavailable.
        """
        self._registry = registry
        self._settings = settings
        self._watcher = watcher
        self._clock = clock
        self._refused: ModelRef | None = None
        self._load(registry.resolve(settings.model))
        self._next_check = clock() + settings.registry.refresh_seconds

    def __call__(self) -> Scorer:
        """Return the scorer for the next micro-batch."""
        if self._clock() >= self._next_check:
            self._check()
        return self._scorer

    def _check(self) -> None:
        started = self._clock()
        self._follow_alias()
        now = self._clock()
        pause = max(self._settings.registry.refresh_seconds, WORK_PER_CHECK * (now - started))
        self._next_check = now + pause

    def _follow_alias(self) -> None:
        try:
            ref = self._registry.resolve(self._settings.model)
            if ref not in (self._ref, self._refused):
                self._refused = ref
                self._load(ref)
                self._refused = None
                log.warning("model %s is in use", ref)
        except BadBuzzError as error:
            if isinstance(error, Retry):
                self._refused = None  # the registry was unavailable, so the version may be good
            self._watcher.on_model_refresh_failed()
            log.warning("model %s stays in use: %s", self._ref, error)

    def _load(self, ref: ModelRef) -> None:
        model = self._registry.load(ref)
        settings = self._settings
        self._scorer = Scorer.open(model, settings.engine, settings.threads, settings.encoder)
        self._ref = ref
        self._watcher.on_model_loaded(str(ref), self._settings.engine)
