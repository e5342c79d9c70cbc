from __future__ import annotations

import json

from badbuzz.cleaning import EXPRESSIVE
from training.specs import NgramSpec, RecurrentSpec


def test_json_names_the_kind_and_equal_specs_are_equal() -> None:
    spec = NgramSpec(name="tiny", rows=5)
    assert spec.to_json() == NgramSpec(name="tiny", rows=5).to_json() != NgramSpec(name="tiny").to_json()
    assert {"kind": "ngram", "name": "tiny", "rows": 5}.items() <= json.loads(spec.to_json()).items()


def test_cleaning_rules_go_by_name() -> None:
    assert NgramSpec(name="tiny", cleaning="expressive").rules == EXPRESSIVE


def test_the_schedule_is_constant_or_falls() -> None:
    falling = RecurrentSpec(name="tiny", vectors="own")
    constant = RecurrentSpec(name="tiny", vectors="own", decay=False)
    assert "Adam from 0.001 to 0, 5 epochs" in falling.describe_fitting()
    assert "Adam at 0.001, 5 epochs" in constant.describe_fitting()
