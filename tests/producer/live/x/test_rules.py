from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from badbuzz.errors import Misconfigured
from producer.live.stream import Disconnected
from producer.live.x.rules import sync_rules
from producer.live.x.x_stream import XStream
from tests.producer.live.listener import Listener
from tests.producer.live.x.x_server import XServer, post

if TYPE_CHECKING:
    import tweepy


def stream_of(server: XServer, *terms: str) -> XStream:
    return XStream(SecretStr("secret"), terms, server.url, timeout_s=10)


def test_rules_become_the_terms_and_rules_of_others_stay() -> None:
    with XServer([post(1, tag="theirs"), post(2)]) as server:
        server.rules = [
            {"id": "1", "value": "kept", "tag": "badbuzz"},
            {"id": "2", "value": "stale", "tag": "badbuzz"},
            {"id": "3", "value": "their business", "tag": "theirs"},
            {"id": "4", "value": "untagged"},
        ]
        [tweet] = Listener(stream_of(server, "kept", "new")).until(tweets=1)
        rules = {rule["value"]: rule.get("tag") for rule in server.rules}
    assert tweet["id"] == "2"
    assert rules == {"kept": "badbuzz", "their business": "theirs", "untagged": None, "new": "badbuzz"}


def test_a_refused_term_is_named() -> None:
    with XServer() as server:
        server.rule_errors = [{"title": "InvalidRule", "value": "lang:xx", "details": ["no such language"]}]
        with pytest.raises(Misconfigured, match=r"X refuses --track 'lang:xx': no such language"):
            stream_of(server, "lang:xx").listen(lambda _event: None)


class RefusesDuplicates:
    """A client without rules that answers every new rule with a duplicate error."""

    def get_rules(self) -> object:
        return {}

    def add_rules(self, rules: list[tweepy.StreamRule]) -> object:
        return {"errors": [{"title": "DuplicateRule", "value": rule.value} for rule in rules]}


def test_a_duplicate_rule_is_not_an_error() -> None:
    sync_rules(RefusesDuplicates(), ["airparadis"])


def test_an_invalid_answer_is_a_disconnection() -> None:
    client = RefusesDuplicates()
    client.get_rules = lambda: {"data": [{"id": 5}]}  # type: ignore[method-assign] # a stand-in
    with pytest.raises(Disconnected, match=r"X's answer about rules is invalid: data\.0"):
        sync_rules(client, ["airparadis"])
