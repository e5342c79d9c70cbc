from __future__ import annotations

from typing import TYPE_CHECKING

from producer.live.settings import LiveSettings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # without a .env
    for name in ("BADBUZZ_X_BEARER_TOKEN", "BADBUZZ_X_URL", "BADBUZZ_JETSTREAM_URL"):
        monkeypatch.delenv(name, raising=False)
    assert LiveSettings().x_bearer_token is None
    assert LiveSettings().x_url == "https://api.x.com"
    monkeypatch.setenv("BADBUZZ_X_BEARER_TOKEN", "secret")
    settings = LiveSettings()
    assert settings.x_bearer_token is not None
    assert settings.x_bearer_token.get_secret_value() == "secret"
    assert "secret" not in repr(settings)
