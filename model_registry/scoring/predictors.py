"""From cleaned texts to probabilities, by what the model reads: words, word pieces, or whole sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from badbuzz.errors import Misconfigured, ModelRefused
from model_registry.scoring.engines import open_engine
from model_registry.scoring.scores import Scores
from model_registry.scoring.sentence_encoder import SentenceEncoder, SentenceHead
from model_registry.text.readable_words import is_readable
from model_registry.text.word_pieces import open_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from badbuzz.settings import EngineName
    from model_registry.networks.sentence import SentenceNetwork
    from model_registry.package.package import LoadedModel
    from model_registry.scoring.engines import Engine
    from model_registry.text.word_pieces import Tokenizer

    Predictor: TypeAlias = Callable[[pa.Array], Scores]
    """Scores cleaned texts without nulls."""


def open_predictor(model: LoadedModel, engine: EngineName, threads: int, encoder: Path | None) -> Predictor:
    """Load a model into an engine; a model that reads sentences needs the folder of its ``encoder`` instead.

    :raises ModelRefused: if the model is too large for the engine, or the encoder is not the model's.
    :raises Misconfigured: if the encoder is missing or broken, or libraries are not installed.
    """
    network = model.manifest.network
    if network.reads == "sentences":
        sentence_encoder, head = _open_encoder(model, network, threads, encoder), SentenceHead(model.tensors)
        return lambda cleaned: Scores(
            head.predict(sentence_encoder.encode(cleaned.to_pylist())), _find_wordless(cleaned)
        )
    tokenizer = open_tokenizer(network, model.vocabulary)
    return make_token_predictor(tokenizer, open_engine(model, engine, threads), network.max_length)


def make_token_predictor(tokenizer: Tokenizer, engine: Engine, max_length: int) -> Predictor:
    """Return a predictor that reads the first ``max_length`` words or word pieces of each text."""

    def predict(cleaned: pa.Array) -> Scores:
        batch = tokenizer.encode(cleaned, max_length)
        return Scores(engine.predict(batch), tokenizer.find_unread(batch))

    return predict


def _find_wordless(cleaned: pa.Array) -> NDArray[np.bool_]:
    """Return which texts have no readable word."""
    return np.array([not any(map(is_readable, text.split(" "))) for text in cleaned.to_pylist()], np.bool_)


def _open_encoder(
    model: LoadedModel, network: SentenceNetwork, threads: int, folder: Path | None
) -> SentenceEncoder:
    """Open the model's own encoder. A SavedModel is code, so its fingerprint is checked before it is loaded."""
    ref = model.manifest.ref
    if folder is None:
        raise Misconfigured(
            f"{ref}: reads sentences with the encoder {network.encoder}, which is not part of the model; "
            "set BADBUZZ_ENCODER to the folder of its SavedModel"
        )
    encoder = SentenceEncoder(folder, threads)
    if encoder.fingerprint != network.encoder:
        raise ModelRefused(
            f"{ref}: reads sentences with the encoder {network.encoder}, {folder} holds {encoder.fingerprint}; "
            "set BADBUZZ_ENCODER to the folder of the encoder that the model was trained with"
        )
    dimensions = encoder.encode([""]).shape[1]
    if dimensions != network.dimensions:
        raise ModelRefused(
            f"{ref}: expects {network.dimensions:,} numbers a sentence, its encoder returns {dimensions:,}; "
            "fetch the model again"
        )
    return encoder
