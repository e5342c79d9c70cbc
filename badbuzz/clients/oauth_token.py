"""Tokens for Kafka's OAUTHBEARER: by client credentials from an identity provider's token URL, or signed for AWS MSK.

Client credentials are those of RFC 6749, section 4.4: one POST with the client's id and secret, and a token in the answer.
"""

from __future__ import annotations

import base64
import json
import logging
import ssl
import threading
import time
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import quote_plus, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from kafka.net.sasl.oauth import AbstractTokenProvider
from pydantic import BaseModel, Field, SecretStr, StringConstraints, ValidationError

from badbuzz.errors import BadBuzzError, Misconfigured, Retry, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

_TIMEOUT_S: Final = 5.0
"""kafka-python asks for a token in the thread that serves all connections, which must not be blocked for long."""
_LARGEST_ANSWER: Final = 1_000_000
_DEFAULT_LIFETIME_S: Final = 300.0
_REFRESH_AT: Final = 0.8
"""A token is replaced after this share of its lifetime, as Kafka's own client does."""
_PAUSE_S: Final = 5.0
"""The shortest time between two failed requests: kafka-python connects several times a second while a broker refuses it."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_SERVER_ERROR: Final = 500
_PASSING: Final = frozenset({408, 425, 429})


class TokenProvider(AbstractTokenProvider):  # type: ignore[misc]  # kafka-python has no types
    """Keeps a token and replaces it before it expires. Thread-safe: all connections of a process share it.

    ``problem`` is why the last request failed; None if it did not.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.problem: BadBuzzError | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._refresh_at = self._expires_at = self._next_try = float("-inf")

    def token(self) -> str:
        """Return a valid token.

        :raises Retry: if there is no answer, and the old token has expired.
        :raises Misconfigured: if the request is refused, and the old token has expired.
        """
        with self._lock:
            now = self._clock()
            if now >= self._refresh_at:
                self._refresh(now)
            return self._token

    def _refresh(self, now: float) -> None:
        is_valid = now < self._expires_at
        if now < self._next_try and self.problem is not None:
            if is_valid:
                return
            raise self.problem
        try:
            token, lifetime_s = self._fetch()
        except BadBuzzError as error:
            self._next_try = now + _PAUSE_S
            if self.problem is None:
                log.warning("kafka login: %s", error)
            self.problem = error
            if is_valid:
                return
            raise
        self.problem = None
        self._token = token
        self._expires_at = now + lifetime_s
        self._refresh_at = now + _REFRESH_AT * lifetime_s

    @abstractmethod
    def _fetch(self) -> tuple[str, float]:
        """Fetch a new token. Return it, and its lifetime in seconds."""


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A client of an identity provider, and what its tokens are for.

    :raises Misconfigured: if the URL is neither HTTPS nor on loopback.
    """

    url: str
    id: str
    secret: SecretStr
    scope: str | None = None
    audience: str | None = None
    extensions: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    authorities: str | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in _LOOPBACK):
            raise Misconfigured(
                f"BADBUZZ_KAFKA__SASL_OAUTH_TOKEN_URL: expected https://, so that the secret is encrypted (got {self.url!r})"
            )


class ClientCredentials(TokenProvider):
    """Fetches tokens with a client's id and secret.

    :raises Misconfigured: if the file of authorities cannot be read.
    """

    def __init__(self, client: OAuthClient, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._url = client.url
        self._extensions = dict(client.extensions)
        self._opener = _build_opener(client.authorities)
        self._request = _build_request(client)

    def extensions(self) -> dict[str, str]:
        """Return what is sent beside the token, such as Confluent Cloud's ``logicalCluster``."""
        return self._extensions

    def _fetch(self) -> tuple[str, float]:
        try:
            with self._opener.open(self._request, timeout=_TIMEOUT_S) as answer:
                content = answer.read(_LARGEST_ANSWER)
        except HTTPError as error:
            with error:
                self._refuse(error.code, error.read(_LARGEST_ANSWER), error.headers.get("Location"))
        except (OSError, ValueError) as error:  # ValueError: a proxy's nonsense
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise Misconfigured(
                    f"token URL {self._url} is not trusted: {reason.verify_message}; check the address, and whether "
                    "BADBUZZ_KAFKA__SASL_OAUTH_CAFILE holds its authority"
                ) from None
            raise Retry("kafka login", f"no answer from token URL {self._url}: {reason}") from None
        return _read_token(self._url, content)

    def _refuse(self, status: int, content: bytes, location: str | None) -> NoReturn:
        reason = f"HTTP status {status}{_read_error(content)}"
        if location is not None:
            reason += f", redirects to {shorten(location)}"
        if status >= _SERVER_ERROR or status in _PASSING:
            raise Retry("kafka login", f"token URL {self._url}: {reason}")
        raise Misconfigured(
            f"token URL {self._url} gives no token: {reason}; check BADBUZZ_KAFKA__SASL_OAUTH_*"
        )


