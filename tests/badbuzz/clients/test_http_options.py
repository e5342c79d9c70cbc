from __future__ import annotations

from typing import TYPE_CHECKING

from badbuzz.clients.http_options import build_http_options

if TYPE_CHECKING:
    import pytest


def test_a_silent_server_and_a_long_request_have_limits() -> None:
    assert build_http_options("s3", silence_s=0.25) == {"timeout": "600 seconds", "read_timeout": "250 ms"}


def test_the_variables_of_the_provider_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_ALLOW_HTTP", "true")
    monkeypatch.setenv("GOOGLE_READ_TIMEOUT", "1 minute")
    monkeypatch.setenv("AWS_PROXY_URL", "http://127.0.0.1:1")
    assert build_http_options("gs", silence_s=15) == {
        "allow_http": "true",
        "read_timeout": "1 minute",
        "timeout": "600 seconds",
    }
