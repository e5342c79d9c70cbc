"""Reads the brand file, a YAML list, and validates each entry.

::

    - name: airparadis
      handles: [airparadis]
      hashtags: [airparadis]
      phrases:
        - air paradis
        - {term: paradis, in: [hashtags, handles, links], not: [paradis lost], near: [flight, airport]}

The format is described in docs/brands.md.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, TypeAlias

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from badbuzz.brands.folded_terms import fold_term, squeeze
from badbuzz.contracts.counters import ALL_BRANDS
from badbuzz.errors import Misconfigured, describe_problem, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from pydantic_core import ErrorDetails

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's C parser if it is installed: ten times as fast, which matters for ten thousand brands."""

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]
_Handle = Annotated[str, StringConstraints(pattern=r"^@?\w[\w.-]*$", max_length=254)]
_Hashtag = Annotated[str, StringConstraints(pattern=r"^#?\w+$", max_length=140)]
_Phrase = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"\w", max_length=280)]

Place: TypeAlias = Literal["hashtags", "handles", "links"]
SHORTEST_INSIDE: Final = 3
"""A shorter Latin term is inside of too many words: *hp* is in ``#php``."""


@dataclass(frozen=True, slots=True)
class TermOptions:
    """Options of a term: places in which it counts as part of a word, phrases that exclude it, phrases of which it needs one."""

    inside: frozenset[Place] = frozenset()
    exclusions: tuple[str, ...] = ()
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand: its name in counters and rows (``[a-z0-9_-]``), and the terms by which tweets mention it.

    Handles and hashtags are stored without ``@`` and ``#``. ``options`` has the options of those of :attr:`terms` that have any.
    """

    name: str
    handles: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    options: Mapping[str, TermOptions] = field(default_factory=dict)

    @property
    def terms(self) -> tuple[str, ...]:
        """All search terms, with the ``@`` of handles and the ``#`` of hashtags."""
        return (
            *(f"@{handle}" for handle in self.handles),
            *(f"#{hashtag}" for hashtag in self.hashtags),
            *self.phrases,
        )


class _Term(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    term: str
    inside: list[Place] = Field([], alias="in", min_length=1)
    exclusions: list[_Phrase] = Field([], alias="not", min_length=1)
    context: list[_Phrase] = Field([], alias="near", min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _read_plain_term(cls, value: object) -> object:
        """Read a term without options, which is a string, and compose its characters (NFC), as the patterns expect."""
        value = value if isinstance(value, dict) else {"term": value}
        term = value.get("term")
        return {**value, "term": unicodedata.normalize("NFC", term)} if isinstance(term, str) else value

    @model_validator(mode="after")
    def _check_useful(self) -> Self:
        term = fold_term(self.term)
        if not term.strip("@# "):
            raise ValueError("has only invisible characters")
        exclusions = [fold_term(phrase) for phrase in self.exclusions]
        context = [fold_term(phrase) for phrase in self.context]
        if term in exclusions:
            raise ValueError("'not' has the term itself, so it is never found")
        if term in context:
            raise ValueError("'near' has the term itself, so it requires nothing")
        if both := set(exclusions).intersection(context):
            raise ValueError(
                f"{min(both)!r} is both in 'not' and in 'near', so it does not help to find the term"
            )
        name = squeeze(term)
        if self.inside and name.isascii() and len(name) < SHORTEST_INSIDE:
            raise ValueError(
                f"'in' needs a term of at least {SHORTEST_INSIDE} letters and digits; a shorter one is inside of many words"
            )
        return self

    def to_options(self) -> TermOptions | None:
        options = TermOptions(frozenset(self.inside), tuple(self.exclusions), tuple(self.context))
        return None if options == TermOptions() else options


class _HandleTerm(_Term):
    term: _Handle


class _HashtagTerm(_Term):
    term: _Hashtag


class _PhraseTerm(_Term):
    term: _Phrase


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: _Name
    handles: list[_HandleTerm] = []
    hashtags: list[_HashtagTerm] = []
    phrases: list[_PhraseTerm] = []

    @field_validator("name")
    @classmethod
    def _check_not_reserved(cls, name: str) -> str:
        if name == ALL_BRANDS:
            raise ValueError(
                f"{ALL_BRANDS!r} is reserved for the counters of all tweets; choose another name"
            )
        return name

    @field_validator("handles", "hashtags", "phrases", mode="before")
    @classmethod
    def _check_no_empty_items(cls, terms: object) -> object:
        if isinstance(terms, list) and None in terms:
            raise ValueError(
                "an item is empty; in YAML # begins a comment, so write a hashtag without # or in quotes"
            )
        return terms

    @model_validator(mode="after")
    def _check_has_terms(self) -> Self:
        if not (self.handles or self.hashtags or self.phrases):
            raise ValueError("has no handles, hashtags or phrases, so no tweet can mention it")
        return self

    def to_brand(self) -> Brand:
        handles = {handle.term.removeprefix("@"): handle for handle in self.handles}
        hashtags = {hashtag.term.removeprefix("#"): hashtag for hashtag in self.hashtags}
        phrases = {phrase.term: phrase for phrase in self.phrases}
        signed: dict[str, _Term] = {f"@{name}": term for name, term in handles.items()}
        signed |= {f"#{name}": term for name, term in hashtags.items()}
        signed |= phrases
        options = {name: term.to_options() for name, term in signed.items()}
        return Brand(
            name=self.name,
            handles=tuple(handles),
            hashtags=tuple(hashtags),
            phrases=tuple(phrases),
            options={name: option for name, option in options.items() if option is not None},
        )


def read_brands(source: str | PathLike[str] | bytes) -> list[Brand]:
    """Read a brand file, given by path or as its content.

    :raises Misconfigured: if the file cannot be read, is not a YAML list, or has invalid entries. The message names each
        invalid entry by number (from 1) and name, with the field, its value, and what is expected.
    """
    where, content = (
        ("brands", source)
        if isinstance(source, bytes)
        else (f"brands file {str(source)!r}", _read_file(source))
    )
    entries = _parse(where, content)
    problems: list[str] = []
    brands: dict[str, Brand] = {}
    for number, value in enumerate(entries, 1):
        try:
            brand = _Entry.model_validate(value).to_brand()
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=False)
            problems += [f"{_label(number, value)}: {_describe(detail)}" for detail in details]
            continue
        if brand.name in brands:
            problems.append(f"{_label(number, value)}: an earlier entry has the same name; merge the two")
        brands[brand.name] = brand
    if problems:
        raise Misconfigured("\n".join(f"{where}: {problem}" for problem in problems))
    return list(brands.values())


def _read_file(path: str | PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Misconfigured(f"brands file {str(path)!r} cannot be read: {error.strerror}") from None


def _parse(where: str, content: bytes) -> list[Any]:
    try:
        entries = yaml.load(content, Loader=_LOADER)  # noqa: S506 - both loaders are the safe one
    except (yaml.YAMLError, ValueError) as error:
        raise Misconfigured(f"{where}: not YAML: {error}") from None
    if not isinstance(entries, list):
        raise Misconfigured(
            f"{where}: expected a list of brands (lines that begin with '- name:'), got {shorten(entries)}"
        )
    return entries


def _label(number: int, value: object) -> str:
    name = value.get("name") if isinstance(value, dict) else None
    return f"entry {number}" if name is None else f"entry {number} ({shorten(name)})"


def _describe(detail: ErrorDetails) -> str:
    if detail["type"] == "model_type":
        return f"expected a brand with a name and its terms (got {shorten(detail['input'])})"
    return describe_problem(detail, root="brand")
