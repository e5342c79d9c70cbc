"""The interface of a file of tweets for a replay, and the limits of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from badbuzz.contracts.tweet import MAX_ID_CHARACTERS, MAX_TEXT_CHARACTERS

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator, Mapping

    from badbuzz.contracts.tweet import Tweet
    from badbuzz.labelled.columns import Label
    from producer.rejected_rows import RejectedRow


class TweetFile(Protocol):
    """A file of tweets that can be read at several places at once, in bounded memory."""

    def count_rows(self) -> Mapping[Label, int]:
        """Return the number of rows of each class that occurs."""

    def read_tweets(self, label: Label, start: int = 0) -> Iterator[Tweet | RejectedRow]:
        """Yield the rows of one class in the order of the file, without ``created_at``, from number ``start`` (from 0) on."""

    def read_dates(self) -> array[int]:
        """Return the dates of all rows that have one: milliseconds since 1970, ascending."""

    def close(self) -> None:
        """Release files and memory."""


def find_problem(tweet: Tweet) -> str | None:
    """Return the reason why a tweet cannot be sent, or None."""
    if not tweet["id"]:
        return "the id is empty"
    if not tweet["text"]:
        return "the text is empty"
    for name, limit in _MAX_CHARACTERS.items():
        length = len(tweet.get(name) or "")  # type: ignore[arg-type] # all four fields are strings
        if length > limit:
            return f"the {name} has {length:,} characters; at most {limit:,} are allowed"
    return None


_MAX_CHARACTERS: Final = {
    "id": MAX_ID_CHARACTERS - 32,
    "text": MAX_TEXT_CHARACTERS - 300,
    "author": 256,
    "lang": 256,
}
"""A replay adds a round and a crisis to the id, and a brand to the text. No network allows authors or languages of more than
256 characters: in such a row the columns are shifted."""
