from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click
import pytest

from badbuzz.cli.topic_name import read_topic

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
