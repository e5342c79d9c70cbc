"""The port of a sentiment service: its request, its answers, and its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

LANGUAGE: Final = "en"
"""The language given for all texts."""

DOCUMENTS: Final = 10
"""Maximum texts per request: Azure's limit for sentiment analysis."""

CHARACTERS: Final = 5_120
"""Maximum characters per text. Ten such texts, with every character escaped in JSON, stay below Azure's limit of one megabyte
per request."""


@dataclass(frozen=True, slots=True)
class SentimentResult:
    """The service's label (``positive``, ``neutral``, ``negative`` or ``mixed``) and its confidences, which sum to 1."""

    sentiment: str
    positive: float
    neutral: float
    negative: float
    model_version: str


@dataclass(frozen=True, slots=True)
class DocumentFailure:
    """Why a text has no result: the service's code and message, or our own for a text that is not sent."""

    code: str
    message: str


Answer: TypeAlias = SentimentResult | DocumentFailure


class SentimentService(Protocol):
    """A service that finds the sentiment of texts."""

    def analyse(self, texts: Sequence[str]) -> list[Answer]:
        """Return the answer for each of at most :data:`DOCUMENTS` texts, in their order.

        :raises DependencyDown: if the service is unavailable.
        :raises Misconfigured: if the service refuses the key, the address or the request.
        """
