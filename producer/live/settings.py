"""Settings of the live streams, from the environment or ``.env``."""

from __future__ import annotations

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class LiveSettings(BaseSettings):
    """Addresses and credentials of the live services."""

    model_config = SettingsConfigDict(env_prefix="BADBUZZ_", env_file=".env", extra="ignore", frozen=True)

    x_bearer_token: SecretStr | None = None
    x_url: str = "https://api.x.com"
    jetstream_url: str = "wss://jetstream2.us-east.bsky.network/subscribe"
