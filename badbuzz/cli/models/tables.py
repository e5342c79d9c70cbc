"""The output of ``badbuzz models``: tables, and the JSON of the listing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table

from badbuzz.errors import ModelRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model_registry.package.manifest import Manifest
    from model_registry.package.metrics import Metrics
    from model_registry.store.aliases import Move
    from model_registry.store.registry import ListedVersion

_PIPE_WIDTH: Final = 160
"""Columns if the output is not a terminal: rich would fold tables at 80."""


def to_json(listed: ListedVersion) -> dict[str, Any]:
    """Return a version as an object for JSON."""
    row: dict[str, Any] = {"model": str(listed.ref), "aliases": list(listed.aliases)}
    manifest = listed.manifest
    if isinstance(manifest, ModelRefused):
        return row | {"refused": str(manifest)}
    return row | {
        "kind": manifest.kind,
        "created_at": manifest.training.created_at.isoformat(),
        "metrics": {name: metrics.model_dump(mode="json") for name, metrics in manifest.metrics.items()},
    }


def print_list(listed: Sequence[ListedVersion]) -> None:
    """Print all versions."""
    table = Table(
        "model", "aliases", "kind", "set", "accuracy", "AUC", "created", box=None, header_style="bold"
    )
    for version in listed:
        table.add_row(str(version.ref), ", ".join(version.aliases), *_cells(version))
    console = _console()
    console.print(table)
    for version in listed:
        if isinstance(version.manifest, ModelRefused):
            console.print(f"{version.ref} is refused: {version.manifest}", style="red")


def print_manifest(manifest: Manifest) -> None:
    """Print the manifest of a version."""
    network, training = manifest.network, manifest.training
    table = _pairs()
    table.add_row("model", str(manifest.ref))
    table.add_row("network", network.summary)
    table.add_row("cleaning", f"{manifest.cleaning.name} version {manifest.cleaning.version}")
    for name, metrics in manifest.metrics.items():
        table.add_row(name, f"accuracy {_with_interval(metrics.accuracy, metrics.accuracy_ci)}")
        table.add_row("", f"AUC {_with_interval(metrics.auc, metrics.auc_ci)}, {metrics.n:,} tweets")
    table.add_row("created", f"{training.created_at:%Y-%m-%d %H:%M} by {training.software}")
    table.add_row("git revision", training.git_revision or "unknown")
    table.add_row("data", training.data_fingerprint)
    table.add_row("terms", training.data_terms)
    table.add_row("vectors", training.vectors)
    table.add_row("settings", json.dumps(training.settings))
    table.add_row("notes", training.notes)
    for name, entry in manifest.files.items():
        table.add_row(name, f"{entry.bytes:,} bytes, SHA-256 {entry.sha256[:12]}…")
    _console().print(table)


def print_history(history: Mapping[str, Sequence[Move]]) -> None:
    """Print how a model's aliases moved."""
    table = Table("alias", "move", "version", "at", box=None, header_style="bold")
    for alias, moves in history.items():
        for move in moves:
            table.add_row(alias, move.action, str(move.version), f"{move.at:%Y-%m-%d %H:%M:%S %Z}")
    if table.rows:
        _console().print(table)


def print_evaluation(model: str, file: str, metrics: Metrics, unread: int, rate: float) -> None:
    """Print the quality and the speed of a model."""
    table = _pairs()
    table.add_row("model", model)
    table.add_row("file", file)
    table.add_row("tweets", f"{metrics.n:,}")
    table.add_row("unread", f"{unread:,} of these: workers give them no label")
    table.add_row("accuracy", _with_interval(metrics.accuracy, metrics.accuracy_ci))
    table.add_row("AUC", _with_interval(metrics.auc, metrics.auc_ci))
    table.add_row("tweets/s", f"{rate:,.0f}")
    _console().print(table)


def _cells(version: ListedVersion) -> tuple[str, ...]:
    manifest = version.manifest
    if isinstance(manifest, ModelRefused):
        return ("refused",)
    created = f"{manifest.training.created_at:%Y-%m-%d}"
    name = "test" if "test" in manifest.metrics else next(iter(manifest.metrics), None)
    if name is None:
        return manifest.kind, "", "", "", created
    metrics = manifest.metrics[name]
    return manifest.kind, name, f"{metrics.accuracy:.4f}", f"{metrics.auc:.4f}", created


def _with_interval(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.4f}  ({interval[0]:.4f} to {interval[1]:.4f})"


def _pairs() -> Table:
    return Table("", "", box=None, show_header=False)


def _console() -> Console:
    """Return a console that prints a manifest's text literally, not as markup."""
    width = None if Console().is_terminal else _PIPE_WIDTH
    return Console(width=width, markup=False, highlight=False, emoji=False)
