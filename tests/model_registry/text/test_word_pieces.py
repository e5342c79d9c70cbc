"""Word pieces are those of keras-hub's BERT tokenizer and preprocessor for cleaned text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from badbuzz.cleaning import EXPRESSIVE, clean
from badbuzz.errors import ModelRefused
from model_registry.text.vocabulary import Vocabulary
from model_registry.text.word_pieces import WordPieces, open_tokenizer
from tests.model_registry import tiny_model, tiny_transformer_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

TWEETS = pa.array(["late crews"])
LETTERS: Final = "abcdn"
PIECES: Final = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "un", "##aff", "##able", "##a", "a", "ab", "abc"),
    *(f"##{letter}" for letter in "bcd"),
    *("cab", "##abc", "b", "!", ".", "#", "0", "##0", "(", "-", "_", "x" * 100, "##x"),
)
"""No piece begins with "d" or "n", so words that do are unknown. After "un" only "##aff" and a few letters can follow."""

IDS: Final = {piece: index for index, piece in enumerate(PIECES)}
LONGEST: Final = 12


def pieces_of(text: str, max_length: int = LONGEST) -> list[str]:
    """The pieces of one text."""
    batch = WordPieces(IDS).encode(pa.array([text]), max_length)
    assert batch.lengths.tolist() == [batch.ids.shape[1]]
    return [PIECES[index] for index in batch.ids[0]]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("the", ["the"]),
        ("unaffable", ["un", "##aff", "##able"]),
        ("abcab", ["abc", "##a", "##b"]),  # the longest piece first, although "ab" + "##abc" exist
        ("cabd", ["cab", "##d"]),
        ("abnab the", ["[UNK]", "the"]),  # a word with one unknown part is unknown as a whole
        ("the the", ["the", "the"]),
        ("the!the", ["the", "!", "the"]),
        ("!! ..", ["!", "!", ".", "."]),
        ("#ab-a_(", ["#", "ab", "-", "a", "_", "("]),
        ("[cls] the", ["[UNK]", "[UNK]", "[UNK]", "the"]),
        ("[PAD] the", ["[UNK]", "[UNK]", "[UNK]", "the"]),
        ("00 0", ["0", "##0", "0"]),
        ("x" * 100, ["x" * 100]),
        ("x" * 101, ["[UNK]"]),
        ("a\tb\x01a", ["a", "b", "a"]),
        ("the " * 10, ["the"] * 10),
        ("the " * 11, ["the"] * 10),
        ("the the the the the the the the unaffable", [*["the"] * 8, "un", "##aff"]),
    ],
)
def test_a_text_becomes_pieces_between_two_marks(text: str, pieces: list[str]) -> None:
    assert pieces_of(text) == ["[CLS]", *pieces, "[SEP]"]


def test_tweets_of_a_batch_are_independent() -> None:
    texts = ["the", "", "unaffable the", "zzz", "the " * 40, ""]
    batch = WordPieces(IDS).encode(pa.array(texts), LONGEST)
    assert batch.lengths.tolist() == [3, 2, 6, 3, LONGEST, 2]
    assert batch.ids.dtype == batch.lengths.dtype == np.int32
    for text, ids, length in zip(texts, batch.ids, batch.lengths, strict=True):
        assert [PIECES[index] for index in ids[:length]] == pieces_of(text)
        assert not ids[length:].any()


def test_a_tweet_without_a_known_piece_is_unread() -> None:
    texts = ["", "dd nn", "the", "dd !", "dd", "x" * 101, "! 00 . a", "ab", "bb", "rt a"]
    batch = WordPieces(IDS).encode(pa.array(texts), LONGEST)
    assert WordPieces(IDS).find_unread(batch).tolist() == [
        True,
        True,
        False,
        True,
        True,
        True,
        True,
        False,
        False,
        True,
    ]


def test_pieces_of_placeholders_are_not_read() -> None:
    pieces = WordPieces(IDS | {"user": 100, "hash": 101, "##tag": 102})
    batch = pieces.encode(pa.array(["user hashtag", "user the", "hashtag url"]), LONGEST)
    assert pieces.find_unread(batch).tolist() == [True, False, True]


def test_an_empty_batch() -> None:
    batch = WordPieces(IDS).encode(pa.array([], pa.string()), LONGEST)
    assert (batch.ids.shape, batch.lengths.shape) == ((0, 0), (0,))


def test_a_slice_of_an_array_is_read_from_its_offset() -> None:
    texts = pa.array(["ab ab ab", "the", "unaffable"])
    whole, part = (WordPieces(IDS).encode(of, LONGEST) for of in (texts, texts.slice(1)))
    np.testing.assert_array_equal(part.ids, whole.ids[1:, : part.ids.shape[1]])


def test_the_ids_of_a_vocabulary_begin_at_two() -> None:
    vocabulary = Vocabulary(PIECES[2:])
    batch = WordPieces.from_vocabulary(vocabulary).encode(pa.array(["the zzz"]), LONGEST)
    expected = [
        IDS["[CLS]"],
        IDS["the"],
        1,
        IDS["[SEP]"],
    ]  # padding and unknown came first, as they do in BERT's
    assert batch.ids[0].tolist() == expected


@pytest.mark.parametrize("mark", ["[UNK]", "[CLS]", "[SEP]"])
def test_a_vocabulary_that_lacks_a_mark_is_refused(mark: str) -> None:
    with pytest.raises(ModelRefused, match=rf"lacks the word pieces \[{mark[1:-1]}\]"):
        WordPieces({piece: index for piece, index in IDS.items() if piece != mark})


@pytest.fixture(scope="module")
def theirs() -> Callable[[list[str]], NDArray[np.int32]]:
    """Returns keras-hub's ids for a folder in Hugging Face's layout: int32 [n, LONGEST]."""
    models = pytest.importorskip("keras_hub").models
    tokenizer = models.BertTokenizer(list(PIECES), lowercase=True)
    cut = models.BertTextClassifierPreprocessor(tokenizer, sequence_length=LONGEST)
    return lambda texts: np.asarray(cut(texts)["token_ids"], np.int32)


WORDS = st.text(LETTERS, max_size=8) | st.sampled_from([*PIECES[5:], "unaffable", "x" * 101])
SPACED = st.lists(WORDS, max_size=LONGEST + 3).map(" ".join)
ASCII = st.text(st.characters(max_codepoint=127).filter(lambda letter: not letter.isupper()), max_size=30)


@pytest.mark.tensorflow
@given(texts=st.lists(SPACED | ASCII, min_size=1, max_size=8))
@example(texts=["[cls] x!y", "\x00\x1f\x7f", "a\x0bb\x1cc", "{|}~ [\\]^_` :;<=>?@"])
def test_pieces_are_keras_hub_s(theirs: Callable[[list[str]], NDArray[np.int32]], texts: list[str]) -> None:
    check(theirs, texts)


@pytest.mark.tensorflow
@given(texts=st.lists(st.text(), min_size=1, max_size=8))
@example(texts=["CAFÉ 北京 ﬁn 𝓼𝓪𝓭 ß İ naïve \u200b a\u0301b", "don't!!! 10:30 #Abc (a) :-( e-mail@x.com"])
def test_pieces_of_any_text_that_was_cleaned_are_keras_hub_s(
    theirs: Callable[[list[str]], NDArray[np.int32]], texts: list[str]
) -> None:
    check(theirs, clean(pa.array(texts), EXPRESSIVE).to_pylist())


def check(theirs: Callable[[list[str]], NDArray[np.int32]], texts: list[str]) -> None:
    batch = WordPieces(IDS).encode(pa.array(texts, pa.string()), LONGEST)
    expected = theirs(texts)
    np.testing.assert_array_equal(batch.ids, expected[:, : batch.ids.shape[1]])
    assert not expected[:, batch.ids.shape[1] :].any()


def test_a_network_of_words_reads_words() -> None:
    tokenizer = open_tokenizer(tiny_model.NETWORK, Vocabulary(tiny_model.WORDS))
    assert tokenizer.encode(TWEETS, 9).ids.tolist() == [[5, 1]]


def test_a_transformer_reads_word_pieces_between_marks() -> None:
    pieces = Vocabulary(tiny_transformer_model.PIECES)
    ids = {piece: index + 2 for index, piece in enumerate(pieces.tokens)}
    tokenizer = open_tokenizer(tiny_transformer_model.NETWORK, pieces)
    expected = [ids[piece] for piece in ("[CLS]", "late", "crew", "##s", "[SEP]")]
    assert tokenizer.encode(TWEETS, 9).ids.tolist() == [expected]


def test_a_transformer_needs_the_marks_in_its_vocabulary() -> None:
    with pytest.raises(ModelRefused, match=r"lacks the word pieces \[CLS\], \[SEP\]"):
        open_tokenizer(tiny_transformer_model.NETWORK, Vocabulary(tiny_model.WORDS))
