"""What a service is that has opinions on texts: how it is asked, what it answers, and what it takes at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

LANGUAGE: Final = "en"
"""The language that all texts are said to be in."""

DOCUMENTS: Final = 10
"""Most texts per request: Azure's limit for sentiment."""

CHARACTERS: Final = 5_120
"""Most characters per text. Ten such, each character escaped as JSON may, stay below Azure's megabyte per request."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """The service's verdict (``positive``, ``neutral``, ``negative`` or ``mixed``) and its confidences, which sum to 1."""

    sentiment: str
    positive: float
    neutral: float
    negative: float
    model_version: str


@dataclass(frozen=True, slots=True)
class NoOpinion:
    """Why there is none: the service's code and message, or ours for what is not worth sending."""

    code: str
    message: str


Answer: TypeAlias = Opinion | NoOpinion


class Service(Protocol):
    """Whoever has opinions on texts."""

    def analyse(self, texts: Sequence[str]) -> list[Answer]:
        """Answer each of at most :data:`DOCUMENTS` texts, in their order.

        :raises DependencyDown: if the service stays away.
        :raises Misconfigured: if it refuses the key, the address or the request.
        """
