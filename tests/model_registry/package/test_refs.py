from __future__ import annotations

import pytest

from badbuzz.errors import Misconfigured
from model_registry.package.refs import AliasRef, ModelRef, is_ref, parse_alias, parse_ref


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("tweet_sentiment_glove_lstm:3", ModelRef("tweet_sentiment_glove_lstm", 3)),
        ("tweet_sentiment_glove_lstm@production", AliasRef("tweet_sentiment_glove_lstm", "production")),
        ("a:999999999", ModelRef("a", 999_999_999)),
    ],
)
def test_a_reference_is_parsed_and_formatted(text: str, ref: ModelRef | AliasRef) -> None:
    assert parse_ref(text) == ref
    assert str(ref) == text
    assert is_ref(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name:",
        "name:0",
        "name:01",
        "name:-1",
        "name:1.0",
        "name:x",
        "name@",
        "name@a@b",
        "name:1@b",
        "Name:1",
        "../x:1",
        "a/b:1",
        ".:1",
        "name:1\n",
        "name:١",
        "né:1",
        "name@../../etc",
        f"{'a' * 65}:1",
        "name:1234567890",
    ],
)
def test_other_texts_are_refused_with_what_is_expected(text: str) -> None:
    assert not is_ref(text)
    with pytest.raises(Misconfigured, match="expected name:version or name@alias") as refused:
        parse_ref(text)
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    ("name", "alias"), [("..", "production"), ("a", "../b"), ("a", ""), ("a@b", "c"), ("a", "b@c")]
)
def test_an_invalid_name_or_alias_is_refused(name: str, alias: str) -> None:
    with pytest.raises(Misconfigured):
        parse_alias(name, alias)


def test_a_name_and_an_alias_make_a_reference() -> None:
    assert parse_alias("a", "candidate") == AliasRef("a", "candidate")
