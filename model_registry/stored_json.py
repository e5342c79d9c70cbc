"""Base classes of what the registry stores as JSON."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer


class StoredJson(BaseModel):
    """An immutable object that refuses unknown fields. Aliases are its names in JSON."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_alias=True, validate_by_name=True, serialize_by_alias=True
    )


class SparseStoredJson(StoredJson):
    """An object whose JSON leaves out fields that are None.

    Fields that newer software added stay invisible to older software, and old manifests keep their digest.
    """

    @model_serializer(mode="wrap")
    def _omit_nulls(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in serialize(self).items() if value is not None}
