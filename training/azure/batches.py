"""Send texts to the service in batches. Each batch's answers are in the cache before the next is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from training.azure.port import CHARACTERS, DOCUMENTS, DocumentFailure, SentimentResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from training.azure.cache import Cache
    from training.azure.port import Answer, SentimentService

Failures: TypeAlias = "Mapping[str, DocumentFailure]"


def find_unanswered(texts: Iterable[str], cache: Cache) -> list[str]:
    """Return each text once, without those that the service would refuse and those in the cache."""
    return [text for text in dict.fromkeys(texts) if not _refuse(text) and cache.get(text) is None]


def analyse_texts(
    texts: Sequence[str], service: SentimentService, cache: Cache, progress: Callable[[int], None]
) -> Failures:
    """Send ``texts``, store the results in ``cache``, and return the failures.

    ``progress`` is called after each request with its number of texts. After an interruption at any point, all answers so
    far are in the cache; the texts of the request in flight may be charged again when they are sent again.

    :raises DependencyDown: if the service is unavailable.
    :raises Misconfigured: if the service refuses the key, the address or the request.
    """
    failures: dict[str, DocumentFailure] = {}
    for start in range(0, len(texts), DOCUMENTS):
        batch = texts[start : start + DOCUMENTS]
        answers = dict(zip(batch, service.analyse(batch), strict=True))
        cache.put({text: answer for text, answer in answers.items() if isinstance(answer, SentimentResult)})
        failures |= {text: answer for text, answer in answers.items() if isinstance(answer, DocumentFailure)}
        progress(len(batch))
    return failures


def collect_answers(texts: Iterable[str], cache: Cache, failures: Failures) -> list[Answer]:
    """Return the answer for each text, in their order."""
    return [
        _refuse(text) or cache.get(text) or failures.get(text) or DocumentFailure("NotAsked", "was not sent")
        for text in texts
    ]


def _refuse(text: str) -> DocumentFailure | None:
    """Return the failure of a text that the service would refuse."""
    if not text.strip():
        return DocumentFailure("EmptyText", "the tweet is empty after cleaning")
    if len(text) > CHARACTERS:
        return DocumentFailure("TooLong", f"{len(text):,} characters; the service takes {CHARACTERS:,}")
    return None
