"""The study's network, as it ships: every figure is measured with it, whatever is deployed, so that figures can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from model_registry.bundled import bundled_models
from model_registry.package.directory import read_directory

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.package.loaded_model import LoadedModel


NAME: Final = "tweet_sentiment_glove_lstm"


def shipped_folder() -> Path:
    """Where its files are."""
    return next(folder for folder in bundled_models() if folder.name == NAME)


def shipped_model() -> LoadedModel:
    """Read it."""
    folder = shipped_folder()
    return read_directory(folder).open(str(folder))
