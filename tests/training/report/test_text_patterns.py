"""The lists of words and signs find the obvious cases. All texts are made up."""

from __future__ import annotations

import pyarrow as pa
import pytest

pytest.importorskip("pandas")

from training.report.text_patterns import classify_errors, find_styles


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
def test_a_tweet_has_one_style(text: str, style: str) -> None:
    found = find_styles(pa.chunked_array([[text]])).iloc[0]
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
        ("what a lovely crew", 0.9, "no kind found"),
        ("such an awful seat", 0.01, "label noise"),
        ("such an awful seat", 0.99, "no kind found"),
        ("we are at the gate", 0.6, "no kind found"),
        ("@gate #late", 0.6, "no kind found"),
    ],
)
def test_an_error_has_one_kind(text: str, score: float, kind: str) -> None:
    assert classify_errors(pa.chunked_array([[text]]), [score]).tolist() == [kind]
