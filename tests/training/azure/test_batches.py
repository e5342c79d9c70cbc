from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import DependencyDown
from training.azure.batches import analyse_texts, collect_answers, find_unanswered
from training.azure.cache import Cache
from training.azure.port import CHARACTERS, DOCUMENTS, DocumentFailure, SentimentResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from training.azure.port import Answer

GLAD = SentimentResult("positive", 0.98, 0.01, 0.01, "2022-11-01")
FAILED = DocumentFailure("InternalServerError", "try again")


class ScriptedService:
    """Calls every text positive but those with *fail*, and raises an error after a number of requests."""

    def __init__(self, requests: int = 1_000, error: BaseException | None = None) -> None:
        self.batches: list[list[str]] = []
        self._requests = requests
        self._error = error or DependencyDown("gone")

    def analyse(self, texts: Sequence[str]) -> list[Answer]:
        if len(self.batches) == self._requests:
            raise self._error
        self.batches.append(list(texts))
        return [FAILED if "fail" in text else GLAD for text in texts]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache(tmp_path / "opinions.sqlite3", language="en", model_version="latest") as opened:
        yield opened


def tweets(count: int) -> list[str]:
    return [f"tweet {number}" for number in range(count)]


def ignore(_sent: int) -> None:
    pass


def test_batches_stay_within_the_limit_and_progress_is_reported(cache: Cache) -> None:
    service, answered = ScriptedService(), list[int]()
    analyse_texts(tweets(25), service, cache, answered.append)
    assert answered == [DOCUMENTS, DOCUMENTS, 5]
    assert [text for batch in service.batches for text in batch] == tweets(25)


def test_each_text_is_sent_once_and_texts_that_would_be_refused_are_not(cache: Cache) -> None:
    cache.put({"known": GLAD})
    texts = ["a", "", "b", " ", "a", "known", "x" * (CHARACTERS + 1), "y" * CHARACTERS]
    assert find_unanswered(texts, cache) == ["a", "b", "y" * CHARACTERS]


@pytest.mark.parametrize("error", [DependencyDown("gone"), KeyboardInterrupt()])
def test_after_an_interruption_answered_texts_are_not_sent_again(cache: Cache, error: BaseException) -> None:
    first, second = ScriptedService(requests=2, error=error), ScriptedService()
    with pytest.raises(type(error)):
        analyse_texts(find_unanswered(tweets(35), cache), first, cache, ignore)
    analyse_texts(find_unanswered(tweets(35), cache), second, cache, ignore)
    sent = [text for batch in first.batches + second.batches for text in batch]
    assert sorted(sent) == sorted(tweets(35))


def test_failures_are_returned_and_sent_again_next_time(cache: Cache) -> None:
    failures = analyse_texts(["a", "fail b"], ScriptedService(), cache, ignore)
    assert failures == {"fail b": FAILED}
    assert find_unanswered(["a", "fail b"], cache) == ["fail b"]


def test_answers_are_in_the_order_of_the_texts(cache: Cache) -> None:
    failures = analyse_texts(["a", "fail b"], ScriptedService(), cache, ignore)
    answers = collect_answers(["", "a", "fail b", "a", "never sent"], cache, failures)
    assert answers == [
        DocumentFailure("EmptyText", "the tweet is empty after cleaning"),
        GLAD,
        FAILED,
        GLAD,
        DocumentFailure("NotAsked", "was not sent"),
    ]
