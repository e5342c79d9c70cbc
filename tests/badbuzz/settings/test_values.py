from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, TypeAdapter, ValidationError

from badbuzz.clients.http_options import PREFIXES
from badbuzz.errors import describe_validation_error
from badbuzz.settings import KafkaSettings, RedisSettings
from badbuzz.settings.values import (
    STORAGE_SCHEMES,
    Addresses,
    RedisUrl,
    ServiceUrls,
    check_public_name,
    check_service_url,
    check_storage_url,
    mask_value,
)

SECRET = "hunter2"  # noqa: S105 - the tests' stand-in for one


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://cache:6379/0", "redis://cache:6379/0"),
        ("redis://[::1]:6379/0", "redis://[::1]:6379/0"),
        (f"redis://me:{SECRET}@cache:6379/0", "redis://me:***@cache:6379/0"),
        (f"redis://:{SECRET}@cache/0", "redis://:***@cache/0"),
        (f"redis://{SECRET}@cache", "redis://***@cache"),
        (f"rediss://cache/0?password={SECRET}&db=1", "rediss://cache/0?***=***&db=1"),
        (
            f"rediss://cache/0?ssl_ca_certs=/ca.pem&{SECRET}=x",
            "rediss://cache/0?ssl_ca_certs=/ca.pem&***=***",
        ),
        (f"redis://:pass/{SECRET}@cache/0", "***"),
        (f"redis://:pass#{SECRET}@cache/0", "***"),
        (f"redis://:pass?{SECRET}@cache/0", "***"),
        (f"redis://:{SECRET}", "***"),
        (f"redis://cache/{SECRET}", "***"),
        (f"unix://me:{SECRET}@/run/redis.sock?db=0", "unix://me:***@/run/redis.sock?db=0"),
        (f"unix:///run/{SECRET}@redis.sock", "***"),
        (f"http://{SECRET}", "***"),
        (f"Endpoint=sb://x/;SharedAccessKey={SECRET}", "***"),
        ("redis://[", "***"),
    ],
)
def test_a_redis_url_shows_what_is_understood_and_no_password(url: str, shown: str) -> None:
    assert RedisUrl(url).mask() == shown
    settings = RedisSettings(url=SecretStr(url))
    assert mask_value(settings.url, RedisSettings.model_fields["url"]) == shown
    assert SECRET not in repr(settings)


@given(password=st.text(min_size=6).filter(lambda text: text not in "redis://***@cache:6379/0"))
def test_no_password_is_shown_however_it_is_typed(password: str) -> None:
    for url in (f"redis://:{password}@cache:6379/0", f"redis://{password}@cache:6379/0", password):
        shown = RedisUrl(url).mask()
        assert password not in shown or shown == f"redis://{password}" == url


@pytest.mark.parametrize(
    "text", ["one:9092", "one:9092,two:9093", "[::1]:9092", "[fe80::1%eth0]:9092,a-b.c_d:1"]
)
def test_addresses_are_accepted(text: str) -> None:
    assert TypeAdapter(Addresses).validate_python(text) == text


@pytest.mark.parametrize(
    "text", ["", ",", "one", "one:", "::1:9092", "[::1]", "one:99999", "a:1,,b:2", "http://a:1", "me:x@a:1"]
)
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="expected host:port"):
        TypeAdapter(Addresses).validate_python(text)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "data/scored",
            "/data/scored",
            "file:///data",
            "a@b",
            "memory://",
            "memory:",
            "s3://bucket",
            "s3://bucket/a/b",
        ),
        *("gs://bucket/a", "az://container/a", "abfss://container@account.dfs.core.windows.net/a"),
    ],
)
def test_storage_urls_are_accepted(url: str) -> None:
    assert check_storage_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x",
        "http://x",
        "s3:///x",
        "s3://k:s@x",
        "s3://k@x",
        "az://x?sig=1",
        "gs://x#y",
        "s3://[",
        "c:/data",
    ],
)
def test_other_storage_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"scheme|bucket|expected a path"):
        check_storage_url(url)


def test_every_scheme_that_storage_opens_is_known() -> None:
    assert PREFIXES.keys() | {"", "file", "memory"} == STORAGE_SCHEMES


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "ftp://x", "https://", "https://a:b@x", "https://a@x", "https://["),
        *("https://x/?", "https://x?token=s", "wss://x/s?key=s", "https://x/#s", "https://x/a;token=s"),
    ],
)
def test_other_service_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        check_service_url(url)


@pytest.mark.parametrize(
    "name",
    [
        "$ConnectionString",
        "CN=me,O=us",
        "user@realm",
        "me#1",
        "api://app/.default",
        "https://x/.default",
        "eu-west-1",
    ],
)
def test_names_are_accepted(name: str) -> None:
    assert check_public_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        f"Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=me;SharedAccessKey={SECRET}",
        f"endpoint={SECRET}",
        f"SharedAccessKey={SECRET}",
        f"https://me:{SECRET}@x",
        f"https://x/?client_secret={SECRET}",
        f"https://x/#{SECRET}",
    ],
)
def test_connection_strings_and_urls_with_secrets_are_no_names(name: str) -> None:
    with pytest.raises(ValidationError, match="expected a name") as caught:
        KafkaSettings.model_validate({"sasl_username": name})
    assert SECRET not in describe_validation_error(caught.value, show_values=False)


def test_several_service_urls_are_separated_by_commas() -> None:
    urls: TypeAdapter[str] = TypeAdapter(ServiceUrls)
    assert (
        urls.validate_python("wss://a/subscribe , wss://b/subscribe") == "wss://a/subscribe,wss://b/subscribe"
    )
    for wrong in ("wss://a/subscribe,", "wss://a,b", "", f"wss://a,wss://me:{SECRET}@b"):
        with pytest.raises(ValidationError):
            urls.validate_python(wrong)
