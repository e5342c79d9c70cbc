"""What the study's table says of its rows besides AUC and accuracy, which stand with the specs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.azure.sample import Form


@dataclass(frozen=True, slots=True)
class Columns:
    """A row but for its figures; None where nothing is known. Of the study we know neither machine nor time."""

    vectors: str | None = None
    model: str | None = None
    dimensions: int | None = None
    tweets: int | None = None
    parameters: int | None = None


NOTHING: Final = Columns()

_FEW: Final = 30_000
_MANY: Final = 400_000


def _own(model: str, parameters: int | None) -> Columns:
    return Columns("own", model, 256, _MANY, parameters)


ROWS: Final[Mapping[str, Columns]] = {
    "hashing_lr": Columns("1,024 hashes", "logistic regression", None, _FEW, None),
    "ngrams_lr": Columns("TF-IDF of words and pairs", "logistic regression", None, _FEW, None),
    "rnn_base": _own("SimpleRNN", None),
    "rnn_dropout3": _own("SimpleRNN", None),
    "rnn_dropout5": _own("SimpleRNN", None),
    "rnn": _own("SimpleRNN", 12_857_601),
    "lstm": _own("LSTM", 13_005_441),
    "bilstm": _own("BiLSTM", 13_210_753),
    "word2vec_lstm": Columns("Word2Vec, frozen", "LSTM", 300, _MANY, 227_969),
    "glove_lstm": Columns("GloVe Twitter, frozen", "LSTM", 200, _MANY, 176_769),
    "use_lite_dense": Columns("USE v4, frozen", "Dense 256", 512, _MANY, 131_585),
}

AZURE_COLUMNS: Final = Columns(tweets=1_000)

AZURE: Final[Mapping[Form, tuple[float, float]]] = {
    "raw": (0.71081, 0.70860),
    "standard": (0.76187, 0.76148),
    "advanced": (0.74595, 0.74633),
}
"""AUC and accuracy of the service by the form of the text."""
