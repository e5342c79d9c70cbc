"""Adds and deletes rules of X's filtered stream. Rules of other programs on the same account are not changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NotRequired

import requests
import tweepy
import urllib3
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from badbuzz.errors import Misconfigured, describe_validation_error
from producer.live.stream import Disconnected
from producer.live.x.answers import SOURCE, explain_request_error
from producer.live.x.message import RULE_TAG

if TYPE_CHECKING:
    from collections.abc import Collection

_DUPLICATE: Final = "DuplicateRule"


class _Rule(TypedDict):
    value: str
    id: str
    tag: NotRequired[str | None]


class _RuleError(TypedDict):
    title: NotRequired[str]
    value: NotRequired[str]
    details: NotRequired[list[str]]


class _Response(TypedDict):
    data: NotRequired[list[_Rule]]
    errors: NotRequired[list[_RuleError]]


_RESPONSE: Final = TypeAdapter(_Response)


def sync_rules(client: tweepy.StreamingClient, terms: Collection[str]) -> None:
    """Replace the rules of this program by one rule per term.

    :raises Disconnected: if X is unavailable or its rate limit is reached.
    :raises Misconfigured: if X refuses the token or a term.
    """
    try:
        rules = _parse_response(client.get_rules()).get("data", [])
        ours = {rule["value"]: rule["id"] for rule in rules if rule.get("tag") == RULE_TAG}
        stale = [rule_id for value, rule_id in ours.items() if value not in terms]
        if stale:
            client.delete_rules(stale)
        missing = [tweepy.StreamRule(value=term, tag=RULE_TAG) for term in terms if term not in ours]
        if missing:
            _check_errors(_parse_response(client.add_rules(missing)))
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise explain_request_error(error) from None


def _parse_response(response: object) -> _Response:
    try:
        return _RESPONSE.validate_python(response)
    except ValidationError as error:
        raise Disconnected(
            SOURCE,
            f"X's answer about rules is invalid: {describe_validation_error(error, root='message', show_values=False)}",
        ) from None


def _check_errors(response: _Response) -> None:
    errors = [error for error in response.get("errors", []) if error.get("title") != _DUPLICATE]
    if errors:
        problems = "; ".join(
            f"{error.get('value')!r}: {', '.join(error.get('details', []))}" for error in errors
        )
        raise Misconfigured(f"X refuses --track {problems}")
