"""A pretrained BERT encoder in a folder with Hugging Face's layout. keras-hub builds its network.

The encoder of the experiments is all-MiniLM-L6-v2: six layers of 384 units, 22.7 million numbers.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from safetensors import SafetensorError

from badbuzz.errors import Misconfigured
from model_registry.keras_models.transformer import import_keras_hub
from model_registry.networks.token_ids import PADDING_ID
from model_registry.networks.transformer import TransformerNetwork
from model_registry.text.word_pieces import PADDING, WordPieces
from training.data.encoded import EncodedTweets

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from training.data.dataset import CleanedTweets

CONFIG: Final = "config.json"
WEIGHTS: Final = "model.safetensors"
PIECES: Final = "vocab.txt"
TOKENIZER: Final = "tokenizer_config.json"


@dataclass(frozen=True, slots=True)
class PretrainedEncoder:
    """The encoder in ``folder``.

    :raises Misconfigured: if the folder lacks a file, or holds an encoder of another kind.
    """

    folder: Path

    def __post_init__(self) -> None:
        # keras-hub would try to download a missing file.
        for name in (CONFIG, WEIGHTS, PIECES, TOKENIZER):
            if not (self.folder / name).is_file():
                raise Misconfigured(
                    f"transformer {self.folder}: has no {name}; give the folder of a BERT encoder"
                )
        kind = json.loads((self.folder / CONFIG).read_text()).get("model_type")
        if kind != "bert":
            raise Misconfigured(f"transformer {self.folder}: is a {kind!r}; only 'bert' is supported")
        if self.pieces().get(PADDING) != PADDING_ID:
            raise Misconfigured(
                f"transformer {self.folder}: {PADDING} is not the first word piece of {PIECES}, whose id marks padding; "
                "give another BERT encoder"
            )

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of all files of the encoder."""
        digest = hashlib.sha256()
        for name in (CONFIG, WEIGHTS, PIECES, TOKENIZER):
            digest.update(hashlib.sha256((self.folder / name).read_bytes()).digest())
        return digest.hexdigest()

    def pieces(self) -> dict[str, int]:
        """Read the word pieces and their ids."""
        with (self.folder / PIECES).open(encoding="utf-8") as lines:
            return {line.rstrip(): index for index, line in enumerate(lines)}

    def shape(self, vocabulary_size: int, max_length: int) -> TransformerNetwork:
        """Return the network's shape with ``vocabulary_size`` embedding rows, for tweets of up to ``max_length`` pieces."""
        config = json.loads((self.folder / CONFIG).read_text())
        return TransformerNetwork(
            vocabulary_size=vocabulary_size,
            units=config["hidden_size"],
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            inner_units=config["intermediate_size"],
            max_length=max_length,
        )

    def network(self, dropout: float) -> keras.Model:
        """Load the network: piece ids, segments and mask to the state of each piece, float32 [n, length, units].

        :raises Misconfigured: if the weights do not match the configuration, or keras-hub is not installed.
        """
        try:
            network = import_keras_hub().models.BertBackbone.from_preset(str(self.folder), dropout=dropout)
        except (KeyError, OSError, ValueError, SafetensorError) as error:
            raise Misconfigured(f"transformer {self.folder}: cannot be loaded: {error}") from None
        return network

    def encode(self, tweets: CleanedTweets, most: int) -> EncodedTweets:
        """Split tweets into pieces, at most ``most`` each, with the encoder's marks of beginning and end."""
        batch = WordPieces(self.pieces()).encode(tweets.texts, most)
        return EncodedTweets(batch.ids, batch.lengths, tweets.labels.astype(np.float32))
