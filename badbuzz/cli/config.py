"""``badbuzz config``: shows and checks the settings."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

import click
from pydantic import BaseModel, SecretStr

from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_settings import EnvSettingsSource

    from badbuzz.settings import Settings

_PREFIX = "BADBUZZ_"
_MASK = "***"
_TYPO_CUTOFF = 0.75
"""Minimum similarity of a misspelt name. With a lower one, BADBUZZ_SHARED would count as BADBUZZ_SCORED."""


@click.group(
    epilog="Each setting is an environment variable, or a line of the file .env in the working directory."
)
def command() -> None:
    """Show the settings, or check them."""


@command.command(short_help="Print the settings, with secrets masked.")
def show() -> None:
    """Print each setting as a line of .env, with its origin. Secrets are masked.

    The settings of live streams and of Azure are not printed.
    """
    from pydantic_settings import EnvSettingsSource

    from badbuzz.settings import load_settings

    settings = load_settings()
    environment = _list_names(EnvSettingsSource(type(settings)))
    lines = []
    for variable, value, given in _list_variables(settings):
        by_environment = {variable, variable.split("__", maxsplit=1)[0]} & environment
        origin = ("environment" if by_environment else ".env") if given else "default"
        lines.append((f"{'#' if value is None else ''}{variable}={_format_value(value)}", origin))
    width = max(len(line) for line, _ in lines)
    for line, origin in lines:
        click.echo(f"{line:<{width}}  # {origin}")


@command.command(short_help="Report wrong settings; exit 78 if there are any.")
def check() -> None:
    """Report each setting that is wrong, misspelt, or names a wrong file; exit 78 if there are any.

    This does not connect to Kafka, Redis or the storage.
    """
    from badbuzz.settings import load_settings

    settings = load_settings()
    problems = [*_find_misspelt(settings), *_find_unusable(settings)]
    if problems:
        raise Misconfigured("\n".join(problems))
    click.echo("The settings are correct.")


def _list_variables(section: BaseModel, prefix: str = _PREFIX) -> Iterator[tuple[str, object, bool]]:
    """Yield each setting's variable, its value, and whether it was set."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        variable = prefix + name.upper()
        if isinstance(value, BaseModel):
            yield from _list_variables(value, f"{variable}__")
        else:
            yield variable, value, name in section.model_fields_set


def _format_value(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        secret = value.get_secret_value()
        return _mask_password(secret) if "://" in secret else _MASK
    return _mask_password(value) if isinstance(value, str) and "://" in value else str(value)


def _mask_password(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return _MASK
    credentials, at, host = parts.netloc.rpartition("@")
    user, colon, _ = credentials.partition(":")
    query = [(name, _MASK if "password" in name.lower() else value) for name, value in parse_qsl(parts.query)]
    masked = f"{user}{colon}{_MASK if colon else ''}{at}{host}"
    return parts._replace(netloc=masked, query=urlencode(query, safe="*/:")).geturl()


def _find_misspelt(settings: Settings) -> Iterator[str]:
    """Find misspelt variables, which would be ignored silently."""
    from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

    known = {variable.removeprefix(_PREFIX) for variable, _, _ in _list_variables(settings)}
    known |= {section.upper() for section in type(settings).model_fields}
    given = _list_names(EnvSettingsSource(type(settings))) | _list_names(DotEnvSettingsSource(type(settings)))
    for variable in sorted(given):
        name = variable.removeprefix(_PREFIX)
        if name == variable or name in known:
            continue
        if meant := get_close_matches(name, known, n=1, cutoff=_TYPO_CUTOFF):
            yield f"{variable}: no setting has this name; did you mean {_PREFIX}{meant[0]}?"


def _list_names(source: EnvSettingsSource) -> set[str]:
    return {name.upper() for name in source.env_vars}


def _find_unusable(settings: Settings) -> Iterator[str]:
    from redis import Redis

    from badbuzz.brands import read_brands
    from model_registry.scoring.sentence_encoder import SentenceEncoder

    if settings.brands is not None:
        try:
            read_brands(settings.brands)
        except Misconfigured as error:
            yield f"{_PREFIX}BRANDS: {error}"
    if settings.encoder is not None:
        try:
            SentenceEncoder(settings.encoder)
        except Misconfigured as error:
            yield f"{_PREFIX}ENCODER: {error}"
    url = settings.redis.url.get_secret_value()
    try:
        Redis.from_url(url)
    except ValueError as error:
        yield f"{_PREFIX}REDIS__URL: {error} (got {_mask_password(url)!r})"
