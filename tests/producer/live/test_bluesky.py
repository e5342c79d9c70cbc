from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http import HTTPStatus

import pytest

from badbuzz.errors import Misconfigured
from producer.live.bluesky import SILENCES_PER_HOST, BlueskyStream
from producer.live.resume_point import HOST_REWIND_US, REWIND_US
from producer.live.stream import ArrivedTweet, Disconnected, EarlierRun, KeepAlive, Position
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
        listener = Listener(BlueskyStream([server.url]))
        [tweet] = listener.until(tweets=1)
    assert tweet == {
        "id": f"at://{DID}/app.bsky.feed.post/r1",
        "text": "no bag, no plane",
        "created_at": datetime(2026, 5, 1, 10, 0, 0, 500_000, tzinfo=UTC),
        "author": DID,
        "lang": "en",
        "source": "bluesky",
        "kind": "post",
        "original_id": None,
        "context": None,
    }
    seen = START_US + 1_000_000
    assert listener.arrivals[0].position == Position(seen, seen, server.url)
    assert server.queries[0]["wantedCollections"] == ["app.bsky.feed.post"]
    assert "cursor" not in server.queries[0]


def test_other_messages_are_keep_alives() -> None:
    others = [
        f'{{"did": "{DID}", "time_us": {START_US}, "kind": "identity", "identity": {{}}}}',
        message(1, operation="delete"),
        message(2, operation="other"),
        message(3, collection="app.bsky.feed.like", record={}),
        post(4, text="   "),
    ]
    with JetstreamServer([*others, post(5)]) as server:
        listener = Listener(BlueskyStream([server.url]))
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
        tweets = Listener(BlueskyStream([server.url], langs=["en", "pt"])).until(tweets=2)
    assert [tweet["id"][-2:] for tweet in tweets] == ["r3", "r4"]


@pytest.mark.parametrize(
    "trouble", [[post(1), post(2), CutConnection()], [post(1), post(2)]], ids=["dropped", "closed"]
)
def test_a_lost_connection_resumes_slightly_earlier_and_repeated_posts_are_dropped(
    trouble: list[Step],
) -> None:
    with JetstreamServer(trouble, [post(1), post(2), post(3)]) as server:
        tweets = Listener(BlueskyStream([server.url])).until(tweets=3)
    assert [tweet["id"][-2:] for tweet in tweets] == ["r1", "r2", "r3"]
    assert server.queries[1]["cursor"] == [str(START_US + 1_000_000 - REWIND_US)]


def test_a_run_resumes_at_the_cursor_of_an_earlier_run() -> None:
    with JetstreamServer([post(1)]) as server:
        Listener(
            BlueskyStream([server.url], earlier_run=EarlierRun(Position(START_US, START_US, server.url)))
        ).until(tweets=1)
    assert server.queries[0]["cursor"] == [str(START_US - REWIND_US)]


def test_many_disconnections_in_a_row() -> None:
    with JetstreamServer(*[[CutConnection()] for _ in range(8)], [post(1)]) as server:
        listener = Listener(BlueskyStream([server.url]))
        assert len(listener.until(tweets=1)) == 1
    assert len(listener.back_off.requested) == 8


def test_temporary_refusals_are_retried() -> None:
    busy = Refuse(HTTPStatus.TOO_MANY_REQUESTS, retry_after="120")
    with JetstreamServer(busy, Refuse(HTTPStatus.SERVICE_UNAVAILABLE), [post(1)]) as server:
        listener = Listener(BlueskyStream([server.url]))
        listener.until(tweets=1)
    assert listener.back_off.requested == [120, None]


def test_other_refusals_are_permanent() -> None:
    with (
        JetstreamServer(Refuse(HTTPStatus.NOT_FOUND)) as server,
        pytest.raises(Misconfigured, match="answers 404; check"),
    ):
        BlueskyStream([server.url]).listen(lambda _event: None)


def test_invalid_messages_are_rejected_one_by_one() -> None:
    invalid: list[Step] = [
        "<html>",
        b"\xff\xfe\x00",
        "[]",
        f'{{"did": "{DID}", "time_us": -5, "kind": "commit"}}',
        message(1, record={"text": 7}),
        message(2),
        message(3, record={"text": "x" * 30_000}),
        post(4, at_us=1_000),
    ]
    with JetstreamServer([*invalid, post(5)]) as server:
        listener = Listener(BlueskyStream([server.url]))
        assert len(listener.until(tweets=1)) == 1
    assert [rejected.line for rejected in listener.rejected] == list(range(1, 9))


def test_a_pong_is_a_sign_of_life() -> None:
    with JetstreamServer([post(1), SendNothing()]) as server:
        stream = BlueskyStream([server.url], silence_s=0.05)
        events: list[object] = []

        def emit(event: object) -> None:
            events.append(event)
            if len(events) > 2 * SILENCES_PER_HOST:
                stream.close()

        stream.listen(emit)
    assert isinstance(events[0], ArrivedTweet)
    assert events[1:] == [KeepAlive()] * 2 * SILENCES_PER_HOST
    assert len(server.queries) == 1


def test_a_connection_without_pongs_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("websockets.sync.client.ClientConnection.ping", lambda _connection: threading.Event())
    with JetstreamServer([post(1), SendNothing()], [post(2)]) as server:
        listener = Listener(BlueskyStream([server.url], silence_s=0.2))
        assert len(listener.until(tweets=2)) == 2
    assert len(listener.back_off.requested) == 1


