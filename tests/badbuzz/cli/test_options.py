from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click
import pytest

from badbuzz.cli.options import Duration, read_topic

if TYPE_CHECKING:
    from badbuzz.settings import TopicName

NO_CONTEXT = cast("click.Context", None)
OPTION = click.Option(["--topic"])


@pytest.mark.parametrize("name", [None, "tweets", "a.b_c-9", "x" * 249])
def test_a_name_that_kafka_takes_is_returned(name: TopicName | None) -> None:
    assert read_topic(NO_CONTEXT, OPTION, name) == name


@pytest.mark.parametrize("name", ["", "x" * 250, "two words", "../up", "a/b", "tweets\n", "été"])
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(click.BadParameter, match="1 to 249 letters"):
        read_topic(NO_CONTEXT, OPTION, name)


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
