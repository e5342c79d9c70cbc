"""The manifest: the description of a model version, with the SHA-256 of each of its files."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AwareDatetime,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import from_json

from badbuzz.errors import ModelRefused, describe_validation_error
from model_registry.networks.kinds import Kind, Network
from model_registry.package.metrics import Metrics
from model_registry.package.refs import ModelName, ModelRef
from model_registry.stored_json import StoredJson

WORD_FORMAT: Final = 2
"""Format 2 adds pooling, n-gram terms, linear networks, and rates and calibration among the metrics."""

NEWEST_FORMAT: Final = 3
"""Format 3 adds networks with an encoder and ``scaled_by_root_count``. Newer software writes higher numbers."""

MANIFEST: Final = "manifest.json"
WEIGHTS: Final = "weights.safetensors"
VOCABULARY: Final = "vocabulary.txt"
MAX_MANIFEST_BYTES: Final = 1 << 20
MAX_FILE_BYTES: Final = 512 << 20
"""A model directory is untrusted: sizes are checked before reading, so that a large file cannot exhaust memory."""

_DIGEST: Final = "digest"

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PackageFileName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(safetensors|txt|json|md)$")
]
"""Excludes ``..``, folders, hidden files, and files that a shell or Python would run."""

PlainText = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$", max_length=20_000)]
"""Excludes control characters, because the text of a manifest is printed on the operator's terminal."""


class FileEntry(StoredJson):
    """Digest and size of a file."""

    sha256: Sha256
    bytes: int = Field(ge=0, le=MAX_FILE_BYTES)


class Cleaning(StoredJson):
    """The text-cleaning rules that the model was trained with."""

    name: PlainText
    version: int
    fingerprint: Sha256


class Training(StoredJson):
    """The provenance of a model."""

    created_at: AwareDatetime
    software: PlainText
    git_revision: PlainText | None = None
    data_fingerprint: PlainText
    data_terms: PlainText
    vectors: PlainText
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    notes: PlainText = ""


class Manifest(StoredJson):
    """A model version. ``files`` names everything in its directory except the manifest."""

    format: Literal[1, 2, 3]
    name: ModelName
    version: int = Field(ge=1)
    kind: Kind
    network: Network
    cleaning: Cleaning
    threshold: float = Field(default=0.5, gt=0, lt=1)
    metrics: dict[PlainText, Metrics]
    training: Training
    files: dict[PackageFileName, FileEntry]

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if missing := {WEIGHTS, VOCABULARY} - self.files.keys():
            raise ValueError(f"files lacks {', '.join(sorted(missing))}")
        if MANIFEST in self.files:
            raise ValueError(f"files holds {MANIFEST}, which cannot contain its own digest")
        if self.kind != self.network.cell:
            raise ValueError(f"kind says {self.kind}, network.cell {self.network.cell}")
        if self.format < NEWEST_FORMAT == find_oldest_format(self.network):
            raise ValueError(
                f"network: such a {self.kind} needs format {NEWEST_FORMAT}, format says {self.format}"
            )
        return self

    @property
    def ref(self) -> ModelRef:
        """The reference to this version."""
        return ModelRef(self.name, self.version)

    def with_version(self, version: int) -> Manifest:
        """Return a copy with another version number."""
        return self.model_copy(update={"version": version})

    def to_bytes(self) -> bytes:
        """Return the content of ``manifest.json``, with a digest over all its fields."""
        fields = self.model_dump(mode="json")
        return json.dumps(fields | {_DIGEST: _digest(fields)}, indent=1).encode() + b"\n"

    @classmethod
    def read(cls, content: bytes, *, source: str) -> Self:
        """Read the content of ``manifest.json``.

        :param source: where the content comes from, for messages.
        :raises ModelRefused: if it is not a manifest, was changed after it was written, or comes from newer software.
        """
        fields = _parse(content, source)
        written = fields.get("format")
        if not isinstance(written, int) or isinstance(written, bool):
            raise ModelRefused(f"{source}: {MANIFEST} has no format number; this is not a Bad Buzz model")
        if written > NEWEST_FORMAT:
            raise ModelRefused(
                f"{source}: manifest format {written}, this software reads up to {NEWEST_FORMAT}; upgrade badbuzz"
            )
        if fields.pop(_DIGEST, None) != _digest(fields):
            raise ModelRefused(
                f"{source}: {MANIFEST} was changed after it was written (its digest differs); "
                "fetch the model again"
            )
        try:
            return cls.model_validate(fields, by_alias=True, by_name=False)
        except ValidationError as error:
            problems = describe_validation_error(error, root=MANIFEST, show_values=False)
            raise ModelRefused(f"{source}: {MANIFEST} is invalid: {problems}") from None


def find_oldest_format(network: Network) -> Literal[2, 3]:
    """Return the oldest format that can describe the network, so that older software reads what it can."""
    term = network.ngram_term if network.reads == "words" else None
    return NEWEST_FORMAT if network.has_encoder or (term and term.scaled_by_root_count) else WORD_FORMAT


def _parse(content: bytes, source: str) -> dict[str, Any]:
    if len(content) > MAX_MANIFEST_BYTES:
        raise ModelRefused(
            f"{source}: {MANIFEST} is {len(content):,} bytes long, more than {MAX_MANIFEST_BYTES:,}"
        )
    try:
        fields = from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise ModelRefused(f"{source}: {MANIFEST} is not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise ModelRefused(f"{source}: {MANIFEST} is not a JSON object; this is not a Bad Buzz model")
    return fields


def _digest(fields: dict[str, Any]) -> str:
    """Hash the JSON rather than the model's fields, so that fields added by newer software do not change the digest."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
