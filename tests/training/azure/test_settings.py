from __future__ import annotations

import pytest
from pydantic import SecretStr

from badbuzz.errors import Misconfigured
from training.azure.settings import AzureSettings, Credentials


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ("BADBUZZ_AZURE__ENDPOINT", "BADBUZZ_AZURE__KEY")),
        ({"ENDPOINT": "https://a.test"}, ("BADBUZZ_AZURE__KEY",)),
        ({"ENDPOINT": "https://a.test", "KEY": ""}, ("BADBUZZ_AZURE__KEY",)),
        ({"KEY": "k"}, ("BADBUZZ_AZURE__ENDPOINT",)),
        ({"ENDPOINT": "https://a.test", "KEY": "k"}, ()),
    ],
)
def test_the_settings_know_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: tuple[str, ...]
) -> None:
    for name in ("ENDPOINT", "KEY"):
        monkeypatch.delenv(f"BADBUZZ_AZURE__{name}", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(f"BADBUZZ_AZURE__{name}", value)
    assert AzureSettings(_env_file=None).missing == missing


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://ours.cognitiveservices.test/",
        "http://127.0.0.1:5000",
        "http://localhost:5000",
        "http://[::1]:5000",
    ],
)
def test_an_address_of_https_or_of_this_machine_will_do(endpoint: str) -> None:
    assert Credentials(endpoint, SecretStr("k")).endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://ours.test",
        "ours.test",
        "https://",
        "ftp://ours.test",
        "ftp://localhost",
        "http://localhost.ours.test",
        "https://[ours",
    ],
)
def test_a_key_never_goes_out_in_the_clear(endpoint: str) -> None:
    with pytest.raises(Misconfigured, match=r"BADBUZZ_AZURE__ENDPOINT: expected .*https://"):
        Credentials(endpoint, SecretStr("k"))


def test_a_key_is_not_shown() -> None:
    assert "hush" not in repr(Credentials("https://ours.test", SecretStr("hush")))
