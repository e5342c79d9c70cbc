"""The shipped model of the study's design. All figures are measured with it, whichever model is deployed, to stay comparable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from model_registry.bundled import list_bundled_models
from model_registry.package.directory import read_directory

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.package.package import LoadedModel


NAME: Final = "tweet_sentiment_glove_lstm"


def shipped_folder() -> Path:
    """Return the folder of its files."""
    return next(folder for folder in list_bundled_models() if folder.name == NAME)


def shipped_model() -> LoadedModel:
    """Read the model."""
    folder = shipped_folder()
    return read_directory(folder).open(str(folder))
