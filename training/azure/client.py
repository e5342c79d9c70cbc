"""Asking the service, through Microsoft's client: who we are, when to ask again, when to give up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from azure.ai.textanalytics import TextAnalyticsClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, DeserializationError, HttpResponseError, ServiceResponseError
from azure.core.pipeline.policies import RetryPolicy, SansIOHTTPPolicy
from pydantic import ValidationError

from badbuzz.errors import DependencyDown, Misconfigured
from badbuzz.validation import describe_validation_error
from training.azure.port import LANGUAGE
from training.azure.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azure.core.pipeline import PipelineRequest, PipelineResponse
    from azure.core.pipeline.transport import RequestsTransport

    from badbuzz.errors import GiveUp
    from training.azure.port import Answer
    from training.azure.settings import Credentials

_RETRIES: Final = 7
"""Two minutes of waiting by themselves; the service's rate limits are per second and per minute."""
_RETRIES_OF_READS: Final = 3
"""A request whose reply was lost or garbled may have been charged, so it is repeated less often."""
_LONGEST_WAIT_S: Final = 120.0
"""A Retry-After beyond it is a spent quota, which no waiting of ours outlasts."""
_CONNECT_TIMEOUT_S: Final = 10.0
_READ_TIMEOUT_S: Final = 60.0
_TRANSIENT: Final = frozenset({200, 408, 429})
"""And all from 500 on. A 200 that ends as an error is one that could not be read."""
_LONGEST_QUOTE: Final = 300
_REPLY: Final = "badbuzz_reply"


class AzureService:
    """The service at ``credentials.endpoint``; it is asked not to keep the texts in its logs."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        model_version: str,
        transport: RequestsTransport | None = None,
    ) -> None:
        self._endpoint = credentials.endpoint
        self._model_version = model_version
        self._client = TextAnalyticsClient(
            credentials.endpoint,
            AzureKeyCredential(credentials.key.get_secret_value()),
            retry_policy=_Patience(
                retry_total=_RETRIES,
                retry_connect=_RETRIES,
                retry_status=_RETRIES,
                retry_read=_RETRIES_OF_READS,
                retry_backoff_factor=1.0,
                retry_backoff_max=_LONGEST_WAIT_S,
            ),
            custom_hook_policy=_ReadReply(),
            permit_redirects=False,  # the client would take the key along to any host
            connection_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=_READ_TIMEOUT_S,
            transport=transport,
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def analyse(self, texts: Sequence[str]) -> list[Answer]:
        """Ask; see :meth:`training.azure.port.Service.analyse`."""
        documents = [{"id": str(row), "language": LANGUAGE, "text": text} for row, text in enumerate(texts)]
        try:
            reply = cast(
                "Reply",
                self._client.analyze_sentiment(
                    documents,
                    model_version=self._model_version,
                    disable_service_logs=True,
                    cls=_reply_of,
                ),
            )
        except (AzureError, DeserializationError) as error:
            raise self._explain(error) from None
        return [reply.answer(document["id"]) for document in documents]

    def _explain(self, error: Exception) -> GiveUp:
        status = error.status_code if isinstance(error, HttpResponseError) else None
        said = _quotable(error)
        if status is None or status in _TRANSIENT or status >= 500:  # noqa: PLR2004 - the class of a server's faults
            return DependencyDown(f"Azure at {self._endpoint}: {said}")
        return Misconfigured(
            f"Azure at {self._endpoint} refuses ({status}): {said}; check BADBUZZ_AZURE__ENDPOINT, BADBUZZ_AZURE__KEY, "
            f"the quota of their pricing tier, and the model version {self._model_version!r}"
        )


class _Patience(RetryPolicy[Any, Any]):
    """The client's own way of asking again, extended to what it leaves out for a POST.

    It is careful with requests that change something, and would not repeat one that was throttled without a
    Retry-After or whose reply was lost. This one changes nothing.
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
            return False  # the client has seen something final in the response, such as a spent quota
        return super().increment(settings, response, error)

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        try:
            demanded = super().get_retry_after(response)
        except ValueError:
            return None  # neither a number nor a date
        return None if demanded is None else min(demanded, _LONGEST_WAIT_S)


class _ReadReply(SansIOHTTPPolicy[Any, Any]):
    """Reads the reply within the retries, so that a garbled one is asked for again."""

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:  # noqa: ARG002
        if response.http_response.status_code != 200:  # noqa: PLR2004 - OK
            return
        try:
            response.context[_REPLY] = Reply.model_validate_json(response.http_response.body())
        except ValidationError as error:
            problems = describe_validation_error(error, root="reply", show_values=False)
            raise ServiceResponseError(f"the reply makes no sense: {problems}") from None


def _reply_of(response: PipelineResponse[Any, Any], *_: object) -> Reply:
    return cast("Reply", response.context[_REPLY])


def _quotable(error: Exception) -> str:
    """The first line of what was said, fit for a terminal."""
    first = str(error).partition("\n")[0][:_LONGEST_QUOTE]
    return "".join(sign if sign.isprintable() else "?" for sign in first)
