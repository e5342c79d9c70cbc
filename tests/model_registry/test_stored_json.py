from __future__ import annotations

import pytest
from pydantic import Field, ValidationError

from model_registry.stored_json import SparseStoredJson, StoredJson


class Plain(StoredJson):
    count: int = Field(default=1, alias="n")
    note: str | None = None


class Sparse(SparseStoredJson):
    count: int = Field(default=1, alias="n")
    note: str | None = None
    plain: Plain = Plain()


def test_json_has_the_aliases_and_keeps_nulls() -> None:
    assert Plain(count=2).model_dump(mode="json") == {"n": 2, "note": None}
    assert Plain.model_validate({"n": 2}) == Plain(count=2)


def test_a_sparse_object_omits_its_own_nulls_only() -> None:
    assert Sparse().model_dump(mode="json") == {"n": 1, "plain": {"n": 1, "note": None}}
    assert Sparse(note="").model_dump(mode="json")["note"] == ""


@pytest.mark.parametrize("kind", [Plain, Sparse])
def test_unknown_fields_and_changes_are_refused(kind: type[StoredJson]) -> None:
    with pytest.raises(ValidationError, match="other"):
        kind.model_validate({"other": 1})
    with pytest.raises(ValidationError, match="frozen"):
        kind().count = 3  # type: ignore[attr-defined]
