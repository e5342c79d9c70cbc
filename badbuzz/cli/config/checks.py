"""The checks of ``badbuzz config check``: what can be checked without a network, and with ``--connect`` the dependencies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click

from badbuzz.cli.config.variables import PREFIX, find_unknown, list_settings_classes
from badbuzz.errors import BadBuzzError, DataRefused, DependencyDown, Misconfigured, Retry
from badbuzz.settings import Settings, load_as, load_settings
from badbuzz.settings.env_file import ENV_FILE, check_env_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_WIDTH: Final = 8
_BY_URGENCY: Final = (Misconfigured.exit_code, DataRefused.exit_code, DependencyDown.exit_code)


@dataclass(frozen=True, slots=True)
class Check:
    """One check. ``run`` returns what was found to be right; it raises an error, or returns None if there is nothing to check."""

    name: str
    run: Callable[[], str | None]


def run_checks(list_more_checks: Callable[[Settings], Iterable[Check]] = lambda _settings: ()) -> int:
    """Run all checks and print a line for each. Return the exit code: 0, or that of the most lasting problem.

    :param list_more_checks: checks to run after those of this module, if all settings are valid.
    """
    codes = {_report(check) for check in list_setting_checks()}
    if codes <= {0}:
        settings = load_settings()
        codes |= {_report(check) for check in (*list_file_checks(settings), *list_more_checks(settings))}
    code = next((code for code in _BY_URGENCY if code in codes), max(codes))
    click.echo("The settings are correct." if code == 0 else f"Something is wrong (exit code {code}).")
    return code


def _report(check: Check) -> int:
    try:
        found = check.run()
    except BadBuzzError as error:
        for line in str(error).splitlines():
            click.echo(f"{'WRONG':<{_WIDTH}}{check.name}: {line}")
        return DependencyDown.exit_code if isinstance(error, Retry) else error.exit_code
    if found is not None:
        click.echo(f"{'ok':<{_WIDTH}}{check.name}: {found}")
    return 0


def list_setting_checks() -> Iterator[Check]:
    """Yield the checks of names and values. If ``.env`` cannot be parsed, no value is known."""
    yield Check("names", _check_names)
    try:
        check_env_file(PREFIX)
    except Misconfigured:
        yield Check(ENV_FILE, lambda: check_env_file(PREFIX))
        return
    except (OSError, UnicodeDecodeError):
        pass  # reported with the values
    for kind in list_settings_classes():
        yield Check(kind.__name__, lambda kind=kind: _check_values(kind))  # type: ignore[misc]


def list_file_checks(settings: Settings) -> Iterator[Check]:
    """Yield the checks of the files, folders and the model that the settings name."""
    yield Check("kafka", lambda: _check_kafka(settings))
    yield Check("redis", lambda: _check_redis(settings))
    yield Check(f"{PREFIX}SCORED__URL", lambda: _check_scored(settings))
    yield Check(f"{PREFIX}REGISTRY__URL", lambda: _check_storage(settings.registry.url))
    yield Check(f"{PREFIX}MODEL", lambda: _check_model(settings))
    yield Check(f"{PREFIX}BRANDS", lambda: _check_brands(settings))
    yield Check(f"{PREFIX}ENCODER", lambda: _check_encoder(settings))


def is_local(url: str) -> bool:
    """Return whether a storage's URL is a folder of this machine."""
    return urlsplit(url).scheme in {"", "file"}


def _check_names() -> str:
    unknown = find_unknown()
    wrong = [variable for variable in unknown if variable.is_ours]
    for variable in unknown:
        if variable not in wrong:
            click.echo(f"{'note':<{_WIDTH}}{variable}")
    if wrong:
        raise Misconfigured("\n".join(map(str, wrong)))
    return "each variable has the name of a setting"


def _check_values(kind: type) -> str:
    load_as(kind)
    return "values and their combinations are valid"


def _check_kafka(settings: Settings) -> str:
    from badbuzz.clients.kafka_client import build_client_options

    build_client_options(settings.kafka, "badbuzz-check")
    return f"{settings.kafka.bootstrap} by {settings.kafka.security_protocol}"


def _check_redis(settings: Settings) -> str:
    from badbuzz.clients.redis_client import connect_redis

    connect_redis(settings.redis).close()
    return settings.redis.url.mask()


def _check_scored(settings: Settings) -> str:
    from badbuzz.clients.scored_store import check_scored_urls

    url = settings.scored.url
    chain_url = check_scored_urls(url, settings.scored.chain_url)
    found = _check_storage(url, is_written=True)
    if chain_url != url:
        _check_storage(chain_url, is_written=True)
    return found


def _check_storage(url: str, *, is_written: bool = False) -> str:
    from badbuzz.clients.scored_store import find_existing
    from badbuzz.clients.storage import open_store

    if not is_local(url):
        open_store(url)  # without a request
        return url
    folder = Path(url.removeprefix("file://")).expanduser().absolute()
    existing = find_existing(folder)
    if not existing.is_dir():
        raise Misconfigured(f"{str(folder)!r} cannot be a folder: {str(existing)!r} is a file")
    is_written = is_written or existing != folder
    if is_written and _is_kernel_folder(existing):
        raise Misconfigured(f"{str(folder)!r} cannot be a folder: {str(existing)!r} belongs to the kernel")
    if not os.access(existing, os.R_OK | os.X_OK | (os.W_OK if is_written else 0)):
        raise Misconfigured(f"{str(folder)!r}: no permission on {str(existing)!r}")
    return str(folder) if existing == folder else f"{folder} (does not exist yet)"


def _is_kernel_folder(folder: Path) -> bool:
    """Return whether a folder holds no files, as ``/proc``. Access checks of the user root would allow writing there."""
    return not os.statvfs(folder).f_blocks and not folder.stat().st_mode & 0o222


def _check_model(settings: Settings) -> str | None:
    from model_registry.package.refs import parse_ref

    parse_ref(settings.model)
    if not is_local(settings.registry.url):
        return f"{settings.model} is a reference; --connect loads it"
    if not Path(settings.registry.url.removeprefix("file://")).expanduser().is_dir():
        if {"registry", "model"} & settings.model_fields_set:
            raise Misconfigured(_explain_missing_registry(settings))
        return f"{settings.model} is a reference; there is no registry yet, and only workers need one"
    return load_model(settings)


def _explain_missing_registry(settings: Settings) -> str:
    return f"{settings.model}: there is no registry {settings.registry.url!r}; `badbuzz models import --bundled` makes it"


def load_model(settings: Settings) -> str:
    """Load the model that workers would use, and return its version."""
    from model_registry.store.registry import Registry

    if (
        is_local(settings.registry.url)
        and not Path(settings.registry.url.removeprefix("file://")).expanduser().is_dir()
    ):
        raise Misconfigured(_explain_missing_registry(settings))
    registry = Registry.open(settings.registry.url)
    return f"{settings.model} is {registry.load(registry.resolve(settings.model)).manifest.ref}"


def _check_brands(settings: Settings) -> str | None:
    from badbuzz.brands import read_brands

    if settings.brands is None:
        return "not set: tweets are counted without brands"
    return f"{settings.brands}: {len(read_brands(settings.brands))} brands"


def _check_encoder(settings: Settings) -> str | None:
    from model_registry.scoring.sentence_encoder import SentenceEncoder

    if settings.encoder is None:
        return None
    SentenceEncoder(settings.encoder)
    return str(settings.encoder)
