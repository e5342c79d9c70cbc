"""The service's reply to one request, read strictly: the client would trip over what is not as it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from training.azure.port import NoOpinion, Opinion

if TYPE_CHECKING:
    from training.azure.port import Answer

_NOT_ANSWERED: Final = NoOpinion("NotAnswered", "the reply lacks this text")

Share = Annotated[float, Field(ge=0, le=1)]


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


class Reply(_Part):
    """``POST …/language/:analyze-text`` of kind ``SentimentAnalysis``, as of API version 2023-04-01."""

    results: _Results

    def answer(self, document: str) -> Answer:
        """Find what is said of the document with this id; order and completeness are not the service's promise."""
        for said in self.results.documents:
            if said.id == document:
                confidences = said.confidences
                return Opinion(
                    sentiment=said.sentiment,
                    positive=confidences.positive,
                    neutral=confidences.neutral,
                    negative=confidences.negative,
                    model_version=self.results.model_version,
                )
        for failure in self.results.errors:
            if failure.id == document:
                cause = failure.error.inner or failure.error
                return NoOpinion(cause.code, cause.message)
        return _NOT_ANSWERED
