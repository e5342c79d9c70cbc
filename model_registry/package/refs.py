"""References to models: ``name:version`` is one version, ``name@alias`` is the version that the alias points to now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import StringConstraints

from badbuzz.errors import Misconfigured

_NAME: Final = r"[a-z][a-z0-9_-]{0,63}"

ModelName = Annotated[str, StringConstraints(pattern=rf"^{_NAME}$")]
"""Lower case, so that two names are never one folder on a case-insensitive file system; safe in paths and object keys."""

_REF: Final = re.compile(
    rf"(?P<name>{_NAME})(?::(?P<version>[1-9][0-9]{{0,8}})|@(?P<alias>{_NAME}))", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class ModelRef:
    """A version of a model. Versions never change."""

    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.name}:{self.version}"


@dataclass(frozen=True, slots=True, order=True)
class AliasRef:
    """An alias of a model, such as ``production``. Aliases move between versions."""

    name: str
    alias: str

    def __str__(self) -> str:
        return f"{self.name}@{self.alias}"


def is_ref(text: str) -> bool:
    """Return whether ``text`` is a reference rather than a path."""
    return _REF.fullmatch(text) is not None


def parse_ref(text: str) -> ModelRef | AliasRef:
    """Parse ``name:version`` or ``name@alias``.

    :raises Misconfigured: if ``text`` is neither.
    """
    found = _match(text)
    if found["alias"]:
        return AliasRef(found["name"], found["alias"])
    return ModelRef(found["name"], int(found["version"]))


def parse_alias(name: str, alias: str) -> AliasRef:
    """Return the reference to an alias of the model ``name``.

    :raises Misconfigured: if either is not a valid name.
    """
    found = _match(f"{name}@{alias}")
    return AliasRef(found["name"], found["alias"])


def _match(text: str) -> re.Match[str]:
    found = _REF.fullmatch(text)
    if found is None:
        raise Misconfigured(
            f"model {text!r}: expected name:version or name@alias, such as name@production "
            "(names and aliases are made of lower-case letters, digits, _ and -)"
        )
    return found
