from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from badbuzz.errors import Misconfigured
from producer.live.stream import Disconnected, KeepAlive
from producer.live.x.x_stream import XStream
from tests.producer.live.listener import DEADLINE_S, Listener
from tests.producer.live.server_actions import CutConnection, SendNothing
from tests.producer.live.x.x_server import KEEP_ALIVE, Answer, Step, XServer, post


def stream_of(server: XServer, *terms: str, backfill: int | None = None, timeout_s: float = 10) -> XStream:
    return XStream(SecretStr("secret"), terms or ("airparadis",), server.url, backfill, timeout_s)


def test_posts_arrive_as_tweets() -> None:
    long = post(2, "cut…", note_tweet={"text": "the whole story"}, lang="fr")
    with XServer([KEEP_ALIVE, post(1), KEEP_ALIVE, long]) as server:
        first, second = Listener(stream_of(server)).until(tweets=2)
    assert first == {
        "id": "1",
        "text": "where is my bag",
        "created_at": datetime(2026, 5, 1, 10, tzinfo=UTC),
        "author": "ada",
        "lang": "en",
        "source": "x",
        "kind": "post",
        "original_id": None,
        "context": None,
    }
    assert (second["text"], second["lang"]) == ("the whole story", "fr")
    assert server.tokens == {"Bearer secret"}


@pytest.mark.parametrize(
    "trouble",
    [
        [post(1), CutConnection()],
        [post(1)],  # closed properly
        [post(1), b'{"errors": [{"title": "operational-disconnect", "detail": "moved"}]}\r\n'],
    ],
    ids=["dropped in the middle of a record", "closed", "announced"],
)
def test_a_lost_connection_is_made_again_and_repeated_posts_are_dropped(trouble: list[Step]) -> None:
    with XServer(trouble, [post(1), post(2)]) as server:
        listener = Listener(stream_of(server))
        tweets = listener.until(tweets=2)
    assert [tweet["id"] for tweet in tweets] == ["1", "2"]
    assert listener.back_off.requested == [None]


def test_many_disconnections_in_a_row() -> None:
    with XServer(*[[CutConnection()] for _ in range(8)], [post(1)]) as server:
        listener = Listener(stream_of(server))
        assert len(listener.until(tweets=1)) == 1
    assert len(listener.back_off.requested) == 8


def test_the_wait_for_a_rate_limit_comes_from_the_header() -> None:
    reset = {"x-rate-limit-reset": str(int(time.time()) + 300)}
    with XServer([Answer(429, reset)], [Answer(429)], [Answer(503)], [post(1)]) as server:
        server.rule_answers = [Answer(429, reset), Answer(503)]
        listener = Listener(stream_of(server))
        listener.until(tweets=1)
    by_rules, away, by_stream, unknown, down = listener.back_off.requested
    assert by_rules is not None
    assert by_stream is not None
    assert 200 < by_rules <= 300
    assert 200 < by_stream <= 300
    assert (away, unknown, down) == (None, None, None)


def test_invalid_lines_are_rejected_one_by_one() -> None:
    garbage = [
        b"<html>oops</html>\r\n",
        b'{"data": {"id": 5}}\r\n',
        b"{}\r\n",
        b'"\xff\xfe"\r\n',
        post(9, created_at="0001-01-01T00:00:00+14:00"),
    ]
    with XServer([*garbage, post(1)]) as server:
        listener = Listener(stream_of(server))
        assert len(listener.until(tweets=1)) == 1
    assert [rejected.line for rejected in listener.rejected] == [1, 2, 3, 4, 5]
    assert "data.id: Input should be a valid string" in listener.rejected[1].reason


def test_a_record_may_come_byte_by_byte() -> None:
    slow = [bytes([byte]) for byte in post(1)]
    with XServer([*slow]) as server:
        assert len(Listener(stream_of(server)).until(tweets=1)) == 1


def test_a_silent_connection_is_made_again() -> None:
    with XServer([post(1), SendNothing()], [post(2)]) as server:
        listener = Listener(stream_of(server, timeout_s=1.5))
        assert len(listener.until(tweets=2)) == 2
    assert len(listener.back_off.requested) == 1


def test_keep_alives_keep_the_connection_and_closing_ends_it() -> None:
    with XServer() as server:
        stream = stream_of(server, timeout_s=5)
        alive = threading.Event()

        def emit(event: object) -> None:
            assert isinstance(event, KeepAlive)
            alive.set()

        thread = threading.Thread(target=stream.listen, args=(emit,), daemon=True)
        thread.start()
        assert alive.wait(DEADLINE_S)
        stream.close()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()
    assert len(server.queries) == 1


def test_closing_ends_a_silent_connection() -> None:
    with XServer([post(1), SendNothing()]) as server:
        stream = stream_of(server, timeout_s=60)
        received = threading.Event()
        thread = threading.Thread(target=stream.listen, args=(lambda _event: received.set(),), daemon=True)
        thread.start()
        assert received.wait(DEADLINE_S)
        stream.close()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("status", "advice"), [(401, "BADBUZZ_X_BEARER_TOKEN"), (403, "access level"), (400, "--track")]
)
def test_a_refusal_is_final(status: int, advice: str) -> None:
    with XServer([Answer(status)]) as server, pytest.raises(Misconfigured, match=advice):
        stream_of(server).listen(lambda _event: None)
    with XServer() as server:
        server.rule_answers = [Answer(status)]
        with pytest.raises(Misconfigured, match=advice):
            stream_of(server).listen(lambda _event: None)


@pytest.mark.parametrize("script", [[Answer(401)], [post(1)], [post(1), CutConnection()]])
def test_a_stream_that_has_ended_can_be_closed(script: list[Step]) -> None:
    with XServer(script) as server:
        stream = stream_of(server)
        with pytest.raises((Misconfigured, Disconnected)):
            stream.listen(lambda _event: None)
        stream.close()


def test_backfill_is_requested_only_after_a_disconnection() -> None:
    with XServer([post(1)], [post(2)]) as server:
        Listener(stream_of(server, backfill=3)).until(tweets=2)
    assert [query.get("backfill_minutes") for query in server.queries] == [None, ["3"]]


@pytest.mark.parametrize(("backfill", "gaps"), [(None, 2), (1, 0)])
def test_the_time_without_a_connection_is_a_gap_unless_x_sends_it_again(
    backfill: int | None, gaps: int
) -> None:
    with XServer([post(1)], [Answer(503)], [post(2)], [KEEP_ALIVE, post(3), post(4)]) as server:
        listener = Listener(stream_of(server, backfill=backfill))
        assert len(listener.until(tweets=4)) == 4
    assert len(listener.gaps) == gaps
    assert all("s without a connection are missing" in str(gap) for gap in listener.gaps)


def test_an_absent_server_is_reported_as_disconnected() -> None:
    with XServer() as server:
        url = server.url
    with pytest.raises(Disconnected, match="X is unavailable"):
        XStream(SecretStr("secret"), ["a"], url).listen(lambda _event: None)
