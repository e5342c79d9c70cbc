"""A worker follows its alias, and a broken version does not stop it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from obstore.store import MemoryStore

from badbuzz.errors import Misconfigured, ModelRefused, Retry
from badbuzz.settings import Settings
from model_registry.package.refs import ModelRef
from model_registry.store.registry import PRODUCTION, Registry
from tests.model_registry import tiny_model
from worker.followed_model import FollowedModel

if TYPE_CHECKING:
    from model_registry.package.package import LoadedModel

REFRESH_S = 15.0
TEXTS = pa.array(["late again", "great crew", ""])


class SwitchableRegistry(Registry):
    """A registry that can be unavailable, and records what is loaded."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.is_away = False
        self.loads_fail = False
        self.loaded: list[str] = []

    def resolve(self, text: str) -> ModelRef:
        if self.is_away:
            raise Retry("storage", "refused")
        return super().resolve(text)

    def load(self, ref: ModelRef) -> LoadedModel:
        if self.loads_fail:
            raise Retry("storage", "refused")
        self.loaded.append(str(ref))
        return super().load(ref)


@dataclass
class RecordingWatcher:
    """Records the events of the model in use; its clock is set by the test."""

    in_use: list[str] = field(default_factory=list)
    failures: int = 0
    now: float = 0.0

    def on_model_loaded(self, name: str, engine: str) -> None:
        self.in_use.append(f"{name} in {engine}")

    def on_model_refresh_failed(self) -> None:
        self.failures += 1

    def advance(self) -> None:
        self.now += REFRESH_S


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def registry(store: MemoryStore) -> SwitchableRegistry:
    """Version 1 is in production; version 2 exists."""
    registry = SwitchableRegistry(store)
    registry.promote(registry.register(tiny_model.draft(seed=1)), PRODUCTION)
    registry.register(tiny_model.draft(seed=2))
    registry.loaded.clear()
    return registry


@pytest.fixture
def watched() -> RecordingWatcher:
    return RecordingWatcher()


def promote(registry: SwitchableRegistry, version: int) -> None:
    registry.promote(ModelRef("tiny", version), PRODUCTION)
    registry.loaded.clear()


def current(
    registry: SwitchableRegistry, watched: RecordingWatcher, model: str = f"tiny@{PRODUCTION}"
) -> FollowedModel:
    settings = Settings(_env_file=None, model=model)
    assert settings.registry.refresh_seconds == REFRESH_S
    return FollowedModel(registry, settings, watched, clock=lambda: watched.now)


def test_the_promoted_version_is_in_use(registry: SwitchableRegistry, watched: RecordingWatcher) -> None:
    model = current(registry, watched)
    assert model().model == "tiny:1"
    assert watched.in_use == ["tiny:1 in numpy"]
    assert model().score(TEXTS).shape == (3,)


def test_the_registry_is_not_read_between_two_checks(
    registry: SwitchableRegistry, watched: RecordingWatcher
) -> None:
    model = current(registry, watched)
    scorer = model()
    promote(registry, 2)
    watched.now += REFRESH_S - 0.1
    assert model() is scorer


def test_an_alias_that_moves_is_followed_between_two_batches(
    registry: SwitchableRegistry, watched: RecordingWatcher
) -> None:
    model = current(registry, watched)
    before = model().score(TEXTS)
    promote(registry, 2)
    watched.advance()
    assert model().model == "tiny:2"
    assert not np.allclose(model().score(TEXTS), before)
    registry.rollback("tiny", PRODUCTION)
    watched.advance()
    np.testing.assert_array_equal(model().score(TEXTS), before)
    assert watched.in_use == ["tiny:1 in numpy", "tiny:2 in numpy", "tiny:1 in numpy"]
    assert watched.failures == 0


def test_an_unmoved_alias_causes_no_download(registry: SwitchableRegistry, watched: RecordingWatcher) -> None:
    model = current(registry, watched)
    registry.loaded.clear()
    for _ in range(5):
        watched.advance()
        model()
    assert registry.loaded == []


def test_a_fixed_version_stays(registry: SwitchableRegistry, watched: RecordingWatcher) -> None:
    model = current(registry, watched, "tiny:1")
    promote(registry, 2)
    watched.advance()
    assert model().model == "tiny:1"


def test_a_broken_version_leaves_the_old_one_in_use_and_is_tried_once(
    registry: SwitchableRegistry,
    store: MemoryStore,
    watched: RecordingWatcher,
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = current(registry, watched)
    promote(registry, 2)
    _tamper(store, 2)
    for _ in range(4):
        watched.advance()
        assert model().model == "tiny:1"
    assert watched.failures == 1
    assert registry.loaded == ["tiny:2"]
    (message,) = caplog.messages
    assert message.startswith("model tiny:1 stays in use: ")


def test_after_a_broken_version_a_good_one_is_loaded(
    registry: SwitchableRegistry, store: MemoryStore, watched: RecordingWatcher
) -> None:
    model = current(registry, watched)
    promote(registry, 2)
    _tamper(store, 2)
    watched.advance()
    model()
    registry.register(tiny_model.draft(seed=3))
    promote(registry, 3)
    watched.advance()
    assert model().model == "tiny:3"


def test_an_unavailable_registry_leaves_the_model_in_use(
    registry: SwitchableRegistry, watched: RecordingWatcher
) -> None:
    model = current(registry, watched)
    promote(registry, 2)
    registry.is_away = True
    for _ in range(3):
        watched.advance()
        assert model().model == "tiny:1"
    assert watched.failures == 3
    registry.is_away = False
    watched.advance()
    assert model().model == "tiny:2"


def test_a_slow_registry_takes_at_most_a_tenth_of_the_time(
    registry: SwitchableRegistry, watched: RecordingWatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = current(registry, watched)
    timeout_s = 2 * REFRESH_S
    checks = []

    def hang(text: str) -> ModelRef:
        checks.append(text)
        watched.now += timeout_s
        raise Retry("storage", "timed out")

    monkeypatch.setattr(registry, "resolve", hang)
    watched.advance()
    model()
    for _ in range(9):
        watched.now += timeout_s
        model()
    assert len(checks) == 1
    watched.now += timeout_s
    model()
    assert len(checks) == 2


def test_a_version_whose_download_failed_is_tried_again(
    registry: SwitchableRegistry, watched: RecordingWatcher
) -> None:
    """The registry was unavailable, so the version may be good."""
    model = current(registry, watched)
    promote(registry, 2)
    registry.loads_fail = True
    watched.advance()
    assert model().model == "tiny:1"
    registry.loads_fail = False
    watched.advance()
    assert model().model == "tiny:2"


def test_at_the_start_a_failure_is_raised(
    registry: SwitchableRegistry, store: MemoryStore, watched: RecordingWatcher
) -> None:
    with pytest.raises(Misconfigured, match="tiny@nowhere"):
        current(registry, watched, "tiny@nowhere")
    _tamper(store, 1)
    with pytest.raises(ModelRefused):
        current(registry, watched)
    registry.is_away = True
    with pytest.raises(Retry):
        current(registry, watched)
    assert watched.in_use == []


def _tamper(store: MemoryStore, version: int) -> None:
    store.put(f"tiny/versions/{version}/weights.safetensors", b"no weights")
