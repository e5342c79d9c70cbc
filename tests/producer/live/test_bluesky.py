from __future__ import annotations

import threading
from datetime import UTC, datetime
from http import HTTPStatus

import pytest

from badbuzz.errors import Misconfigured
from producer.live.bluesky import REWIND_US, BlueskyStream
from producer.live.stream import Disconnected
from tests.producer.live.jetstream_server import (
    DID,
    START_US,
    JetstreamServer,
    Refuse,
    Step,
    message,
    post,
)
from tests.producer.live.listener import DEADLINE_S, Listener
from tests.producer.live.server_actions import CutConnection, SendNothing


def test_posts_arrive_as_tweets_with_a_cursor() -> None:
    with JetstreamServer([post(1)]) as server:
        listener = Listener(BlueskyStream(server.url))
        [tweet] = listener.until(tweets=1)
    assert tweet == {
        "id": f"at://{DID}/app.bsky.feed.post/r1",
        "text": "no bag, no plane",
        "created_at": datetime(2026, 5, 1, 10, 0, 0, 500_000, tzinfo=UTC),
        "author": DID,
        "lang": "en",
        "source": "bluesky",
    }
    assert listener.arrivals[0].cursor == START_US + 1_000_000
    assert server.queries[0]["wantedCollections"] == ["app.bsky.feed.post"]
    assert "cursor" not in server.queries[0]


def test_other_messages_are_keep_alives() -> None:
    others = [
        f'{{"did": "{DID}", "time_us": {START_US}, "kind": "identity", "identity": {{}}}}',
        message(1, operation="delete"),
        message(2, operation="update", record={"text": "edited"}),
        message(3, collection="app.bsky.feed.like", record={}),
        post(4, text="   "),
    ]
    with JetstreamServer([*others, post(5)]) as server:
        listener = Listener(BlueskyStream(server.url))
        assert len(listener.until(tweets=1)) == 1
    assert listener.keep_alives == 5
    assert listener.rejected == []


def test_posts_are_kept_by_their_declared_languages() -> None:
    posts = [
        post(1, langs=["fr"]),
        post(2, langs=[]),
        post(3, langs=["de", "en-GB"]),
        post(4, langs=["pt-BR"]),
    ]
    with JetstreamServer(posts) as server:
        tweets = Listener(BlueskyStream(server.url, langs=["en", "pt"])).until(tweets=2)
    assert [tweet["id"][-2:] for tweet in tweets] == ["r3", "r4"]


@pytest.mark.parametrize(
    "trouble", [[post(1), post(2), CutConnection()], [post(1), post(2)]], ids=["dropped", "closed"]
)
def test_a_lost_connection_resumes_slightly_earlier_and_repeated_posts_are_dropped(
    trouble: list[Step],
) -> None:
    with JetstreamServer(trouble, [post(1), post(2), post(3)]) as server:
        tweets = Listener(BlueskyStream(server.url)).until(tweets=3)
    assert [tweet["id"][-2:] for tweet in tweets] == ["r1", "r2", "r3"]
    assert server.queries[1]["cursor"] == [str(START_US + 2_000_000 - REWIND_US)]


def test_a_run_resumes_at_the_cursor_of_an_earlier_run() -> None:
    with JetstreamServer([post(1)]) as server:
        Listener(BlueskyStream(server.url, cursor=START_US)).until(tweets=1)
    assert server.queries[0]["cursor"] == [str(START_US - REWIND_US)]


def test_many_disconnections_in_a_row() -> None:
    with JetstreamServer(*[[CutConnection()] for _ in range(8)], [post(1)]) as server:
        listener = Listener(BlueskyStream(server.url))
        assert len(listener.until(tweets=1)) == 1
    assert len(listener.back_off.requested) == 8


def test_temporary_refusals_are_retried() -> None:
    busy = Refuse(HTTPStatus.TOO_MANY_REQUESTS, retry_after="120")
    with JetstreamServer(busy, Refuse(HTTPStatus.SERVICE_UNAVAILABLE), [post(1)]) as server:
        listener = Listener(BlueskyStream(server.url))
        listener.until(tweets=1)
    assert listener.back_off.requested == [120, None]


def test_other_refusals_are_permanent() -> None:
    with (
        JetstreamServer(Refuse(HTTPStatus.NOT_FOUND)) as server,
        pytest.raises(Misconfigured, match="answers 404; check"),
    ):
        BlueskyStream(server.url).listen(lambda _event: None)


def test_invalid_messages_are_rejected_one_by_one() -> None:
    invalid: list[Step] = [
        "<html>",
        b"\xff\xfe\x00",
        "[]",
        f'{{"did": "{DID}", "time_us": -5, "kind": "commit"}}',
        message(1, record={"text": 7}),
        message(2),
        message(3, record={"text": "x" * 30_000}),
        post(4).replace("no bag", r"\ud800"),
    ]
    with JetstreamServer([*invalid, post(5)]) as server:
        listener = Listener(BlueskyStream(server.url))
        assert len(listener.until(tweets=1)) == 1
    assert [rejected.line for rejected in listener.rejected] == list(range(1, 9))


@pytest.mark.parametrize(
    "claimed", ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "yesterday", 17, None, "2026-05-01"]
)
def test_an_invalid_date_is_replaced_by_the_servers_date(claimed: object) -> None:
    with JetstreamServer([post(1, createdAt=claimed)]) as server:
        [tweet] = Listener(BlueskyStream(server.url)).until(tweets=1)
    assert tweet["created_at"] == datetime.fromtimestamp((START_US + 1_000_000) / 1e6, tz=UTC)


def test_a_silent_connection_is_made_again() -> None:
    with JetstreamServer([post(1), SendNothing()], [post(2)]) as server:
        listener = Listener(BlueskyStream(server.url, silence_s=0.3))
        assert len(listener.until(tweets=2)) == 2
    assert len(listener.back_off.requested) == 1


def test_closing_ends_a_silent_connection() -> None:
    with JetstreamServer([post(1), SendNothing()]) as server:
        stream = BlueskyStream(server.url)
        received = threading.Event()
        thread = threading.Thread(target=stream.listen, args=(lambda _event: received.set(),), daemon=True)
        thread.start()
        assert received.wait(DEADLINE_S)
        stream.close()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


def test_an_absent_server_is_reported_as_disconnected() -> None:
    with JetstreamServer() as server:
        url = server.url
    with pytest.raises(Disconnected, match="bluesky: ws://"):
        BlueskyStream(url).listen(lambda _event: None)


def test_an_invalid_address_is_reported() -> None:
    with pytest.raises(Misconfigured, match="looks like wss://host/subscribe"):
        BlueskyStream("http://127.0.0.1/").listen(lambda _event: None)
