"""Read, write and train word vectors in GloVe's text format: a word and its numbers per line, plain or gzip."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import numpy as np
import pyarrow as pa

from badbuzz.errors import Misconfigured
from badbuzz.system.atomic_file import replace_file
from training.data.dataset import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_GZIP_MAGIC: Final = b"\x1f\x8b"
_SEED: Final = 2009


@dataclass(frozen=True, slots=True)
class WordVectors:
    """Vectors by word, each float32 [dimensions]."""

    dimensions: int
    by_word: Mapping[str, NDArray[np.float32]]


def read_vectors(path: Path, wanted: Iterable[str]) -> WordVectors:
    """Read the vectors of the ``wanted`` words; GloVe's files hold millions of others.

    :raises Misconfigured: if the file is missing or truncated, or a line does not hold a word and as many numbers as the
        first line.
    """
    words = frozenset(wanted)
    vectors: dict[str, NDArray[np.float32]] = {}
    dimensions = 0
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, start=1):
                dimensions = dimensions or line.count(b" ")
                word, *numbers = line.rstrip().rsplit(b" ", dimensions)
                if len(numbers) != dimensions or not dimensions:
                    raise Misconfigured(
                        f"vectors {path}: line {number} holds {len(numbers)} numbers, the first line {dimensions}; "
                        "GloVe's text format is a word and its numbers, separated by single blanks"
                    )
                if (name := word.decode(errors="replace")) in words:
                    vectors[name] = _numbers(numbers, path, number)
    except (OSError, EOFError, zlib.error) as error:
        raise Misconfigured(f"vectors {path}: cannot be read: {error}") from None
    if not vectors:
        raise Misconfigured(
            f"vectors {path}: holds none of the {len(words)} words of the tweets; is it another language?"
        )
    return WordVectors(dimensions, vectors)


def write_vectors(path: Path, vectors: Mapping[str, NDArray[np.float32]]) -> None:
    """Write ``vectors`` as gzip, in their order, atomically."""
    with (
        replace_file(path) as unfinished,
        unfinished.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as file,
    ):
        for word, vector in vectors.items():
            file.write(f"{word} {' '.join(f'{number:.5f}' for number in vector)}\n".encode())


def train_word2vec(
    texts: pa.StringArray, *, dimensions: int = 200, epochs: int = 5, min_count: int = 5
) -> dict[str, NDArray[np.float32]]:
    """Learn skip-gram vectors from cleaned tweets, most frequent word first.

    One thread and a fixed seed give the same vectors for the same texts. The tweets are shuffled first, because the learning
    rate falls during training and files of labelled tweets are sorted by label.

    :raises Misconfigured: if no word is frequent enough.
    """
    from gensim.models import Word2Vec  # noqa: PLC0415 - slow to import, and only this function needs it

    if max(count_words(texts).values(), default=0) < min_count:
        raise Misconfigured(
            f"no word occurs {min_count} times in {len(texts):,} tweets; give more tweets, or lower --min-count"
        )
    shuffled = texts.take(pa.array(np.random.default_rng(_SEED).permutation(len(texts))))
    model = Word2Vec(
        [text.split(" ") for text in shuffled.to_pylist()],
        vector_size=dimensions,
        sg=1,
        negative=5,
        window=5,
        min_count=min_count,
        epochs=epochs,
        workers=1,
        seed=_SEED,
    )
    return {word: model.wv[word] for word in model.wv.index_to_key}


def make_starting_embedding(
    tokens: tuple[str, ...], vectors: WordVectors, *, reserved: int, seed: int
) -> NDArray[np.float32]:
    """Return an embedding that holds the vectors: float32 [``reserved`` + words, dimensions].

    A word without a vector, and the unknown word, start with random numbers of the vectors' own standard deviation; padding
    is zeros.
    """
    found = [index for index, token in enumerate(tokens) if token in vectors.by_word]
    known = np.stack([vectors.by_word[tokens[index]] for index in found])
    random = np.random.default_rng(seed)
    embedding = random.normal(0, known.std(), (len(tokens) + reserved, vectors.dimensions)).astype(np.float32)
    embedding[0] = 0
    embedding[np.array(found) + reserved] = known
    return embedding


def make_random_embedding(rows: int, dimensions: int, *, seed: int) -> NDArray[np.float32]:
    """Return an embedding of small random numbers, as Keras initializes one: float32 [rows, dimensions]; padding is zeros."""
    embedding = np.random.default_rng(seed).uniform(-0.05, 0.05, (rows, dimensions)).astype(np.float32)
    embedding[0] = 0
    return embedding


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        zipped = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    return cast("BinaryIO", gzip.open(path)) if zipped else path.open("rb")


def _numbers(texts: list[bytes], path: Path, line: int) -> NDArray[np.float32]:
    try:
        vector = np.array(texts, np.float32)
    except ValueError as error:
        raise Misconfigured(f"vectors {path}: line {line}: {error}") from None
    if not np.isfinite(vector).all():
        raise Misconfigured(f"vectors {path}: line {line}: a number is not finite; every score would be NaN")
    return vector
