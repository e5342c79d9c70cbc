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

WORK_PER_LOOK = 10
"""A look at the registry holds the worker up. However long one takes, ten times as long is then spent on work."""


class ModelWatcher(Protocol):
    """Is told which model is in use."""

    def model(self, name: str, engine: str) -> None:
        """This version is in use from now on."""

    def model_refresh_failed(self) -> None:
        """A promoted version could not be loaded."""


class FollowedModel:
    """Hands out the scorer of the version that ``settings.model`` names now.

    An alias that moves is noticed within ``registry.refresh_seconds``, between two micro-batches; later only if the registry is
    slow. A version that cannot be loaded leaves the old one in use.
    """

    def __init__(
        self,
        registry: Registry,
        settings: Settings,
        watcher: ModelWatcher,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load the model.

        :raises ModelRefused: if it is missing, partial, tampered with or foreign.
        :raises Retry: if the registry is away.
        """
        self._registry = registry
        self._settings = settings
        self._watcher = watcher
        self._clock = clock
        self._refused: ModelRef | None = None
        self._load(registry.resolve(settings.model))
        self._next_look = clock() + settings.registry.refresh_seconds

    def __call__(self) -> Scorer:
        """The scorer to use for the next micro-batch."""
        if self._clock() >= self._next_look:
            self._refresh()
        return self._scorer

    def _refresh(self) -> None:
        begun = self._clock()
        self._look()
        now = self._clock()
        pause = max(self._settings.registry.refresh_seconds, WORK_PER_LOOK * (now - begun))
        self._next_look = now + pause

    def _look(self) -> None:
        try:
            ref = self._registry.resolve(self._settings.model)
            if ref not in (self._ref, self._refused):
                self._refused = ref
                self._load(ref)
                self._refused = None
                log.warning("model %s is in use", ref)
        except BadBuzzError as error:
            if isinstance(error, Retry):
                self._refused = None  # the registry was away: that says nothing about the version
            self._watcher.model_refresh_failed()
            log.warning("model %s stays in use: %s", self._ref, error)

    def _load(self, ref: ModelRef) -> None:
        artifact = self._registry.load(ref)
        settings = self._settings
        self._scorer = Scorer.open(artifact, settings.engine, settings.threads, settings.encoder)
        self._ref = ref
        self._watcher.model(str(ref), self._settings.engine)
