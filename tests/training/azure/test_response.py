from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from training.azure.port import DocumentFailure, SentimentResult
from training.azure.response import AnalysisResponse

DOCUMENT = {
    "id": "1",
    "sentiment": "mixed",
    "confidenceScores": {"positive": 0.5, "neutral": 0.2, "negative": 0.3},
}


def parse(*, documents: tuple[Any, ...] = (), errors: tuple[Any, ...] = ()) -> AnalysisResponse:
    results = {"documents": documents, "errors": errors, "modelVersion": "2022-11-01"}
    return AnalysisResponse.model_validate_json(json.dumps({"results": results}))


def test_a_document_has_its_result() -> None:
    found = parse(documents=({**DOCUMENT, "id": "0"}, DOCUMENT)).find_answer("1")
    assert found == SentimentResult("mixed", 0.5, 0.2, 0.3, "2022-11-01")


@pytest.mark.parametrize("name", ["innererror", "innerError"])
def test_a_failure_has_the_inner_error_s_code(name: str) -> None:
    error = {"code": "InvalidArgument", name: {"code": "UnsupportedLanguage", "message": "no"}}
    found = parse(errors=({"id": "1", "error": error},)).find_answer("1")
    assert found == DocumentFailure("UnsupportedLanguage", "no")


def test_a_failure_without_an_inner_error_has_its_own_code() -> None:
    found = parse(errors=({"id": "1", "error": {"code": "InternalServerError"}},)).find_answer("1")
    assert found == DocumentFailure("InternalServerError", "")


def test_a_missing_document_is_a_failure() -> None:
    found = parse(documents=(DOCUMENT,)).find_answer("2")
    assert found == DocumentFailure("NotAnswered", "the response lacks this text")


@pytest.mark.parametrize("positive", [-0.1, 1.1, float("nan"), "much", None])
def test_a_confidence_outside_its_range_is_refused(positive: object) -> None:
    confidences = {"positive": positive, "neutral": 0, "negative": 0}
    with pytest.raises(ValidationError):
        parse(documents=({**DOCUMENT, "confidenceScores": confidences},))
