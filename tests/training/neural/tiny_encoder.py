"""A BERT encoder of two small layers with random weights in Hugging Face's layout, and its states computed by numpy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file, save_file

from tests.training import corpus

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

LAYERS, HEADS, UNITS, INNER, LONGEST = 2, 2, 8, 16, 64
PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *corpus.WORDS, "#", "!", "1", "##ly", "##er")


def write(folder: Path, seed: int = 5) -> Path:
    """Write an encoder into a folder; each seed gives other weights."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "model_type": "bert",
        "vocab_size": len(PIECES),
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "hidden_size": UNITS,
        "intermediate_size": INNER,
        "max_position_embeddings": LONGEST,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    random = np.random.default_rng(seed)
    weights = {name: _weight(random, name, shape) for name, shape in _shapes().items()}
    save_file(weights, folder / "model.safetensors")
    return folder


def compute_states(folder: Path, ids: NDArray[np.int32]) -> Floats:
    """Return the last states of one tweet's pieces, float32 [pieces, units], computed from the files."""
    weights = load_file(folder / "model.safetensors")
    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = _normal(x + weights["embeddings.token_type_embeddings.weight"][0], weights, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        query, key, value = (
            _heads(x, weights, f"{at}.attention.self.{of}") for of in ("query", "key", "value")
        )
        found = _softmax(query @ key.transpose(0, 2, 1) / np.sqrt(UNITS / HEADS)) @ value
        seen = _dense(found.transpose(1, 0, 2).reshape(x.shape), weights, f"{at}.attention.output.dense")
        x = _normal(x + seen, weights, f"{at}.attention.output.LayerNorm")
        inner = _gelu(_dense(x, weights, f"{at}.intermediate.dense"))
        x = _normal(x + _dense(inner, weights, f"{at}.output.dense"), weights, f"{at}.output.LayerNorm")
    return x


def _shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(PIECES), UNITS),
        "embeddings.position_embeddings.weight": (LONGEST, UNITS),
        "embeddings.token_type_embeddings.weight": (2, UNITS),
        **_norm_shapes("embeddings.LayerNorm"),
        **_dense_shapes("pooler.dense", UNITS, UNITS),
    }
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        for name in (
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
        ):
            shapes |= _dense_shapes(f"{at}.{name}", UNITS, UNITS)
        shapes |= _dense_shapes(f"{at}.intermediate.dense", UNITS, INNER)
        shapes |= _dense_shapes(f"{at}.output.dense", INNER, UNITS)
        shapes |= _norm_shapes(f"{at}.attention.output.LayerNorm") | _norm_shapes(f"{at}.output.LayerNorm")
    return shapes


def _dense_shapes(name: str, inputs: int, units: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (units, inputs), f"{name}.bias": (units,)}


def _norm_shapes(name: str) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (UNITS,), f"{name}.bias": (UNITS,)}


def _weight(random: np.random.Generator, name: str, shape: tuple[int, ...]) -> Floats:
    scale = 1.0 if "LayerNorm.weight" in name else 0.0
    return (scale + random.normal(scale=0.4, size=shape)).astype(np.float32)


def _dense(x: Floats, weights: dict[str, Floats], name: str) -> Floats:
    y: Floats = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    return y


def _heads(x: Floats, weights: dict[str, Floats], name: str) -> Floats:
    return _dense(x, weights, name).reshape(len(x), HEADS, -1).transpose(1, 0, 2)


def _normal(x: Floats, weights: dict[str, Floats], name: str) -> Floats:
    scaled = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
    y: Floats = scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]
    return y


def _softmax(x: Floats) -> Floats:
    raised = np.exp(x - x.max(-1, keepdims=True))
    shares: Floats = raised / raised.sum(-1, keepdims=True)
    return shares


def _gelu(x: Floats) -> Floats:
    y: Floats = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return y
