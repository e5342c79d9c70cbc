from __future__ import annotations

import pytest

from model_registry.networks.ngram_term import NgramTerm


def test_json_has_the_names_of_stored_manifests() -> None:
    term = NgramTerm(buckets=50, longest_ngram=2, one_ngram_per_bucket=True, scaled_by_root_count=True)
    fields = {"buckets": 50, "longest": 2, "dropout": 0.0, "chosen": True, "rooted": True}
    assert term.model_dump(mode="json") == fields
    assert NgramTerm.model_validate(fields) == term
    assert "rooted" not in NgramTerm(buckets=50).model_dump(mode="json")


@pytest.mark.parametrize(
    ("term", "scaled", "tensors"),
    [
        (NgramTerm(buckets=50), False, {"wide/weights"}),
        (NgramTerm(buckets=50, scaled_by_root_count=True), True, {"wide/weights"}),
        (NgramTerm(buckets=50, one_ngram_per_bucket=True), True, {"wide/weights", "wide/fingerprints"}),
    ],
)
def test_scaling_and_tensors(term: NgramTerm, scaled: bool, tensors: set[str]) -> None:  # noqa: FBT001 - a parameter
    assert term.is_scaled == scaled
    assert term.tensor_shapes().keys() == tensors


@pytest.mark.parametrize("wrong", [{"buckets": 1}, {"buckets": 1 << 27}, {"longest": 0}, {"dropout": 1}])
def test_numbers_out_of_bounds_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        NgramTerm(**{"buckets": 10} | wrong)
