from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

pytest.importorskip("azure.ai.textanalytics")

from azure.ai.textanalytics import AnalyzeSentimentResult, DocumentError, TextAnalyticsClient
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.transport import RequestsTransport

from badbuzz.errors import DependencyDown, Misconfigured
from tests.security.certificates import Authority
from tests.security.tls_proxy import TlsProxy
from tests.training.azure import server as language
from tests.training.azure.server import HOST, KEY, LanguageServer
from training.azure.client import AzureService
from training.azure.port import CHARACTERS, DOCUMENTS, DocumentFailure, SentimentResult
from training.azure.settings import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOVELY = SentimentResult("positive", 0.9, 0.05, 0.05, language.MODEL_VERSION)
NEUTRAL = SentimentResult("neutral", 0.1, 0.8, 0.1, language.MODEL_VERSION)

_CONFIDENT = (
    b'{"results": {"documents": [{"id": "0", "sentiment": "positive", "confidenceScores": '
    b'{"positive": %s, "neutral": 0, "negative": 0}}], "errors": [], "modelVersion": "1"}}'
)


class Waits(RequestsTransport):  # type: ignore[misc] # azure-core imports it lazily, without a type
    """Records how long the client would wait, without waiting."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.seconds: list[float] = []

    def sleep(self, duration: float) -> None:
        self.seconds.append(duration)


@pytest.fixture
def waits() -> Waits:
    return Waits(connection_timeout=30, read_timeout=30)


@pytest.fixture
def service(server: LanguageServer, waits: Waits) -> Iterator[AzureService]:
    with closing(open_service(server.address, waits)) as opened:
        yield opened


def open_service(address: str, transport: RequestsTransport | None = None, key: str = KEY) -> AzureService:
    return AzureService(Credentials(address, SecretStr(key)), model_version="latest", transport=transport)


def test_a_text_is_answered(service: AzureService) -> None:
    assert service.analyse(["the crew was lovely", "gate 4"]) == [LOVELY, NEUTRAL]


def test_microsoft_s_client_can_read_the_test_server_s_responses(server: LanguageServer) -> None:
    with TextAnalyticsClient(server.address, AzureKeyCredential(KEY)) as client:
        found, refused = client.analyze_sentiment(["a lovely crew", " "])
    assert isinstance(found, AnalyzeSentimentResult)
    assert (found.sentiment, found.confidence_scores.positive) == ("positive", 0.9)
    assert isinstance(refused, DocumentError)
    assert refused.error.code == "InvalidDocument"


def test_the_service_is_told_the_language_and_not_to_log(
    server: LanguageServer, service: AzureService
) -> None:
    service.analyse(["hello"])
    assert server.requests == [
        {
            "kind": "SentimentAnalysis",
            "analysisInput": {"documents": [{"id": "0", "text": "hello", "language": "en"}]},
            "parameters": {
                "loggingOptOut": True,
                "modelVersion": "latest",
                "stringIndexType": "UnicodeCodePoint",
            },
        }
    ]


def test_the_fullest_request_stays_below_the_limit_of_a_megabyte(
    server: LanguageServer, service: AzureService
) -> None:
    service.analyse(["\U0001f600" * CHARACTERS] * DOCUMENTS)
    assert len(json.dumps(server.requests[0])) < 1_000_000


def test_answers_are_matched_by_id_in_any_order(server: LanguageServer, service: AzureService) -> None:
    server.tricks = [language.changed(lambda results: results["documents"].reverse())]
    assert service.analyse(["lovely", "gate"]) == [LOVELY, NEUTRAL]


def test_an_error_of_one_document_leaves_the_others(server: LanguageServer, service: AzureService) -> None:
    def fail_first(results: dict[str, Any]) -> None:
        results["errors"].append(language.failed(results["documents"].pop(0)["id"]))

    server.tricks = [language.changed(fail_first)]
    assert service.analyse(["lovely", "gate"]) == [
        DocumentFailure("InvalidDocument", "this is InvalidDocument"),
        NEUTRAL,
    ]


@pytest.mark.parametrize("errors", [[], [language.failed("99")]])
def test_a_document_that_the_response_lacks_is_a_failure(
    server: LanguageServer, service: AzureService, errors: list[language.Json]
) -> None:
    def drop_first(results: dict[str, Any]) -> None:
        results["documents"].pop(0)
        results["errors"] += errors

    server.tricks = [language.changed(drop_first)]
    missing, found = service.analyse(["lovely", "gate"])
    assert (missing, found) == (DocumentFailure("NotAnswered", "the response lacks this text"), NEUTRAL)


def test_the_client_waits_as_long_as_retry_after_says(
    server: LanguageServer, service: AzureService, waits: Waits
) -> None:
    server.tricks = [language.problem(429, headers={"Retry-After": "7"})]
    assert service.analyse(["lovely"]) == [LOVELY]
    assert waits.seconds == [7]


def test_the_client_waits_at_most_two_minutes(
    server: LanguageServer, service: AzureService, waits: Waits
) -> None:
    server.tricks = [language.problem(429, headers={"Retry-After": "1000000"})]
    service.analyse(["lovely"])
    assert waits.seconds == [120]


@pytest.mark.parametrize("demand", ["soon", "nan", "-3", "0"])
def test_an_invalid_retry_after_is_ignored(
    server: LanguageServer, service: AzureService, waits: Waits, demand: str
) -> None:
    server.tricks = [language.problem(429, headers={"Retry-After": demand})] * 2
    assert service.analyse(["lovely"]) == [LOVELY]
    assert waits.seconds == [2]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_the_backoff_doubles(
    server: LanguageServer, service: AzureService, waits: Waits, status: int
) -> None:
    server.tricks = [language.problem(status)] * 4
    assert service.analyse(["lovely"]) == [LOVELY]
    assert waits.seconds == [2, 4, 8]  # the first retry is immediate


@pytest.mark.parametrize(
    "content",
    [
        b"<html>Bad gateway</html>",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"kind": "SentimentAnalysisResults", "results": null}',
        b'{"results": {"documents": [{"id": 3}], "errors": [], "modelVersion": "1"}}',
        _CONFIDENT % b"1.5",
        _CONFIDENT % b"NaN",
    ],
)
def test_an_invalid_response_is_requested_again(
    server: LanguageServer, service: AzureService, content: bytes
) -> None:
    server.tricks = [language.body(content)] * 2
    assert service.analyse(["lovely"]) == [LOVELY]


def test_a_service_whose_responses_stay_invalid_is_down(
    server: LanguageServer, service: AzureService
) -> None:
    server.tricks = [language.body(b"{}")] * 20
    with pytest.raises(DependencyDown, match="the response is invalid: results: Field required"):
        service.analyse(["lovely"])
    assert len(server.requests) == 4  # each of which may have been charged


def test_a_response_that_only_microsoft_s_client_rejects_is_down_too(
    server: LanguageServer, service: AzureService
) -> None:
    server.tricks = [language.changed(lambda results: results["documents"][0].update(sentences=5))] * 20
    with pytest.raises(DependencyDown):
        service.analyse(["lovely"])


def test_a_truncated_response_is_requested_again(server: LanguageServer, service: AzureService) -> None:
    server.tricks = [language.cut] * 2
    assert service.analyse(["lovely"]) == [LOVELY]


def test_a_slow_response_is_requested_again(server: LanguageServer) -> None:
    server.tricks = [server.late()]
    with closing(open_service(server.address, Waits(read_timeout=0.2))) as service:
        assert service.analyse(["lovely"]) == [LOVELY]


def test_an_unavailable_service_is_down(server: LanguageServer, service: AzureService, waits: Waits) -> None:
    server.tricks = [language.problem(503, "Busy")] * 20
    with pytest.raises(DependencyDown, match=rf"Azure at {server.address}.*Busy"):
        service.analyse(["lovely"])
    assert len(server.requests) == 8
    assert sum(waits.seconds) < 300


def test_an_address_without_a_server_is_down(waits: Waits) -> None:
    with (
        closing(open_service("http://127.0.0.1:1/", waits)) as service,
        pytest.raises(DependencyDown, match=r"127\.0\.0\.1:1"),
    ):
        service.analyse(["lovely"])


def test_a_wrong_key_is_refused_at_once_and_never_shown(server: LanguageServer, waits: Waits) -> None:
    with (
        closing(open_service(server.address, waits, key="not-the-key")) as service,
        pytest.raises(Misconfigured, match=r"refuses \(401\).*BADBUZZ_AZURE__KEY") as refused,
    ):
        service.analyse(["lovely"])
    assert "not-the-key" not in str(refused.value)
    assert server.keys == ["not-the-key"]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_is_not_repeated(server: LanguageServer, service: AzureService, status: int) -> None:
    server.tricks = [language.problem(status, "Nope")]
    with pytest.raises(Misconfigured, match=rf"refuses \({status}\).*Nope"):
        service.analyse(["lovely"])
    assert len(server.requests) == 1


def test_a_spent_quota_is_reported_in_the_service_s_words(
    server: LanguageServer, service: AzureService
) -> None:
    said = "Out of call volume quota for TextAnalytics F0 pricing tier. Please retry after 15 days."
    server.tricks = [language.problem(403, said, {"Retry-After": "1296000"})] * 2
    with pytest.raises(Misconfigured, match="Out of call volume quota"):
        service.analyse(["lovely"])
    assert len(server.requests) == 1


def test_control_characters_in_an_error_are_replaced(server: LanguageServer, service: AzureService) -> None:
    server.tricks = [language.problem(400, "\x1b[2J")]
    with pytest.raises(Misconfigured) as refused:
        service.analyse(["lovely"])
    assert str(refused.value).isprintable()


def test_the_key_does_not_follow_a_redirect(server: LanguageServer, service: AzureService) -> None:
    with LanguageServer() as elsewhere:
        location = f"{elsewhere.address}language/:analyze-text?api-version=2023-04-01"
        server.tricks = [language.problem(307, "Moved", {"Location": location})]
        with pytest.raises(Misconfigured, match=r"refuses \(307\)"):
            service.analyse(["lovely"])
        assert elsewhere.keys == []


def test_the_server_s_certificate_is_verified(
    server: LanguageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ours.ca_file))
    with (
        TlsProxy(ours.issue(HOST), server.port) as trusted,
        closing(open_service(f"https://{HOST}:{trusted.port}", Waits())) as service,
    ):
        assert service.analyse(["lovely"]) == [LOVELY]
    with (
        TlsProxy(theirs.issue(HOST), server.port) as foreign,
        closing(open_service(f"https://{HOST}:{foreign.port}", Waits())) as service,
        pytest.raises(DependencyDown, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        service.analyse(["lovely"])
    assert server.keys == [KEY]


def test_the_key_stays_out_of_the_logs(service: AzureService, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    service.analyse(["lovely"])
    assert "analyze-text" in caplog.text
    assert KEY not in caplog.text
