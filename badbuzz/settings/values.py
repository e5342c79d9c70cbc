"""Types of single settings: those with rules of their own, and those that hold or may hold a secret.

What a setting shows of its value is decided by its type, never by what the value looks like. A ``SecretStr`` shows nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, SecretStr, StringConstraints, model_validator

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

MASK: Final = "***"

STORAGE_SCHEMES: Final = frozenset({"", "file", "memory", "s3", "s3a", "gs", "az", "abfs", "abfss"})
"""The schemes of storage URLs; the first stands for a path."""

_LAST_PORT: Final = 65_535
_ADDRESS: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?\]|[A-Za-z0-9_.-]+):([0-9]{1,5})")
_HOST: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)?(?::[0-9]{0,5})?")
_SHOWN_PARAMETERS: Final = frozenset(
    {
        "db",
        "protocol",
        "health_check_interval",
        "socket_timeout",
        "socket_connect_timeout",
        "socket_keepalive",
    }
    | {"ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname"}
)
"""Parameters of a Redis URL that are shown. All others are masked, because redis-py may read a secret from them."""


@dataclass(frozen=True, slots=True)
class MayHoldSecret:
    """Marks a setting whose *wrong* values may hold a secret, so that no message repeats them."""


class RedisUrl(SecretStr):
    """A Redis URL, which may hold a password."""

    def mask(self) -> str:
        """Return the URL with user, host and database, and without passwords. What is not understood is masked."""
        try:
            parts = urlsplit(self.get_secret_value())
        except ValueError:
            return MASK
        credentials, at, host = parts.netloc.rpartition("@")
        user, _, password = credentials.partition(":")
        is_socket = parts.scheme == "unix"
        understood = (
            parts.scheme in {"redis", "rediss", "unix"}
            and not parts.fragment
            and re.fullmatch(_HOST, host)
            and ("@" not in parts.path if is_socket else re.fullmatch(r"(?:/[0-9]*)?", parts.path))
        )
        if not understood:
            return MASK
        shown_user = (
            f"{user}:{MASK}" if password else MASK
        )  # a user alone may be a password in the wrong place
        query = [
            (name, value) if name in _SHOWN_PARAMETERS else (MASK, MASK)
            for name, value in parse_qsl(parts.query)
        ]
        masked = parts._replace(
            netloc=f"{shown_user if at else ''}{at}{host}", query=urlencode(query, safe="*/:")
        )
        return masked.geturl()


def check_addresses(text: str) -> str:
    """Return the ``host:port`` list unchanged.

    :raises ValueError: if it is not one. The message repeats only characters of addresses and of URLs without credentials:
        the value may be a connection string that was pasted into the wrong variable.
    """
    for address in text.split(","):
        found = re.fullmatch(_ADDRESS, address)
        if found and 0 < int(found[1]) <= _LAST_PORT:
            continue
        shown = f" (got {text!r})" if re.fullmatch(r"[A-Za-z0-9_.:,/\[\]% -]{0,80}", text) else ""
        scheme = "; leave out the scheme" if "://" in address else ""
        raise ValueError(
            f"expected host:port, with commas between several, and a port of 1 to {_LAST_PORT}{scheme}{shown}"
        )
    return text


def check_storage_url(url: str) -> str:
    """Return a storage's URL unchanged. A correct one holds no secret.

    :raises ValueError: if its scheme is unknown, or if it holds credentials, which obstore would ignore.
    """
    if not url.strip():
        raise ValueError("is empty; expected a path, or a URL that begins with s3://, gs:// or az://")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("expected a path, or a URL that begins with s3://, gs:// or az://") from None
    if parts.scheme not in STORAGE_SCHEMES:
        raise ValueError(
            f"unknown scheme {parts.scheme[:20]!r}; expected a path, or a URL that begins with s3://, gs:// or az://"
        )
    if parts.scheme in {"", "file"}:
        return url
    container_allowed = parts.scheme in {
        "abfs",
        "abfss",
    }  # abfss://container@account.dfs.core.windows.net/folder
    user, at, host = parts.netloc.rpartition("@")
    if ":" in parts.netloc or (at and not container_allowed) or parts.query or parts.fragment:
        raise ValueError(
            "a storage's URL has only a bucket and a path; give credentials in the provider's own variables, such as "
            "AWS_ACCESS_KEY_ID"
        )
    if parts.scheme != "memory" and not (host or user):
        raise ValueError(f"{parts.scheme}:// has no bucket")
    return url


def check_service_url(url: str) -> str:
    """Return the URL of a web service unchanged. A correct one holds no secret.

    :raises ValueError: if it is not one, or has a part that can hold a secret: a user, a password, parameters or a fragment.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if host is None or parts.scheme not in {"http", "https", "ws", "wss"}:
        raise ValueError("expected a URL that begins with https:// or wss://")
    if "@" in parts.netloc:
        raise ValueError("the URL must not hold a user or a password")
    if any(mark in url for mark in "?#;"):
        raise ValueError(
            "the URL must not hold parameters or a fragment, which could be secrets: leave out '?', '#' and ';'"
        )
    return url


