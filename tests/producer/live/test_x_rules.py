from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests
from pydantic import SecretStr

from badbuzz.errors import Misconfigured
from producer.live.stream import Disconnected
from producer.live.x import XStream
from producer.live.x_rules import explain_rate_limit, explain_refusal, explain_request_error, sync_rules
from tests.producer.live.listener import Listener
from tests.producer.live.x_server import XServer, post

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


def test_the_wait_ends_when_the_rate_limit_resets() -> None:
    wait = explain_rate_limit({"x-rate-limit-reset": str(int(time.time()) + 60)}).wait_s
    assert wait is not None
    assert 50 < wait <= 60
    assert explain_rate_limit({"x-rate-limit-reset": "0"}).wait_s == 1
    assert explain_rate_limit({}).wait_s is None


@pytest.mark.parametrize(
    ("status", "advice"), [(401, "BADBUZZ_X_BEARER_TOKEN"), (403, "access level"), (400, "--track")]
)
def test_a_refusal_names_what_to_check(status: int, advice: str) -> None:
    error = explain_refusal(status, "No")
    assert isinstance(error, Misconfigured)
    assert f"({status} No)" in str(error)
    assert advice in str(error)


def test_a_network_error_is_a_disconnection() -> None:
    error = explain_request_error(requests.ConnectionError("no route"))
    assert isinstance(error, Disconnected)
    assert "X is unavailable: no route" in str(error)