def test_a_host_that_answers_pings_and_sends_nothing_is_left() -> None:
    with JetstreamServer([post(1), SendNothing()]) as stalled, JetstreamServer([post(1), post(2)]) as other:
        listener = Listener(BlueskyStream([stalled.url, other.url], silence_s=0.05))
        tweets = listener.until(tweets=2)
    assert [tweet["id"][-2:] for tweet in tweets] == ["r1", "r2"]
    assert other.queries[0]["cursor"] == [str(START_US + 1_000_000 - HOST_REWIND_US)]


def test_the_next_host_is_used_and_read_from_earlier_on() -> None:
    first, second = JetstreamServer([post(1), CutConnection()]), JetstreamServer([post(1), post(2)])
    with first, second:
        listener = Listener(BlueskyStream([first.url, second.url]))
        assert len(listener.until(tweets=2)) == 2
    assert second.queries[0]["cursor"] == [str(START_US + 1_000_000 - HOST_REWIND_US)]
    assert listener.arrivals[1].position == Position(
        START_US + 2_000_000, START_US + 1_000_000 - HOST_REWIND_US, second.url
    )
    assert listener.gaps == []


@pytest.mark.parametrize("status", [HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE])
def test_a_host_that_refuses_does_not_end_the_stream(status: HTTPStatus) -> None:
    with JetstreamServer(Refuse(status, retry_after="600")) as refusing, JetstreamServer([post(1)]) as other:
        listener = Listener(BlueskyStream([refusing.url, other.url]))
        assert len(listener.until(tweets=1)) == 1
    assert listener.back_off.requested == [None]


def test_the_refusal_of_the_last_host_is_permanent() -> None:
    with (
        JetstreamServer(*[Refuse(HTTPStatus.NOT_FOUND)] * 2) as a,
        JetstreamServer(Refuse(HTTPStatus.NOT_FOUND)) as b,
    ):
        stream = BlueskyStream([a.url, b.url, a.url])
        with pytest.raises(Disconnected, match="answers 404; it is left out from now on"):
            stream.listen(lambda _event: None)
        with pytest.raises(Misconfigured, match="answers 404; check --url"):
            stream.listen(lambda _event: None)


def test_a_server_without_the_missed_posts_is_a_gap() -> None:
    with JetstreamServer([post(1), CutConnection()], [post(90), post(91)]) as server:
        listener = Listener(BlueskyStream([server.url]))
        listener.until(tweets=3)
    assert [str(gap) for gap in listener.gaps] == [
        f"bluesky: {server.url} continues 89 s after the cursor; it may not have the posts in between"
    ]


def test_a_cursor_of_the_future_is_a_gap_and_is_given_up() -> None:
    hour_later = START_US + 3_600_000_000
    with JetstreamServer([post(1), CutConnection()], [post(1), post(2)]) as server:
        listener = Listener(
            BlueskyStream([server.url], earlier_run=EarlierRun(Position(hour_later, hour_later)))
        )
        assert len(listener.until(tweets=2)) == 2
    [gap] = listener.gaps
    assert "answers with posts from 3,599 s before the cursor, which lies in its future" in gap.problem
    assert server.queries[1]["cursor"] == [str(START_US + 1_000_000 - REWIND_US)]


def test_a_message_from_the_future_does_not_move_the_cursor() -> None:
    hour_later = START_US + 3_600_000_000
    with JetstreamServer([post(1), post(2, at_us=hour_later), CutConnection()], [post(1), post(3)]) as server:
        listener = Listener(BlueskyStream([server.url]))
        assert len(listener.until(tweets=3)) == 3
    assert server.queries[1]["cursor"] == [str(START_US + 1_000_000 - REWIND_US)]
    assert listener.gaps == []


def test_a_later_run_does_not_repeat_posts() -> None:
    earlier = EarlierRun(Position(START_US, START_US), [f"at://{DID}/app.bsky.feed.post/r1"])
    with JetstreamServer([post(1), post(2)]) as server:
        [tweet] = Listener(BlueskyStream([server.url], earlier_run=earlier)).until(tweets=1)
    assert tweet["id"].endswith("/r2")


def test_deletes_are_emitted_only_on_request() -> None:
    account = {
        "did": DID,
        "time_us": START_US,
        "kind": "account",
        "account": {"active": False, "status": "deleted"},
    }
    messages = [message(1, operation="delete"), json.dumps(account), post(2)]
    with JetstreamServer(messages, messages) as server:
        [tweet] = Listener(BlueskyStream([server.url])).until(tweets=1)
        deletes = Listener(BlueskyStream([server.url], langs=["en"], deletes=True)).until(tweets=3)
    assert tweet["id"].endswith("/r2")
    uri = f"at://{DID}/app.bsky.feed.post/r1"
    assert [(found["id"], found["original_id"], found["kind"], found["text"]) for found in deletes[:2]] == [
        (f"{uri}#delete", uri, "delete", ""),
        (f"at://{DID}#delete", f"at://{DID}", "delete", ""),
    ]


def test_closing_ends_a_silent_connection() -> None:
    with JetstreamServer([post(1), SendNothing()]) as server:
        stream = BlueskyStream([server.url])
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
        BlueskyStream([url]).listen(lambda _event: None)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "host/subscribe", "wss://", "ws://[::1", "ws://a/?b=c", ""]
)
def test_an_invalid_address_is_reported(url: str) -> None:
    with pytest.raises(Misconfigured, match="looks like wss://host/subscribe"):
        BlueskyStream([url])
