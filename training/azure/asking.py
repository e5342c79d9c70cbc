"""Asking for what is not known yet, and keeping every answer before the next question."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from training.azure.port import CHARACTERS, DOCUMENTS, NoOpinion, Opinion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from training.azure.cache import Cache
    from training.azure.port import Answer, Service

Failures: TypeAlias = "Mapping[str, NoOpinion]"


def unanswered(texts: Iterable[str], cache: Cache) -> list[str]:
    """Pick the texts that must be sent: each once, none that the service would refuse, none that is known."""
    return [text for text in dict.fromkeys(texts) if not _unfit(text) and cache.get(text) is None]


def ask(texts: Sequence[str], service: Service, cache: Cache, watch: Callable[[int], None]) -> Failures:
    """Send ``texts``, keep the opinions in ``cache``, and tell of which texts there are none.

    ``watch`` is told after each request how many texts it held. If this is stopped in any way, what was answered
    before is kept; the texts of the request under way may be charged once more when they are asked for again.

    :raises DependencyDown: if the service stays away.
    :raises Misconfigured: if it refuses the key, the address or the requests.
    """
    failures: dict[str, NoOpinion] = {}
    for start in range(0, len(texts), DOCUMENTS):
        batch = texts[start : start + DOCUMENTS]
        answers = dict(zip(batch, service.analyse(batch), strict=True))
        cache.put({text: answer for text, answer in answers.items() if isinstance(answer, Opinion)})
        failures |= {text: answer for text, answer in answers.items() if isinstance(answer, NoOpinion)}
        watch(len(batch))
    return failures


def collect(texts: Iterable[str], cache: Cache, failures: Failures) -> list[Answer]:
    """Put the answers beside the texts, in their order."""
    return [
        _unfit(text) or cache.get(text) or failures.get(text) or NoOpinion("NotAsked", "it was not sent")
        for text in texts
    ]


def _unfit(text: str) -> NoOpinion | None:
    if not text.strip():
        return NoOpinion("EmptyText", "nothing is left of this tweet")
    if len(text) > CHARACTERS:
        return NoOpinion("TooLong", f"{len(text):,} characters; the service takes {CHARACTERS:,}")
    return None
