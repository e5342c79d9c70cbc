from __future__ import annotations

import click
import pytest

from badbuzz.cli.produce.duration import Duration


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("30s", 30), ("2m", 120), ("1h30m", 5_400), ("90", 90), ("1.5s", 1.5), ("250ms", 0.25), ("0", 0)],
)
def test_typed_durations_are_converted_to_seconds(typed: str, seconds: float) -> None:
    assert Duration().convert(typed, None, None) == pytest.approx(seconds)


@pytest.mark.parametrize("typed", ["", "soon", "-3s", "3 s", "s", "3d", "1m30"])
def test_other_texts_are_refused(typed: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a duration"):
        Duration().convert(typed, None, None)
