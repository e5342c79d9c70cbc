"""The study's network, as it ships: every figure is measured with it, whatever is deployed, so that figures can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from model_registry.bundled import bundled_models
from model_registry.directory import read_directory
from model_registry.network import Network

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.artifact import Artifact


NAME: Final = "tweet_sentiment_glove_lstm"


def recurrent(artifact: Artifact) -> Network:
    """The model's network, which has a recurrent layer to compare."""
    network = artifact.manifest.network
    if not isinstance(network, Network):
        raise SystemExit(f"{artifact.manifest.ref} has no recurrent layer: nothing to measure")
    return network


def shipped_folder() -> Path:
    """Where its files are."""
    return next(folder for folder in bundled_models() if folder.name == NAME)


def shipped_model() -> Artifact:
    """Read it."""
    folder = shipped_folder()
    return read_directory(folder).open(str(folder))
