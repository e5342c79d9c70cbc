from __future__ import annotations

import pytest

from badbuzz.cli.demo.demo_run import ReplayPlan
from badbuzz.cli.demo.folder import SAMPLE
from badbuzz.cli.produce.replay import replay


@pytest.mark.parametrize("seconds", [10, 40, 3_600])
def test_the_producer_understands_the_plan(seconds: int) -> None:
    name, *arguments = ReplayPlan(SAMPLE, seconds).to_arguments()
    given = replay.make_context("replay", arguments).params
    assert name == "replay"
    assert given["file"] == SAMPLE
    assert given["limit"] == given["rate"] * seconds
    assert 0 < given["at_s"] < given["at_s"] + given["for_s"] < seconds
