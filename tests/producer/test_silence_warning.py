from __future__ import annotations

from typing import TYPE_CHECKING

from producer.silence_warning import WARN_AFTER_S, SilenceWarning

if TYPE_CHECKING:
    import pytest


def test_an_absence_logs_two_lines_however_long_it_lasts(caplog: pytest.LogCaptureFixture) -> None:
    time = 100.0
    silence = SilenceWarning("kafka", now=lambda: time)
    silence.note_waiting()
    assert caplog.messages == []
    for _ in range(5):
        time += WARN_AFTER_S + 1
        silence.note_waiting()
    assert caplog.messages == ["kafka acknowledges nothing; waiting for it"]
    silence.note_answer()
    silence.note_answer()
    assert caplog.messages[1:] == ["kafka is back"]


def test_a_pause_without_an_expected_answer_is_not_an_absence(caplog: pytest.LogCaptureFixture) -> None:
    time = 100.0
    silence = SilenceWarning("kafka", now=lambda: time)
    time += 60
    silence.note_answer()
    silence.note_waiting()
    assert caplog.messages == []
