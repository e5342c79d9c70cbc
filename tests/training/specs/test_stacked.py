from __future__ import annotations

import json

from training.specs import ResidualSpec, StackedSpec, WideDeepSpec

DEEP = WideDeepSpec(name="deep", vectors="glove", shipped_size=7)
SPEC = StackedSpec(name="whole", deep=DEEP, wide=ResidualSpec(buckets=64, longest=2))


def test_a_stacked_spec_needs_the_network_s_vectors_and_teachers() -> None:
    assert (SPEC.vectors_option, SPEC.needs_teachers, SPEC.shipped_size) == ("glove", True, 7)
    assert SPEC.describe_vectors("g.txt") == "g.txt; fine-tuned"


def test_the_manifest_records_the_merged_network_and_its_n_gram_term() -> None:
    settings = SPEC.settings()
    assert (settings["name"], settings["buckets"], settings["longest"]) == ("whole", 64, 2)
    assert settings["cell"] == DEEP.cell
    assert settings["wide"]["known_share"] == 0.9


def test_json_keeps_the_parts_apart() -> None:
    stored = json.loads(SPEC.to_json())
    assert (stored["kind"], stored["deep"]["name"], stored["wide"]["buckets"]) == ("stacked", "deep", 64)
