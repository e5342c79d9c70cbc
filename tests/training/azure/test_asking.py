from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import DependencyDown
from training.azure.asking import ask, collect, unanswered
from training.azure.cache import Cache
from training.azure.port import CHARACTERS, DOCUMENTS, NoOpinion, Opinion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from training.azure.port import Answer

GLAD = Opinion("positive", 0.98, 0.01, 0.01, "2022-11-01")
FAILED = NoOpinion("InternalServerError", "try again")


class Scripted:
    """Finds everything positive but texts with *fail*; goes away, or is interrupted, after ``patience`` requests."""

    def __init__(self, patience: int = 1_000, error: BaseException | None = None) -> None:
        self.batches: list[list[str]] = []
        self._patience = patience
        self._error = error or DependencyDown("gone")

    def analyse(self, texts: Sequence[str]) -> list[Answer]:
        if len(self.batches) == self._patience:
            raise self._error
        self.batches.append(list(texts))
        return [FAILED if "fail" in text else GLAD for text in texts]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache(tmp_path / "opinions.sqlite3", language="en", model_version="latest") as opened:
        yield opened


def tweets(count: int) -> list[str]:
    return [f"tweet {number}" for number in range(count)]


def unwatched(_answered: int) -> None:
    pass


def test_sends_batches_within_the_limit_and_tells_how_far_it_is(cache: Cache) -> None:
    service, answered = Scripted(), list[int]()
    ask(tweets(25), service, cache, answered.append)
    assert answered == [DOCUMENTS, DOCUMENTS, 5]
    assert [text for batch in service.batches for text in batch] == tweets(25)


def test_each_text_is_sent_once_and_none_that_would_be_refused(cache: Cache) -> None:
    cache.put({"known": GLAD})
    texts = ["a", "", "b", " ", "a", "known", "x" * (CHARACTERS + 1), "y" * CHARACTERS]
    assert unanswered(texts, cache) == ["a", "b", "y" * CHARACTERS]


@pytest.mark.parametrize("error", [DependencyDown("gone"), KeyboardInterrupt()])
def test_what_was_answered_before_the_end_is_not_asked_again(cache: Cache, error: BaseException) -> None:
    first, second = Scripted(patience=2, error=error), Scripted()
    with pytest.raises(type(error)):
        ask(unanswered(tweets(35), cache), first, cache, unwatched)
    ask(unanswered(tweets(35), cache), second, cache, unwatched)
    sent = [text for batch in first.batches + second.batches for text in batch]
    assert sorted(sent) == sorted(tweets(35))


def test_failures_are_told_kept_apart_and_asked_for_next_time(cache: Cache) -> None:
    failures = ask(["a", "fail b"], Scripted(), cache, unwatched)
    assert failures == {"fail b": FAILED}
    assert unanswered(["a", "fail b"], cache) == ["fail b"]


def test_answers_stand_beside_their_texts(cache: Cache) -> None:
    failures = ask(["a", "fail b"], Scripted(), cache, unwatched)
    answers = collect(["", "a", "fail b", "a", "never sent"], cache, failures)
    assert answers == [
        NoOpinion("EmptyText", "nothing is left of this tweet"),
        GLAD,
        FAILED,
        GLAD,
        NoOpinion("NotAsked", "it was not sent"),
    ]
