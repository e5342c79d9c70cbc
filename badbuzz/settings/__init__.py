"""The settings, read from the environment (prefix ``BADBUZZ_``, levels joined by ``__``) and an optional ``.env`` file.

``BADBUZZ_KAFKA__BOOTSTRAP=broker:9092`` sets ``kafka.bootstrap``. Command-line options win over the environment. An empty value
of a setting that may be None means that it is not set; it wins over ``.env``, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from badbuzz.settings.loading import load_as
from badbuzz.settings.values import (
    Addresses,
    EmptyMeansUnset,
    HostName,
    PublicName,
    RedisUrl,
    RedisUrlSetting,
    ServiceUrl,
    StorageUrl,
    TopicName,
)

__all__ = [
    "Addresses",
    "BatchSettings",
    "EngineName",
    "HealthSettings",
    "KafkaSettings",
    "RedisSettings",
    "RegistrySettings",
    "ScoredSettings",
    "Settings",
    "TopicName",
    "load_as",
    "load_settings",
]

EngineName: TypeAlias = Literal["numpy", "tensorflow"]
SaslMechanism: TypeAlias = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "AWS_MSK_IAM"]

_NEEDED: Final = {
    **dict.fromkeys(("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"), ("sasl_username", "sasl_password")),
    "OAUTHBEARER": ("sasl_oauth_token_url", "sasl_oauth_client_id", "sasl_oauth_client_secret"),
    "AWS_MSK_IAM": ("sasl_aws_region",),
}
"""The settings that each mechanism needs."""
_CONNECTION_STRING: Final = "$ConnectionString"
"""The user of Azure Event Hubs whose password is a connection string."""


class _Section(EmptyMeansUnset):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class KafkaSettings(_Section):
    """The Kafka cluster, its topics, and the credentials.

    With ``isolation_level`` ``read_committed``, records of open transactions are not read yet, and those of aborted ones never.
    ``start`` is where a new chain begins. Partitions that are added later always begin at their log's start.
    ``tombstones`` are records without a value: they are skipped and counted, or become dead letters.
    """

    bootstrap: Addresses = "127.0.0.1:9092"
    topic: TopicName = "tweets"
    dead_letter_topic: TopicName = "tweets.dlq"
    group: str = Field(default="badbuzz", min_length=1, max_length=255)
    start: Literal["earliest", "latest"] = "earliest"
    isolation_level: Literal["read_committed", "read_uncommitted"] = "read_committed"
    compression: Literal["none", "gzip", "lz4", "zstd"] | None = None
    tombstones: Literal["skip", "dead-letter"] = "skip"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    ssl_password: SecretStr | None = None
    sasl_mechanism: SaslMechanism | None = None
    sasl_username: PublicName | None = None
    sasl_password: SecretStr | None = None
    sasl_oauth_token_url: ServiceUrl | None = None
    sasl_oauth_client_id: PublicName | None = None
    sasl_oauth_client_secret: SecretStr | None = None
    sasl_oauth_scope: PublicName | None = None
    sasl_oauth_audience: PublicName | None = None
    sasl_oauth_extensions: dict[str, SecretStr] | None = None
    sasl_oauth_cafile: str | None = None
    sasl_aws_region: PublicName | None = None
    session_timeout_ms: int = Field(default=10_000, ge=1_000, le=1_800_000)
    max_poll_interval_ms: int = Field(default=300_000, ge=10_000, le=2_147_483_647)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.topic == self.dead_letter_topic:
            raise ValueError(
                f"topic and dead_letter_topic are both {self.topic!r}; dead letters would be scored again"
            )
        self._check_login()
        return self

    def _check_login(self) -> None:
        protocol, mechanism = self.security_protocol, self.sasl_mechanism
        has_sasl = protocol.startswith("SASL")
        for prefix, is_used in (("sasl_", has_sasl), ("ssl_", protocol.endswith("SSL"))):
            unused = self._list_given(prefix)
            if unused and not is_used:
                raise ValueError(
                    f"{', '.join(unused)}: never used with BADBUZZ_KAFKA__SECURITY_PROTOCOL={protocol}; set that, too"
                )
        if self.ssl_keyfile and not self.ssl_certfile:
            raise ValueError("ssl_keyfile is given without ssl_certfile")
        if has_sasl and mechanism is None:
            raise ValueError(
                f"security_protocol {protocol} needs sasl_mechanism, and sasl_username and sasl_password or a token"
            )
        needed = _NEEDED.get(mechanism or "", ())
        if missing := [name for name in needed if not getattr(self, name)]:
            raise ValueError(f"sasl_mechanism {mechanism} needs {', '.join(missing)}")
        if mechanism == "AWS_MSK_IAM" and protocol != "SASL_SSL":
            raise ValueError(f"sasl_mechanism AWS_MSK_IAM needs security_protocol SASL_SSL (got {protocol})")
        is_azure = self.sasl_username == _CONNECTION_STRING
        secret = self.sasl_password.get_secret_value() if self.sasl_password else ""
        if is_azure != secret.startswith("Endpoint=sb://") and mechanism == "PLAIN":
            raise ValueError(
                f"Azure Event Hubs needs the literal user {_CONNECTION_STRING}, and as password the connection string, which "
                "begins with Endpoint=sb://; in a shell, write the user in single quotes"
            )

    @property
    def codec(self) -> str | None:
        """The name by which kafka-python knows the compression of what is written; None for none.

        Azure Event Hubs refuses lz4 and zstd, and in its standard tier gzip, too.
        """
        chosen = self.compression or ("none" if self.sasl_username == _CONNECTION_STRING else "lz4")
        return None if chosen == "none" else chosen

    def _list_given(self, prefix: str) -> list[str]:
        return [name for name in type(self).model_fields if name.startswith(prefix) and getattr(self, name)]


class RedisSettings(_Section):
    """The Redis server of the counters, and their buckets."""

    url: RedisUrlSetting = RedisUrl("redis://127.0.0.1:6379/0")
    bucket_seconds: int = Field(default=10, ge=1, le=3_600)
    retention_seconds: int = Field(default=7_200, ge=60, le=604_800)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.retention_seconds % self.bucket_seconds:
            raise ValueError(
                f"retention_seconds {self.retention_seconds} is not a multiple of bucket_seconds {self.bucket_seconds}"
            )
        return self


class ScoredSettings(_Section):
    """Where scored rows go. A file is closed after ``file_rows`` rows or ``file_seconds``, whichever comes first.

    ``chain_url`` is where Bad Buzz keeps internal files; default: ``<url>.chain``.
    ``buffer_rows`` limits the unpublished rows of a worker over all its partitions, and so memory: a row has about 400 bytes.
    """

    url: StorageUrl = "data/scored"
    chain_url: StorageUrl | None = None
    file_rows: int = Field(default=100_000, ge=1, le=10_000_000)
    file_seconds: float = Field(default=30.0, gt=0, le=3_600)
    buffer_rows: int = Field(default=150_000, ge=1, le=100_000_000)


class RegistrySettings(_Section):
    """Where model versions and aliases are, and how often a worker checks whether its alias has moved."""

    url: StorageUrl = "data/registry"
    refresh_seconds: float = Field(default=15.0, gt=0, le=86_400)


class BatchSettings(_Section):
    """The micro-batch: up to ``records`` waiting records; at most ``wait_ms`` are spent waiting for the first one.

    A worker stops when more than ``bad_ratio`` of (at least) the last ``bad_window`` records are bad.
    """

    records: int = Field(default=2_048, ge=1, le=100_000)
    wait_ms: int = Field(default=50, ge=1, le=10_000)
    bad_ratio: float = Field(default=0.5, gt=0, le=1)
    bad_window: int = Field(default=5_000, ge=1, le=1_000_000_000)


class HealthSettings(_Section):
    """The address of ``/metrics``, ``/healthz`` and ``/readyz``; port 0 turns it off."""

    host: HostName = "127.0.0.1"
    port: int = Field(default=9_464, ge=0, le=65_535)


class Settings(BaseSettings, EmptyMeansUnset):
    """All settings. ``start_patience_seconds`` is how long a starting worker waits for its dependencies.

    ``encoder`` is the folder of a sentence encoder, for models that need one.
    """

    model_config = SettingsConfigDict(
        env_prefix="BADBUZZ_",
        env_nested_delimiter="__",
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        allow_inf_nan=False,
    )

    kafka: KafkaSettings = KafkaSettings()
    redis: RedisSettings = RedisSettings()
    scored: ScoredSettings = ScoredSettings()
    registry: RegistrySettings = RegistrySettings()
    batch: BatchSettings = BatchSettings()
    health: HealthSettings = HealthSettings()
    model: str = "tweet_sentiment_stacked@production"
    engine: EngineName = "numpy"
    threads: int = Field(default=1, ge=1, le=256)
    brands: str | None = None
    encoder: Path | None = None
    start_patience_seconds: float = Field(default=30.0, ge=0, le=3_600)


def load_settings() -> Settings:
    """Read the settings as :func:`load_as` does."""
    return load_as(Settings)
