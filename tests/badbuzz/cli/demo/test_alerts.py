from __future__ import annotations

from badbuzz.cli.demo.alerts import AlertTracker
from tests.badbuzz.cli.demo.rates import make_rate


def test_an_alert_is_raised_once_and_cleared_at_a_lower_rate() -> None:
    alerts = AlertTracker()
    courses = [(50, []), (80, [True]), (90, []), (70, []), (60, [False]), (70, []), (75, [True])]
    for negative, expected in courses:
        changes = alerts.update([make_rate("all", 500, 1_000), make_rate("airparadis", negative, 100)])
        assert [change.raised for change in changes] == expected, negative
    assert alerts.raised == {"airparadis"}


def test_few_tweets_raise_no_alert() -> None:
    assert AlertTracker().update([make_rate("all", 9, 9), make_rate("a", 9, 9), make_rate("b", 0, 0)]) == []
    assert AlertTracker().update([make_rate("all", 500, 1_000), make_rate("a", 99, 99)]) == []
    assert AlertTracker().update([]) == []


def test_the_rate_of_all_tweets_raises_no_alert() -> None:
    assert AlertTracker().update([make_rate("all", 1_000, 1_000)]) == []


def test_an_alert_is_cleared_even_by_few_tweets() -> None:
    alerts = AlertTracker()
    alerts.update([make_rate("all", 500, 1_000), make_rate("airparadis", 400, 500)])
    (change,) = alerts.update([make_rate("all", 500, 1_000), make_rate("airparadis", 1, 10)])
    assert not change.raised


def test_the_text_of_an_alert_has_its_figures() -> None:
    (change,) = AlertTracker().update([make_rate("all", 1_000, 2_000), make_rate("airparadis", 900, 1_000)])
    assert str(change) == "ALERT airparadis: 90% negative (900 of 1,000 tweets in 10 s)"
