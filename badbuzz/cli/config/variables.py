"""The environment variables of all settings, and those that no setting reads."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Final, get_args

from pydantic import BaseModel

from badbuzz.settings.env_file import read_env_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_settings import BaseSettings

PREFIX: Final = "BADBUZZ_"
_TYPO_CUTOFF: Final = 0.75
"""Minimum similarity of a misspelt name. With a lower one, BADBUZZ_SHARED would count as BADBUZZ_SCORED."""
_PART_CUTOFF: Final = 0.85
"""The same for a part of a name, which is shorter."""
_PREFIX_CUTOFF: Final = 0.8
"""Minimum similarity of a misspelt prefix."""
_PREFIX_LENGTHS: Final = range(4, 12)

_OTHER: Final = frozenset({"BADBUZZ_SHARED", "BADBUZZ_KAFKA_CACHE"})
"""Variables of the test suite; so are all that begin with ``BADBUZZ_TEST_``."""
_KUBERNETES: Final = re.compile(
    r"BADBUZZ(_\w+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_\w+)?)"
)
"""Variables that Kubernetes sets for a service whose name begins with ``badbuzz``; also ``…_PORT=tcp://…``."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A setting's environment variable, the setting's value, and whether the value was given."""

    name: str
    field: FieldInfo
    value: object
    is_set: bool


@dataclass(frozen=True, slots=True)
class UnknownVariable:
    """A variable with our prefix, or a similar one, that no setting reads. ``meant`` is the most similar name of a setting."""

    name: str
    meant: str | None
    is_ours: bool
    """Whether the name can only be meant for Bad Buzz; others may belong to other programs."""

    def __str__(self) -> str:
        question = f"; did you mean {self.meant}?" if self.meant else "; `badbuzz config show` lists all"
        return f"{self.name}: no setting has this name{question}"


@cache
def list_settings_classes() -> tuple[type[BaseSettings], ...]:
    """Return the classes of all settings: the general ones, those of live streams, and those of Azure."""
    from badbuzz.cli.produce.live import LiveSettings
    from badbuzz.settings import Settings
    from training.azure.settings import AzureSettings

    return Settings, LiveSettings, AzureSettings


def list_variables(section: BaseModel, prefix: str) -> Iterator[Variable]:
    """Yield the variables of a section and of the sections in it."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        variable = prefix + name.upper()
        if isinstance(value, BaseModel):
            yield from list_variables(value, f"{variable}__")
        else:
            yield Variable(variable, field, value, name in section.model_fields_set)


@cache
def list_names() -> frozenset[str]:
    """Return the name of every variable that a setting reads, those of whole sections included."""
    return frozenset(
        name
        for settings in list_settings_classes()
        for name in _list_names(settings, str(settings.model_config["env_prefix"]))
    )


def find_unknown(environment: Mapping[str, str] | None = None) -> list[UnknownVariable]:
    """Find variables that no setting reads, in the environment and in ``.env``: with our prefix, or one that is similar.

    Without this, a misspelt variable would be ignored silently.
    """
    given = {
        name.upper(): value
        for name, value in {
            **_read_env_file(),
            **(os.environ if environment is None else environment),
        }.items()
    }
    found = []
    for name, value in sorted(given.items()):
        has_prefix = name.startswith(PREFIX)
        bare = name.removeprefix(PREFIX) if has_prefix else _strip_similar_prefix(name)
        if not bare or name in list_names() or _is_foreign(PREFIX + bare, value):
            continue
        unknown = _explain(name, bare)
        if has_prefix or unknown.is_ours:
            found.append(unknown)
    return found


def _strip_similar_prefix(name: str) -> str:
    """Return what follows a misspelt prefix, as in ``BADBUZ_BRANDS`` and ``BADBUZZBRANDS``; empty if the prefix is another."""
    leads = [name[:length] for length in _PREFIX_LENGTHS if length < len(name)]
    similarity = {lead: _compare(re.sub(r"[^A-Z0-9]", "", lead), PREFIX.strip("_")) for lead in leads}
    best = max(leads, key=lambda lead: (similarity[lead], len(lead)), default="")
    if not best or similarity[best] < _PREFIX_CUTOFF:
        return ""
    return re.sub(r"^[^A-Z0-9]+", "", name[len(best) :])


def _compare(text: str, other: str) -> float:
    return SequenceMatcher(None, text, other).ratio()


def _explain(name: str, bare: str) -> UnknownVariable:
    known = {each.removeprefix(PREFIX): each for each in sorted(list_names())}
    meant = (
        [each for each in known if each == bare]
        or [each for each in known if each.rpartition("__")[2] == bare]
        or get_close_matches(bare, known, n=1, cutoff=_TYPO_CUTOFF)
        or _find_within(bare, known)
    )
    if not meant:
        return UnknownVariable(name, None, (PREFIX + bare).partition("__")[0] in _list_sections())
    return UnknownVariable(
        name, None if known[meant[0]] in _list_sections() else known[meant[0]], is_ours=True
    )


def _find_within(bare: str, known: Iterable[str]) -> list[str]:
    """Return the longest setting with whose name, or a similar one, ``bare`` begins or ends, as in ``BRANDS_FILE``."""
    words = bare.split("_")
    parts = [
        "_".join(part) for count in range(len(words) - 1, 0, -1) for part in (words[:count], words[-count:])
    ]
    return next(
        (found for part in parts if (found := get_close_matches(part, known, n=1, cutoff=_PART_CUTOFF))), []
    )


def _is_foreign(name: str, value: str) -> bool:
    if name in _OTHER or name.startswith("BADBUZZ_TEST_") or re.fullmatch(_KUBERNETES, name):
        return True
    return name.endswith("_PORT") and value.startswith(("tcp://", "udp://", "sctp://"))


def _list_names(section: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in section.model_fields.items():
        yield prefix + name.upper()
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _list_names(kind, f"{prefix}{name.upper()}__")


@cache
def _list_sections() -> frozenset[str]:
    return frozenset(name.partition("__")[0] for name in list_names() if "__" in name)


def _read_env_file() -> dict[str, str]:
    """Return the lines of ``.env`` in the working folder; none if there is no such file, or if it cannot be read.

    Loading the settings reports a file that cannot be read or parsed.
    """
    try:
        variables, _ = read_env_file()
    except (OSError, UnicodeDecodeError):
        return {}
    return {name: value or "" for name, value in variables.items()}
