"""From cleaned texts to probabilities, by what a model reads: words, their pieces, or whole sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from badbuzz.errors import Misconfigured, ModelRefused
from model_registry.networks.sentence import SentenceNetwork
from model_registry.networks.transformer import TransformerNetwork
from model_registry.scoring.engines import open_engine
from model_registry.scoring.sentence_encoder import SentenceEncoder
from model_registry.scoring.sentence_head import SentenceHead
from model_registry.text.word_pieces import WordPieces

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from model_registry.package.artifact import Artifact
    from model_registry.scoring.engines import Engine, EngineName
    from model_registry.text.vocabulary import TokenBatch


class Reader(Protocol):
    """A model that is ready to score cleaned texts."""

    def predict(self, cleaned: pa.Array) -> NDArray[np.float32]:
        """Give the probability of positive, float32 [n], of each text; there are no nulls among them."""
        ...


class Tokenizer(Protocol):
    """What knows words, or their pieces."""

    def encode(self, cleaned: pa.Array, max_length: int) -> TokenBatch:
        """Turn texts into ids, at most so many each."""
        ...


@dataclass(frozen=True, slots=True)
class TokenReader:
    """Reads the first ``max_length`` words or pieces."""

    tokenizer: Tokenizer
    engine: Engine
    max_length: int

    def predict(self, cleaned: pa.Array) -> NDArray[np.float32]:
        """See :class:`Reader`."""
        return self.engine.predict(self.tokenizer.encode(cleaned, self.max_length))


@dataclass(frozen=True, slots=True)
class SentenceReader:
    """Reads whole texts."""

    encoder: SentenceEncoder
    head: SentenceHead

    def predict(self, cleaned: pa.Array) -> NDArray[np.float32]:
        """See :class:`Reader`."""
        if not len(cleaned):
            return np.empty(0, np.float32)
        return self.head.predict(self.encoder.encode(cleaned.to_pylist()))


def open_reader(artifact: Artifact, engine: EngineName, threads: int, encoder: Path | None) -> Reader:
    """Load a model into an engine; one that reads sentences needs the folder of its ``encoder``, and no engine.

    :raises ModelRefused: if the model is too large for the engine, or the encoder is not the model's.
    :raises Misconfigured: if the encoder is not given or broken, or libraries are not installed.
    """
    network = artifact.manifest.network
    if isinstance(network, SentenceNetwork):
        return SentenceReader(
            _own_encoder(artifact, network, threads, encoder), SentenceHead(artifact.tensors)
        )
    pieces = isinstance(network, TransformerNetwork)
    tokenizer = WordPieces.of(artifact.vocabulary) if pieces else artifact.vocabulary
    return TokenReader(tokenizer, open_engine(artifact, engine, threads), network.max_length)


def _own_encoder(
    artifact: Artifact, network: SentenceNetwork, threads: int, folder: Path | None
) -> SentenceEncoder:
    """Load the model's own encoder, and no other: a SavedModel is code, so its fingerprint is looked at first."""
    ref = artifact.manifest.ref
    if folder is None:
        raise Misconfigured(
            f"{ref}: reads sentences by the encoder {network.encoder}, which no model brings with it; "
            "set BADBUZZ_ENCODER to the folder of its SavedModel"
        )
    encoder = SentenceEncoder(folder, threads)
    if encoder.fingerprint != network.encoder:
        raise ModelRefused(
            f"{ref}: reads sentences by the encoder {network.encoder}, {folder} holds {encoder.fingerprint}; "
            "set BADBUZZ_ENCODER to the folder of the one that the model was trained with"
        )
    given = encoder.encode([""]).shape[1]
    if given != network.dimensions:
        raise ModelRefused(
            f"{ref}: expects {network.dimensions:,} numbers a sentence, its encoder gives {given:,}; fetch the model again"
        )
    return encoder
