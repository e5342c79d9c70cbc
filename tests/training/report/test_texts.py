"""The lists of words and signs find what is plain. All texts are ours."""

from __future__ import annotations

import pyarrow as pa
import pytest

pytest.importorskip("pandas")

from training.report.texts import error_kinds, styles


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("u r late, lol", "slang"),
        ("gonna miss my plane", "slang"),
        ("it was sooo cold on board", "drawn-out words"),
        ("I don't like the queue", "negation"),
        ("never again!", "negation"),
        ("lost my bag :(", "emoticon or emoji"),
        ("I &lt;3 this crew", "emoticon or emoji"),
        ("boarding now \N{SMILING FACE WITH SUNGLASSES}", "emoticon or emoji"),
        ("boarding at gate nine", "none of these"),
        ("see http://gate.example/www9 for it", "none of these"),
    ],
)
def test_a_tweet_is_written_in_a_style(text: str, style: str) -> None:
    found = styles(pa.chunked_array([[text]])).iloc[0]
    assert found[style]
    assert found["all"]
    assert found.drop(["all", style]).sum() == 0


@pytest.mark.parametrize(
    ("text", "score", "kind"),
    [
        ("el vuelo sale tarde otra vez", 0.7, "other language"),
        ("oh joy, three hours at the gate", 0.8, "sarcasm"),
        ("the crew was great but my bag is lost", 0.6, "mixed"),
        ("what a lovely crew", 0.99, "label noise"),
        ("what a lovely crew", 0.9, "none seen"),
        ("such an awful seat", 0.01, "label noise"),
        ("such an awful seat", 0.99, "none seen"),
        ("we are at the gate", 0.6, "none seen"),
        ("@gate #late", 0.6, "none seen"),
    ],
)
def test_an_error_is_of_a_kind(text: str, score: float, kind: str) -> None:
    assert error_kinds(pa.chunked_array([[text]]), [score]).tolist() == [kind]
