from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import obstore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.clients.storage import open_store
from badbuzz.errors import BadBuzzError, DataRefused, Misconfigured, Retry
from model_registry.package.refs import AliasRef, ModelRef
from model_registry.store.aliases import Aliases
from model_registry.store.objects import Objects
from model_registry.store.registry import Registry
from tests.model_registry import tiny_model

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PRODUCTION = AliasRef("tiny", "production")


def version_of(aliases: Aliases) -> int | None:
    move = aliases.current(PRODUCTION)
    return move.version if move else None


def test_promote_and_roll_back(registry: Registry) -> None:
    for seed in (1, 2, 3):
        registry.register(tiny_model.draft(seed=seed))
    for version in (1, 3, 2):
        registry.promote(ModelRef("tiny", version), "production")
    assert registry.rollback("tiny", "production") == ModelRef("tiny", 3)
    assert registry.resolve("tiny@production") == ModelRef("tiny", 3)
    assert registry.rollback("tiny", "production") == ModelRef("tiny", 1)
    with pytest.raises(
        Misconfigured, match="points to its first version, tiny:1; there is nothing to roll back"
    ):
        registry.rollback("tiny", "production")
    moves = registry.history("tiny")["production"]
    assert [(move.action, move.version) for move in moves] == [
        ("promote", 1),
        ("promote", 3),
        ("promote", 2),
        ("rollback", 3),
        ("rollback", 1),
    ]


def test_an_alias_that_was_never_set_cannot_be_rolled_back(registry: Registry) -> None:
    with pytest.raises(Misconfigured, match="tiny@production was never set"):
        registry.rollback("tiny", "production")


def test_a_missing_version_is_not_promoted(registry: Registry) -> None:
    with pytest.raises(Misconfigured, match="tiny:1"):
        registry.promote(ModelRef("tiny", 1), "production")
    assert registry.history("tiny") == {}


@pytest.mark.parametrize("alias", ["", "..", "a/b", "Production", "a@b"])
def test_a_bad_alias_is_refused(registry: Registry, alias: str) -> None:
    ref = registry.register(tiny_model.draft())
    with pytest.raises(Misconfigured, match="lower-case"):
        registry.promote(ref, alias)


@given(st.lists(st.one_of(st.integers(1, 5), st.just("back")), max_size=30))
def test_an_alias_is_a_stack_of_promotions(moves: list[int | str]) -> None:
    aliases = Aliases(Objects(open_store("memory://")))
    stack: list[int] = []
    for move in moves:
        if isinstance(move, int):
            aliases.promote(PRODUCTION, move)
            stack.append(move)
        elif len(stack) > 1:
            stack.pop()
            assert aliases.rollback(PRODUCTION).version == stack[-1]
        else:
            with pytest.raises(Misconfigured):
                aliases.rollback(PRODUCTION)
        assert version_of(aliases) == (stack[-1] if stack else None)
    assert [entry.number for entry in aliases.history(PRODUCTION)] == list(
        range(1, len(aliases.history(PRODUCTION)) + 1)
    )


def test_concurrent_promotions_are_put_in_an_order(racing_store: ObjectStore) -> None:
    rivals = 8
    with ThreadPoolExecutor(rivals) as pool:
        list(
            pool.map(
                lambda version: Aliases(Objects(racing_store)).promote(PRODUCTION, version),
                range(1, rivals + 1),
            )
        )
    aliases = Aliases(Objects(racing_store))
    history = aliases.history(PRODUCTION)
    assert [move.number for move in history] == list(range(1, rivals + 1))
    assert {move.version for move in history} == set(range(1, rivals + 1))
    assert version_of(aliases) == history[-1].version


def test_concurrent_rollbacks_undo_one_promotion_each_or_raise(
    racing_store: ObjectStore,
) -> None:
    versions = 12
    for version in range(1, versions + 1):
        Aliases(Objects(racing_store)).promote(PRODUCTION, version)

    def roll_back(_: int) -> bool:
        try:
            Aliases(Objects(racing_store)).rollback(PRODUCTION)
        except Retry:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        undone = sum(pool.map(roll_back, range(8)))
    assert undone >= 1
    assert version_of(Aliases(Objects(racing_store))) == versions - undone


def test_a_rollback_after_a_concurrent_move_changes_nothing(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    aliases = Aliases(Objects(store))
    for version in (1, 2):
        aliases.promote(PRODUCTION, version)
    seen = aliases.current(PRODUCTION)
    aliases.promote(PRODUCTION, 3)
    monkeypatch.setattr(aliases, "current", lambda _: seen)
    with pytest.raises(Retry, match="moved by another process"):
        aliases.rollback(PRODUCTION)
    assert version_of(Aliases(Objects(store))) == 3


def test_readers_see_the_old_or_the_new_version(racing_store: ObjectStore) -> None:
    aliases = Aliases(Objects(racing_store))
    aliases.promote(PRODUCTION, 1)

    def read(_: int) -> int | None:
        return version_of(Aliases(Objects(racing_store)))

    with ThreadPoolExecutor(4) as pool:
        readings = [pool.submit(read, turn) for turn in range(200)]
        for version in range(2, 20):
            aliases.promote(PRODUCTION, version)
        seen = [reading.result() for reading in readings]
    assert None not in seen
    assert set(seen) <= set(range(1, 20))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "not a move of an alias"),
        (
            b'{"number":1,"action":"promote","version":0,"undone_to":null,"at":"2026-01-01T00:00:00Z"}',
            "not a move",
        ),
        (
            b'{"number":7,"action":"promote","version":1,"undone_to":null,"at":"2026-01-01T00:00:00Z"}',
            "move 7",
        ),
        (b" " * 5_000, "at most"),
    ],
)
def test_a_damaged_alias_is_refused_and_can_be_set_again(
    store: ObjectStore, content: bytes, reason: str
) -> None:
    obstore.put(store, "tiny/aliases/production/00000001.json", content)
    registry = Registry(store)
    with pytest.raises(BadBuzzError, match=reason):
        registry.resolve("tiny@production")
    ref = registry.register(tiny_model.draft())
    registry.promote(ref, "production")
    assert registry.resolve("tiny@production") == ref


def test_foreign_objects_are_not_moves(store: ObjectStore) -> None:
    aliases = Aliases(Objects(store))
    aliases.promote(PRODUCTION, 1)
    obstore.put(store, "tiny/aliases/production/README", b"")
    obstore.put(store, "tiny/aliases/production/x.json", b"")
    assert version_of(aliases) == 1


def test_a_missing_move_is_reported(store: ObjectStore) -> None:
    aliases = Aliases(Objects(store))
    for version in (1, 2):
        aliases.promote(PRODUCTION, version)
    obstore.delete(store, "tiny/aliases/production/00000001.json")
    with pytest.raises(DataRefused, match="move 1 of tiny@production is missing"):
        aliases.rollback(PRODUCTION)


def test_a_lost_answer_of_the_store_does_not_move_the_alias_twice(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = Objects(store)
    create = objects.create
    monkeypatch.setattr(objects, "create", lambda path, content: create(path, content) and False)
    aliases = Aliases(objects)
    aliases.promote(PRODUCTION, 1)
    aliases.promote(PRODUCTION, 2)
    aliases.rollback(PRODUCTION)
    assert [move.version for move in Aliases(Objects(store)).history(PRODUCTION)] == [1, 2, 1]
