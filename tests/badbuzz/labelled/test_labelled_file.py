from __future__ import annotations

import gzip
import zipfile
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from badbuzz.errors import DataRefused
from badbuzz.labelled.labelled_file import read_labelled
from tests.badbuzz.labelled.sentiment140_archive import write_archive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIX = (
    '"0","1","Mon Apr 06 22:19:45 PDT 2009","NO_QUERY","ann","lost my bag, again"\n'
    '"4","2","Mon Apr 06 22:20:45 PDT 2009","NO_QUERY","bob","she said ""thanks"" and smiled"\n'
    '"2","3","Mon Apr 06 22:21:45 PDT 2009","NO_QUERY","cid","it is a plane"\n'
)
TEXTS = ["lost my bag, again", 'she said "thanks" and smiled']


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda path: write(path, SIX.encode()),
        lambda path: write(path, gzip.compress(SIX.encode())),
        lambda path: zipped(path, training=SIX.encode()),
        lambda path: write(path, b"\xef\xbb\xbf" + SIX.encode()),
        lambda path: write(path, SIX.replace("\n", "\r\n").encode()),
        lambda path: write(path, SIX.rstrip("\n").encode()),
    ],
    ids=["plain", "gzip", "zip", "BOM", "CRLF", "last line unfinished"],
)
def test_sentiment140s_layout(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    tweets = read_labelled(make(tmp_path / "tweets"))
    assert tweets.texts.to_pylist() == TEXTS
    assert tweets.labels.tolist() == [0, 1]
    assert (tweets.neutral, tweets.malformed) == (1, 0)


@pytest.mark.parametrize(
    ("header", "negative", "positive"),
    [
        ("label,text", "0", "1"),
        ("label,text", "0", "4"),
        ("polarity,text", "NEGATIVE", "POSITIVE"),
        ("Sentiment,Tweet", "negative", " Positive "),
        ("target,text", "0", "positive"),
    ],
)
def test_named_columns(tmp_path: Path, header: str, negative: str, positive: str) -> None:
    path = write(tmp_path / "x", f"{header}\n{negative},bad\n{positive},good\nNeutral,plain\n".encode())
    tweets = read_labelled(path)
    assert tweets.texts.to_pylist() == ["bad", "good"]
    assert tweets.labels.tolist() == [0, 1]
    assert tweets.neutral == 1


def test_columns_in_any_order_among_others(tmp_path: Path) -> None:
    path = write(tmp_path / "x", b"id,text,user,label\n7,bad,ann,0\n8,good,bob,1\n")
    assert read_labelled(path).texts.to_pylist() == ["bad", "good"]


def test_a_text_is_decoded_as_utf8_or_else_as_latin1(tmp_path: Path) -> None:
    rows = [b'"0","1","d","q","u","caf\xe9 ferm\xe9"', '"4","2","d","q","u","café ouvert ☀"'.encode()]
    tweets = read_labelled(write(tmp_path / "x", b"\n".join(rows)))
    assert tweets.texts.to_pylist() == ["café fermé", "café ouvert ☀"]


def test_rows_with_a_wrong_number_of_fields_are_left_out_and_counted(tmp_path: Path) -> None:
    content = SIX + '"0","9","d","q","five"\n' + '"0","9","d","q","u","x","seven"\n'
    tweets = read_labelled(write(tmp_path / "x", content.encode()))
    assert tweets.texts.to_pylist() == TEXTS
    assert tweets.malformed == 2


def test_a_text_of_several_lines_and_texts_that_look_like_null(tmp_path: Path) -> None:
    path = write(tmp_path / "x", b'label,text\n0,"two\nlines"\n1,NULL\n0,\n1,NaN\n')
    assert read_labelled(path).texts.to_pylist() == ["two\nlines", "NULL", "", "NaN"]


@pytest.mark.parametrize(
    "text_type", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())]
)
@pytest.mark.parametrize(
    ("column", "labels"),
    [
        ("label", pa.array([0, 1, 0], pa.int8())),
        ("polarity", pa.array([0, 4, 0], pa.int64())),
        ("label", pa.array(["NEGATIVE", "POSITIVE", "negative"])),
        ("label", pa.array(["negative", "positive", "negative"]).dictionary_encode()),
    ],
)
def test_parquet(tmp_path: Path, column: str, labels: pa.Array, text_type: pa.DataType) -> None:
    texts = pa.array(["bad", "good", "worse"]).cast(text_type)
    parquet.write_table(pa.table({"id": [1, 2, 3], "text": texts, column: labels}), tmp_path / "x")
    tweets = read_labelled(tmp_path / "x")
    assert tweets.texts.to_pylist() == ["bad", "good", "worse"]
    assert tweets.texts.type == pa.string()
    assert tweets.labels.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"  \n \n", "is empty"),
        (b"label,text\n", "has no labelled tweets"),
        (
            b"label,message\n0,x\n",
            r"expected one column for the text \(text, tweet\), found none among label, message",
        ),
        (b"label,polarity,text\n0,0,x\n", r"found \['label', 'polarity'\]"),
        (b"0,1,2\n", "expected one column for the label"),
        (b"label,text\n0,x\n3,y\n", "row 2 has the label '3'; expected 0/4"),
        (b"label,text\n,x\n", "row 1 has the label ''"),
        (b"\x1f\x8b cut", "cannot be unpacked"),
        (b"PK\x03\x04 cut", "cannot be unpacked"),
        (b"PAR1 cut", "cannot be read as labelled tweets in Parquet"),
        (bytes(range(256)), "expected one column"),
    ],
)
def test_an_invalid_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = write(tmp_path / "tweets", content)
    with pytest.raises(DataRefused, match=reason) as refused:
        read_labelled(path)
    assert str(refused.value).startswith(str(path))


def test_of_sentiment140s_archive_the_training_file_is_read(tmp_path: Path) -> None:
    test_file = '"4","9","Mon May 11 03:17:40 UTC 2009","kindle2","dan","I love it"\n'
    tweets = read_labelled(write_archive(tmp_path / "x.zip", training=SIX, test=test_file))
    assert tweets.texts.to_pylist() == TEXTS


def test_a_missing_label_in_parquet_is_named(tmp_path: Path) -> None:
    parquet.write_table(
        pa.table({"text": ["a", "b"], "label": pa.array([1, None], pa.int8())}), tmp_path / "x"
    )
    with pytest.raises(DataRefused, match="row 2 has the label None"):
        read_labelled(tmp_path / "x")


def test_labels_of_an_unsupported_type_are_refused(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"text": ["a"], "label": pa.array([[1]])}), tmp_path / "x")
    with pytest.raises(DataRefused, match="labels of type list"):
        read_labelled(tmp_path / "x")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="No such file"):
        read_labelled(tmp_path / "x")


@pytest.mark.shared
def test_the_real_files(shared: Path) -> None:
    sample = read_labelled(shared / "data/sentiment140/sample.csv.gz")
    assert (len(sample.labels), sample.malformed, sample.neutral) == (81_424, 0, 0)
    assert len(read_labelled(shared / "data/sentiment140/test.parquet").labels) == 39_397
    manual = read_labelled(shared / "data/eval/manual_test.parquet")
    assert (len(manual.labels), int(manual.labels.sum()), manual.neutral) == (359, 182, 139)
