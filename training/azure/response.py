"""The service's response to one request, validated here because Microsoft's client fails on an invalid one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from model_registry.package.metrics import Share
from training.azure.port import DocumentFailure, SentimentResult

if TYPE_CHECKING:
    from training.azure.port import Answer


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class _Confidences(_Part):
    positive: Share
    neutral: Share
    negative: Share


class _Document(_Part):
    id: str
    sentiment: str
    confidences: _Confidences = Field(alias="confidenceScores")


class _Cause(_Part):
    code: str
    message: str = ""
    inner: _Cause | None = Field(None, validation_alias=AliasChoices("innererror", "innerError"))


class _Failure(_Part):
    id: str
    error: _Cause


class _Results(_Part):
    documents: list[_Document]
    errors: list[_Failure]
    model_version: str = Field(alias="modelVersion")


class AnalysisResponse(_Part):
    """``POST …/language/:analyze-text`` of kind ``SentimentAnalysis``, as of API version 2023-04-01."""

    results: _Results

    def find_answer(self, document_id: str) -> Answer:
        """Return the answer for the document. The service guarantees neither order nor completeness."""
        for document in self.results.documents:
            if document.id == document_id:
                return SentimentResult(
                    document.sentiment,
                    **document.confidences.model_dump(),
                    model_version=self.results.model_version,
                )
        for failure in self.results.errors:
            if failure.id == document_id:
                cause = failure.error.inner or failure.error
                return DocumentFailure(cause.code, cause.message)
        return DocumentFailure("NotAnswered", "the response lacks this text")
