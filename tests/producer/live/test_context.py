from __future__ import annotations

import pytest

from badbuzz.contracts.tweet import MAX_TEXT_CHARACTERS
from producer.live.context import as_object, as_objects, join_context


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], None),
        ([None, 7, "", "  ", {}], None),
        ([" a ", "b", "a"], "a | b"),
        (["x" * (MAX_TEXT_CHARACTERS + 1)], "x" * MAX_TEXT_CHARACTERS),
    ],
)
def test_texts_are_joined_once_each(parts: list[object], expected: str | None) -> None:
    assert join_context(parts) == expected


def test_other_values_than_objects_are_left_out() -> None:
    assert (as_object({"a": 1}), as_object([]), as_object(None)) == ({"a": 1}, {}, {})
    assert (as_objects([{}, 7, None]), as_objects({}), as_objects("x")) == ([{}], [], [])
