"""The service's address and key, from the environment or ``.env`` like all other settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from badbuzz.errors import Misconfigured
from badbuzz.settings.values import OptionalServiceUrl

_PREFIX: Final = "BADBUZZ_AZURE__"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class AzureSettings(BaseSettings):
    """The address and a key of an Azure AI Language (or Text Analytics) resource."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    endpoint: OptionalServiceUrl = ""
    key: SecretStr = SecretStr("")

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables that must be set and are not."""
        return tuple(f"{_PREFIX}{name.upper()}" for name in ("endpoint", "key") if not getattr(self, name))


@dataclass(frozen=True, slots=True)
class Credentials:
    """The address and the key.

    The client would send the key unencrypted to an HTTP address. Only loopback addresses may use HTTP, because the service's
    container listens there without TLS.

    :raises Misconfigured: if the endpoint is neither an HTTPS address nor on loopback.
    """

    endpoint: str
    key: SecretStr

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.endpoint)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme == "https" and parts.hostname:
            return
        if parts.scheme == "http" and parts.hostname in _LOOPBACK:
            return
        raise Misconfigured(
            f"{_PREFIX}ENDPOINT: expected the resource's https:// address (got {self.endpoint!r})"
        )