class AwsMskToken(TokenProvider):
    """Signs tokens for AWS MSK with the AWS credentials of this machine, which are found as AWS's own tools find them.

    :raises Misconfigured: if the extra ``msk`` is not installed.
    """

    def __init__(self, region: str) -> None:
        super().__init__()
        try:
            from aws_msk_iam_sasl_signer import (  # noqa: PLC0415 - an extra
                MSKAuthTokenProvider,
            )
        except ModuleNotFoundError as error:
            raise Misconfigured(
                f"{error.name} is not installed: install Bad Buzz with its extra `msk`"
            ) from None
        self._sign = MSKAuthTokenProvider.generate_auth_token
        self._region = region

    def _fetch(self) -> tuple[str, float]:
        try:
            token, expires_ms = self._sign(self._region)
        except Exception as error:  # noqa: BLE001 - boto's errors have no common class
            raise Misconfigured(
                f"AWS credentials give no token for region {self._region!r}: {type(error).__name__}: {error}"
            ) from None
        return token, expires_ms / 1000 - time.time()


def _build_request(client: OAuthClient) -> Request:
    credentials = f"{quote_plus(client.id)}:{quote_plus(client.secret.get_secret_value())}"
    fields = {"grant_type": "client_credentials", "scope": client.scope, "audience": client.audience}
    body = urlencode({name: value for name, value in fields.items() if value}).encode()
    headers = {
        "Accept": "application/json",
        "Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return Request(client.url, body, headers, method="POST")  # noqa: S310 - the scheme was checked


class _Answer(BaseModel):
    access_token: Annotated[str, StringConstraints(pattern=r"^[!-~]+$")]
    expires_in: float = Field(default=_DEFAULT_LIFETIME_S, gt=0, allow_inf_nan=False)


class _NoRedirects(HTTPRedirectHandler):
    """Follows no redirect: it would repeat the request without its body, and perhaps without TLS."""

    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - as the base class's
        return None


def _build_opener(authorities: str | None) -> OpenerDirector:
    context = ssl.create_default_context()
    if authorities:
        try:
            context.load_verify_locations(authorities)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                f"BADBUZZ_KAFKA__SASL_OAUTH_CAFILE: {authorities!r} cannot be used: {error.strerror or error}"
            ) from None
    return build_opener(HTTPSHandler(context=context), _NoRedirects())


def _read_token(url: str, content: bytes) -> tuple[str, float]:
    try:
        answer = _Answer.model_validate_json(content)
    except ValidationError:  # its message would repeat the answer, which may hold a token
        raise Misconfigured(
            f"token URL {url}: the answer is not a token of RFC 6749: expected a JSON object with access_token; is it the "
            "token endpoint?"
        ) from None
    return answer.access_token, answer.expires_in


def _read_error(content: bytes) -> str:
    """Return the provider's reason. The rest of the answer is not shown: it may repeat the request."""
    try:
        answer = json.loads(content)
        texts = [answer[name] for name in ("error", "error_description") if isinstance(answer.get(name), str)]
    except (ValueError, AttributeError):
        return ""
    return "".join(f", {shorten(text)}" for text in texts)