def check_public_name(text: str) -> str:
    """Return a name that is no secret, such as a user's, unchanged.

    :raises ValueError: if it is a connection string or a URL with credentials or parameters, which was meant for another setting.
    """
    if re.search(r"(?i);|://.*[?#@]|^endpoint=|sharedaccess", text):
        raise ValueError(
            "expected a name, not a connection string or a URL with parameters or credentials, which could be secrets"
        )
    return text


RedisUrlSetting = Annotated[
    RedisUrl, BeforeValidator(lambda url: url.get_secret_value() if isinstance(url, SecretStr) else url)
]
"""A Redis URL, given as text or as any secret."""
TopicName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
"""Kafka's rule for topic names. It also makes them safe in file names and Redis keys."""
Addresses = Annotated[str, AfterValidator(check_addresses), MayHoldSecret()]
"""One or more ``host:port``, separated by commas. An IPv6 address is written in brackets."""
StorageUrl = Annotated[str, AfterValidator(check_storage_url), MayHoldSecret()]
"""A path, or the URL of a bucket and a folder in it."""

ServiceUrl = Annotated[str, AfterValidator(check_service_url), MayHoldSecret()]
"""The URL of a web service, without credentials."""
OptionalServiceUrl = Annotated[
    str, AfterValidator(lambda url: url and check_service_url(url)), MayHoldSecret()
]
"""The same, or nothing."""
HostName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:%-]{1,255}$")]
"""A host's name or its IP address, without a port."""
PublicName = Annotated[str, AfterValidator(check_public_name), MayHoldSecret()]
"""A name that goes with a secret and is shown: of a user, a client or what a token is for."""
ServiceUrls = Annotated[
    str,
    AfterValidator(lambda urls: ",".join(check_service_url(url.strip()) for url in urls.split(","))),
    MayHoldSecret(),
]
"""One or more URLs of web services, separated by commas."""


class EmptyMeansUnset(BaseModel):
    """Settings of which an optional one with an empty value is not set, as by Docker Compose's ``${NAME:-}``."""

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        fields = cls.model_fields
        return {
            name: value
            for name, value in given.items()
            if value != "" or name not in fields or not _is_optional(fields[name])
        }


def _is_optional(field: FieldInfo) -> bool:
    return type(None) in get_args(field.annotation)


def mask_value(value: object, field: FieldInfo) -> str:
    """Return the text of a setting's value as far as it may be shown."""
    if value is None:
        return ""
    if isinstance(value, RedisUrl):
        return value.mask()
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    return MASK if _holds(field.annotation, SecretStr) else str(value)


def may_wrong_value_be_shown(field: FieldInfo) -> bool:
    """Return whether a message may repeat a *wrong* value of the setting."""
    marked = any(isinstance(mark, MayHoldSecret) for mark in field.metadata)
    return not marked and not _holds(field.annotation, (SecretStr, BaseModel, MayHoldSecret))


def _holds(annotation: object, kinds: type | tuple[type, ...]) -> bool:
    """Return whether a type, or one of the types it is made of, is one of ``kinds``, or is marked with one."""
    if isinstance(annotation, kinds) or (isinstance(annotation, type) and issubclass(annotation, kinds)):
        return True
    return any(_holds(part, kinds) for part in get_args(annotation))
