"""Options of obstore's HTTP client: time limits, and options from the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from obstore.store import ClientConfig

PREFIXES: Final = {
    "s3": "AWS_",
    "s3a": "AWS_",
    "gs": "GOOGLE_",
    "az": "AZURE_",
    "abfs": "AZURE_",
    "abfss": "AZURE_",
}
"""The prefix of a provider's environment variables, by the scheme of its URLs."""

_NAMES: Final = (
    "allow_http",
    "allow_invalid_certificates",
    "connect_timeout",
    "http1_only",
    "http2_keep_alive_interval",
    "http2_keep_alive_timeout",
    "http2_keep_alive_while_idle",
    "http2_only",
    "pool_idle_timeout",
    "pool_max_idle_per_host",
    "proxy_ca_certificate",
    "proxy_excludes",
    "proxy_url",
    "randomize_addresses",
    "read_timeout",
    "root_certificate",
    "timeout",
    "user_agent",
)
_REQUEST_TIMEOUT_S: Final = 600
"""Limit of one request whose bytes keep flowing, such as a model's download on a slow link."""


def build_http_options(scheme: str, silence_s: float) -> ClientConfig:
    """Return a store's options. Those of the environment (``AWS_ALLOW_HTTP``, …) win.

    obstore itself reads the environment only if it is given no options.

    :param silence_s: time limit for a server that sends nothing, also while it receives a request.
    """
    limits = {"timeout": f"{_REQUEST_TIMEOUT_S} seconds", "read_timeout": f"{round(silence_s * 1000)} ms"}
    given = {name: os.environ.get(f"{PREFIXES[scheme]}{name.upper()}") for name in _NAMES}
    return cast("ClientConfig", limits | {name: value for name, value in given.items() if value})
