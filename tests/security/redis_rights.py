"""The documented Redis users, with temporary passwords and a test's topic."""

from __future__ import annotations

import shlex
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

import redis

if TYPE_CHECKING:
    from collections.abc import Iterable

_DOCS: Final = Path(__file__).parents[2] / "docs"
_LINES: Final = [
    line
    for page in ("counters.md", "security.md")
    for line in (_DOCS / page).read_text(encoding="utf-8").splitlines()
    if line.startswith("ACL SETUSER ")
]
USERS: Final = ("badbuzz-worker", "badbuzz-alerts", "badbuzz-verify")


def read_documented_words(user: str) -> list[str]:
    """Return the words of the command that creates a user."""
    (line,) = [line for line in _LINES if line.startswith(f"ACL SETUSER {user} ")]
    return shlex.split(line)


class RedisUsers:
    """The documented users on one server, which has TLS at ``port``."""

    def __init__(self, admin_url: str, port: int, ca_file: Path, topic: str) -> None:
        self.passwords = {user: uuid.uuid4().hex for user in USERS}
        self._admin_url, self._port, self._ca_file, self._topic = admin_url, port, ca_file, topic

    def allow(self, user: str, *, without: Iterable[str] = ()) -> None:
        """Create the user with the documented rights, without those in ``without``."""
        missing = set(without)
        words = [word for word in read_documented_words(user) if word not in missing]
        command = [
            word.replace("change-me", self.passwords[user]).replace("{tweets}", f"{{{self._topic}}}")
            for word in words
        ]
        with redis.Redis.from_url(self._admin_url) as admin:
            admin.execute_command(*command)

    def delete(self) -> None:
        """Delete the users, which belong to the server, not to a database."""
        with redis.Redis.from_url(self._admin_url) as admin:
            admin.acl_deluser(*USERS)

    def url(
        self, user: str, password: str | None = None, port: int | None = None, ca_file: Path | None = None
    ) -> str:
        credentials = f"{user}:{password or self.passwords[user]}"
        return (
            f"rediss://{credentials}@127.0.0.1:{port or self._port}/0?ssl_ca_certs={ca_file or self._ca_file}"
        )
