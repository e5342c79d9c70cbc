"""What a replay needs of a file of tweets, whatever its format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from badbuzz.tweet import MAX_ID_CHARACTERS, MAX_TEXT_CHARACTERS

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator, Mapping

    from badbuzz.tweet import Tweet
    from producer.rejected import RowRejected

Label = Literal[0, 1] | None
"""A row's class: 0 negative, 1 positive, None for everything else (neutral, unlabelled, malformed)."""


class TweetFile(Protocol):
    """A file of tweets that can be read from several places at once, in bounded memory."""

    def sizes(self) -> Mapping[Label, int]:
        """Number of rows of each class that has any."""

    def tweets(self, label: Label, start: int = 0) -> Iterator[Tweet | RowRejected]:
        """The rows of one class in the file's order, without ``created_at``, from its ``start``-th on."""

    def dates(self) -> array[int]:
        """When its tweets were written, as far as their rows say so: milliseconds since 1970, ascending."""

    def close(self) -> None:
        """Give up files and memory."""


def problem_of(tweet_id: str, text: str) -> str | None:
    """What makes a tweet of this id and text impossible to send, or None."""
    if not tweet_id:
        return "the id is empty"
    if len(tweet_id) > MAX_ID_CHARACTERS:
        return f"the id has {len(tweet_id)} characters; at most {MAX_ID_CHARACTERS} are allowed"
    if not text:
        return "the text is empty"
    if len(text) > MAX_TEXT_CHARACTERS:
        return f"the text has {len(text)} characters; at most {MAX_TEXT_CHARACTERS} are allowed"
    return None
