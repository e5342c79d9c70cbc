"""An encoder that was trained on other text: BERT's architecture and word pieces, in a folder as Hugging Face lays it out.

all-MiniLM-L6-v2 is one: six layers of 384, 22.7 million numbers. Its network and its tokenizer are keras-hub's.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from safetensors import SafetensorError

from badbuzz.errors import Misconfigured
from model_registry.network import PADDING_ID
from training.encoded import Encoded

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    import keras

    from training.dataset import LabelledTweets

CONFIG: Final = "config.json"
WEIGHTS: Final = "model.safetensors"
PIECES: Final = "vocab.txt"
TOKENIZER: Final = "tokenizer_config.json"

_ROWS_AT_ONCE: Final = 16_384


@dataclass(frozen=True, slots=True)
class Pretrained:
    """The encoder in ``folder``.

    :raises Misconfigured: if the folder holds none.
    """

    folder: Path

    def __post_init__(self) -> None:
        # What is missing keras-hub would look for in the network.
        for name in (CONFIG, WEIGHTS, PIECES, TOKENIZER):
            if not (self.folder / name).is_file():
                raise Misconfigured(
                    f"transformer {self.folder}: has no {name}; give the folder of a BERT encoder"
                )
        kind = json.loads((self.folder / CONFIG).read_text()).get("model_type")
        if kind != "bert":
            raise Misconfigured(f"transformer {self.folder}: is a {kind!r}; only 'bert' is known")

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of all that it is made of."""
        digest = hashlib.sha256()
        for name in (CONFIG, WEIGHTS, PIECES, TOKENIZER):
            digest.update(hashlib.sha256((self.folder / name).read_bytes()).digest())
        return digest.hexdigest()

    def network(self, dropout: float) -> keras.Model:
        """Load it: ids of pieces, segments and mask → the state of each piece, float32 [n, length, units].

        :raises Misconfigured: if the weights are not what the configuration says, or keras-hub is not installed.
        """
        try:
            network = _keras_hub().models.BertBackbone.from_preset(str(self.folder), dropout=dropout)
        except (KeyError, OSError, ValueError, SafetensorError) as error:
            raise Misconfigured(f"transformer {self.folder}: cannot be loaded: {error}") from None
        return network

    def encode(self, tweets: LabelledTweets, most: int) -> Encoded:
        """Cut tweets into pieces, at most so many each, with the marks of beginning and end that the encoder knows.

        :raises Misconfigured: if keras-hub is not installed.
        """
        models = _keras_hub().models
        tokenizer = models.BertTokenizer.from_preset(str(self.folder))
        cut = models.BertTextClassifierPreprocessor(tokenizer, sequence_length=most)
        starts = range(0, len(tweets), _ROWS_AT_ONCE)
        texts = (tweets.texts.slice(start, _ROWS_AT_ONCE).to_pylist() for start in starts)
        ids = np.concatenate([np.asarray(cut(part)["token_ids"], np.int32) for part in texts])
        lengths = (ids != PADDING_ID).sum(axis=1, dtype=np.int32)
        return Encoded(ids, lengths, tweets.labels.astype(np.float32))


def _keras_hub() -> ModuleType:
    try:
        import keras_hub  # noqa: PLC0415 - of the extra `transformer`, and slow to import
    except ImportError:
        raise Misconfigured("a transformer needs keras-hub; install the extra `transformer`") from None
    return keras_hub  # type: ignore[no-any-return] # published without types
