from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.brands.folded_terms import fold_blanks, fold_term, squeeze
from badbuzz.cleaning.folding import fold_texts


def test_texts_are_normalised() -> None:
    assert fold_blanks(fold_texts(pa.array(["A--b \t C", None, "JOE’S &amp;"]))).to_pylist() == [
        "a b c",
        None,
        "joe's &",
    ]


@given(st.text("aB -–\t\n\u00a0\u3000é&;", max_size=20))
def test_terms_and_texts_have_one_form(text: str) -> None:
    assert fold_term(text) == fold_blanks(fold_texts(pa.array([text])))[0].as_py().strip(" ")


def test_blanks_of_folded_texts() -> None:
    assert fold_blanks(pa.array(["a - b", "a b", None])).to_pylist() == ["a b", "a b", None]


@pytest.mark.parametrize(
    ("term", "name"),
    [
        ("at&t", "att"),
        ("l'oreal", "loreal"),
        ("air paradis", "airparadis"),
        ("ソニー", "ソニー"),
        ("ทรู่", "ทรู่"),
    ],
)
def test_names_have_no_punctuation(term: str, name: str) -> None:
    assert squeeze(term) == name
