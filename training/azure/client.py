"""The service through Microsoft's client: credentials, retries, and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from azure.ai.textanalytics import TextAnalyticsClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, DeserializationError, HttpResponseError, ServiceResponseError
from azure.core.pipeline.policies import RetryPolicy, SansIOHTTPPolicy
from pydantic import ValidationError

from badbuzz.errors import DependencyDown, Misconfigured, describe_validation_error
from training.azure.port import LANGUAGE
from training.azure.response import AnalysisResponse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azure.core.pipeline import PipelineRequest, PipelineResponse
    from azure.core.pipeline.transport import RequestsTransport

    from badbuzz.errors import GiveUp
    from training.azure.port import Answer
    from training.azure.settings import Credentials

_RETRIES: Final = 7
"""Retries of a refused request. The backoff adds up to two minutes; rate limits are per second and per minute."""
_RETRIES_OF_READS: Final = 3
"""Retries if the response was lost or invalid. The request may have been charged, so there are fewer."""
_LONGEST_WAIT_S: Final = 120.0
"""A longer Retry-After means a spent quota, which no retry outlasts."""
_CONNECT_TIMEOUT_S: Final = 10.0
_READ_TIMEOUT_S: Final = 60.0
_TRANSIENT: Final = frozenset({200, 408, 429})
"""All codes from 500 are transient, too. An error with status 200 is a response that could not be read."""
_LONGEST_QUOTE: Final = 300
_PARSED: Final = "badbuzz_response"


class AzureService:
    """The service at ``credentials.endpoint``, which is told not to log the texts."""

    def __init__(
        self, credentials: Credentials, *, model_version: str, transport: RequestsTransport | None = None
    ) -> None:
        self._endpoint = credentials.endpoint
        self._model_version = model_version
        self._client: Any = TextAnalyticsClient(
            credentials.endpoint,
            AzureKeyCredential(credentials.key.get_secret_value()),
            retry_policy=_RetryReads(
                retry_total=_RETRIES,
                retry_connect=_RETRIES,
                retry_status=_RETRIES,
                retry_read=_RETRIES_OF_READS,
                retry_backoff_factor=1.0,
                retry_backoff_max=_LONGEST_WAIT_S,
            ),
            custom_hook_policy=_ParseResponse(),
            permit_redirects=False,  # the client would send the key to any host
            connection_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=_READ_TIMEOUT_S,
            transport=transport,
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def analyse(self, texts: Sequence[str]) -> list[Answer]:
        """See :meth:`training.azure.port.SentimentService.analyse`."""
        documents = [
            {"id": str(number), "language": LANGUAGE, "text": text} for number, text in enumerate(texts)
        ]
        try:
            response: AnalysisResponse = self._client.analyze_sentiment(
                documents,
                model_version=self._model_version,
                disable_service_logs=True,
                cls=lambda response, *_: response.context[_PARSED],
            )
        except (AzureError, DeserializationError) as error:
            raise self._explain(error) from None
        return [response.find_answer(document["id"]) for document in documents]

    def _explain(self, error: Exception) -> GiveUp:
        status = error.status_code if isinstance(error, HttpResponseError) else None
        message = _quote(error)
        if status is None or status in _TRANSIENT or status >= 500:  # noqa: PLR2004 - server errors
            return DependencyDown(f"Azure at {self._endpoint}: {message}")
        return Misconfigured(
            f"Azure at {self._endpoint} refuses ({status}): {message}; check BADBUZZ_AZURE__ENDPOINT, BADBUZZ_AZURE__KEY, "
            f"the quota of the pricing tier, and the model version {self._model_version!r}"
        )


class _RetryReads(RetryPolicy[Any, Any]):
    """The client's retry policy, extended to POST requests.

    By default, the client does not repeat a POST that was throttled without Retry-After, or whose response was lost,
    because a POST may change data. A request for sentiments changes nothing.
    """

    def configure_retries(self, options: dict[str, Any]) -> dict[str, Any]:
        return super().configure_retries(options) | {"methods": frozenset({"POST"})}

    def increment(
        self,
        settings: dict[str, Any],
        response: PipelineRequest[Any] | PipelineResponse[Any, Any] | None = None,
        error: Exception | None = None,
    ) -> bool:
        if isinstance(error, HttpResponseError) and error.status_code is not None:
            return False  # the client found a final error in the response, such as a spent quota
        return super().increment(settings, response, error)

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        try:
            seconds = super().get_retry_after(response)
        except ValueError:
            return None  # neither a number nor a date
        return None if seconds is None else min(seconds, _LONGEST_WAIT_S)


class _ParseResponse(SansIOHTTPPolicy[Any, Any]):
    """Parses the response inside the retry loop, so that an invalid one is requested again."""

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:  # noqa: ARG002
        if response.http_response.status_code != 200:  # noqa: PLR2004 - OK
            return
        try:
            response.context[_PARSED] = AnalysisResponse.model_validate_json(response.http_response.body())
        except ValidationError as error:
            problems = describe_validation_error(error, root="response", show_values=False)
            raise ServiceResponseError(f"the response is invalid: {problems}") from None


def _quote(error: Exception) -> str:
    """Return the first line of the error's message, without control characters."""
    first = str(error).partition("\n")[0][:_LONGEST_QUOTE]
    return "".join(character if character.isprintable() else "?" for character in first)
