from __future__ import annotations

import pytest

from badbuzz.contracts.tweet import MAX_ID_CHARACTERS, MAX_TEXT_CHARACTERS, Tweet
from producer.files.tweet_file import find_problem

LONGEST: Tweet = {
    "id": "i" * (MAX_ID_CHARACTERS - 32),
    "text": "t" * (MAX_TEXT_CHARACTERS - 300),
    "author": "a" * 256,
    "lang": None,
}


def test_the_longest_tweet_can_be_sent() -> None:
    assert find_problem(LONGEST) is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": ""}, "the id is empty"),
        ({"text": ""}, "the text is empty"),
        ({"id": LONGEST["id"] + "i"}, "the id has 225 characters; at most 224 are allowed"),
        ({"text": LONGEST["text"] + "t"}, "the text has 24,701 characters; at most 24,700 are allowed"),
        ({"author": "a" * 257}, "the author has 257 characters; at most 256 are allowed"),
        ({"lang": "l" * 257}, "the lang has 257 characters; at most 256 are allowed"),
    ],
)
def test_problems_are_named(change: Tweet, problem: str) -> None:
    assert find_problem({**LONGEST, **change}) == problem
