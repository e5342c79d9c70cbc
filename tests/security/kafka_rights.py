"""A broker with TLS, SCRAM and ACLs. The ACLs are read from the commands in ``docs/security.md``."""

from __future__ import annotations

import shlex
import uuid
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

from benchmarks.servers.kafka import ApacheKafka

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PAGE: Final = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
USERS: Final = ("badbuzz-worker", "badbuzz-producer", "badbuzz-verify", "badbuzz-dlq")
ADMIN: Final = "admin"


@dataclass(frozen=True, slots=True)
class Grant:
    """The right of one user to one operation on one topic or group."""

    user: str
    operation: str
    kind: str
    name: str

    def to_acl(self) -> ACL:
        return ACL(
            principal=f"User:{self.user}",
            host="*",
            operation=ACLOperation[self.operation.upper()],
            permission_type=ACLPermissionType.ALLOW,
            resource_pattern=ResourcePattern(ResourceType[self.kind.upper()], self.name),
        )


def read_documented_grants(user: str, names: Mapping[str, str]) -> list[Grant]:
    """Return the documented grants of a user, with the page's names of topics and groups replaced by a test's."""
    lines = [line for line in PAGE.splitlines() if line.startswith("kafka-acls.sh ")]
    granted = [grant for line in lines for grant in _read(line) if grant.user == user]
    assert granted, f"docs/security.md grants {user} nothing"
    return [Grant(user, grant.operation, grant.kind, names[grant.name]) for grant in granted]


def _read(line: str) -> Iterable[Grant]:
    words = shlex.split(line)
    given = dict(pairwise(words))
    user = given["--allow-principal"].removeprefix("User:")
    operations = [after for word, after in pairwise(words) if word == "--operation"]
    for kind in ("topic", "group"):
        if name := given.get(f"--{kind}"):
            yield from (Grant(user, operation, kind, name) for operation in operations)


class SecuredKafka:
    """The broker, its users' passwords and its ACLs."""

    def __init__(self, folder: Path, certificate: Path, ca_file: Path) -> None:
        self.ca_file = ca_file
        self.passwords = {user: uuid.uuid4().hex for user in (ADMIN, *USERS)}
        listener = "listener.name.client"
        self.broker = ApacheKafka(
            folder,
            security_protocol="SASL_SSL",
            properties={
                "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                # The broker's internal listeners have no users.
                "super.users": f"User:ANONYMOUS;User:{ADMIN}",
                f"{listener}.ssl.keystore.type": "PEM",
                f"{listener}.ssl.keystore.location": str(certificate),
                f"{listener}.sasl.enabled.mechanisms": "SCRAM-SHA-512",
                f"{listener}.scram-sha-512.sasl.jaas.config": (
                    "org.apache.kafka.common.security.scram.ScramLoginModule required;"
                ),
            },
            format_options=[
                f"--add-scram=SCRAM-SHA-512=[name={user},password={password}]"
                for user, password in self.passwords.items()
            ],
        )

    def admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(**self.client_options(ADMIN))

    def client_options(self, user: str) -> dict[str, Any]:
        return {
            "bootstrap_servers": self.broker.bootstrap,
            "security_protocol": "SASL_SSL",
            "ssl_cafile": str(self.ca_file),
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": user,
            "sasl_plain_password": self.passwords[user],
        }

    def environment(self, user: str) -> dict[str, str]:
        """Return the settings of a user."""
        return {
            "BADBUZZ_KAFKA__BOOTSTRAP": self.broker.bootstrap,
            "BADBUZZ_KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
            "BADBUZZ_KAFKA__SSL_CAFILE": str(self.ca_file),
            "BADBUZZ_KAFKA__SASL_MECHANISM": "SCRAM-SHA-512",
            "BADBUZZ_KAFKA__SASL_USERNAME": user,
            "BADBUZZ_KAFKA__SASL_PASSWORD": self.passwords[user],
        }

    def allow(self, grants: Iterable[Grant]) -> None:
        with self.admin() as admin:
            done = admin.create_acls([grant.to_acl() for grant in grants])
        assert not done["failed"], done

    def delete_acls(self) -> None:
        """Remove every ACL."""
        anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        every = ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, anything)
        with self.admin() as admin:
            admin.delete_acls([every])
