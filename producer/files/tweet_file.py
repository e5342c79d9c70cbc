"""What a replay needs of a file of tweets, whatever its format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from badbuzz.contracts.tweet import MAX_ID_CHARACTERS, MAX_TEXT_CHARACTERS

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator, Mapping

    from badbuzz.contracts.tweet import Tweet
    from badbuzz.labelled.labels import Label
    from producer.rejected_rows import RejectedRow


class TweetFile(Protocol):
    """A file of tweets that can be read from several places at once, in bounded memory."""

    def count_rows(self) -> Mapping[Label, int]:
        """Number of rows of each class that has any."""

    def read_tweets(self, label: Label, start: int = 0) -> Iterator[Tweet | RejectedRow]:
        """The rows of one class in the file's order, without ``created_at``, from its ``start``-th on."""

    def read_dates(self) -> array[int]:
        """When its tweets were written, as far as their rows say so: milliseconds since 1970, ascending."""

    def close(self) -> None:
        """Give up files and memory."""


_LONGEST_ID: Final = MAX_ID_CHARACTERS - 32
_LONGEST_TEXT: Final = MAX_TEXT_CHARACTERS - 300
"""Room for what a replay adds: the round and the crisis to the id, a brand to the text."""

_LONGEST_NAME: Final = 256
"""Far above what any network allows: a longer author or language is a row whose columns have slipped."""


def find_problem(tweet: Tweet) -> str | None:
    """What makes a tweet impossible to send, or None."""
    if not tweet["id"]:
        return "the id is empty"
    if not tweet["text"]:
        return "the text is empty"
    for name, longest in _LONGEST:
        length = len(tweet.get(name) or "")  # type: ignore[arg-type] # four fields of text
        if length > longest:
            return f"the {name} has {length:,} characters; at most {longest:,} are allowed"
    return None


_LONGEST: Final = (
    ("id", _LONGEST_ID),
    ("text", _LONGEST_TEXT),
    ("author", _LONGEST_NAME),
    ("lang", _LONGEST_NAME),
)
