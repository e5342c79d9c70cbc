from __future__ import annotations

import io

from rich.console import Console

from producer.progress import ProgressLine


def draw(total: int | None, *, terminal: bool) -> str:
    """Return the terminal's content two seconds after the start, with 500 tweets sent."""
    time = 100.0
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120, color_system=None)
    with ProgressLine("sample.csv", total, console, now=lambda: time) as progress:
        progress(1)
        time += 2
        progress(500)
        progress._progress.refresh()
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()


def test_count_rate_and_time_left() -> None:
    line = draw(1_000, terminal=True)
    assert "sample.csv 500" in line
    assert "250 tweets/s" in line
    assert "50%" in line
    assert "left" in line


def test_without_a_total_no_time_left_is_shown() -> None:
    line = draw(None, terminal=True)
    assert "250 tweets/s" in line
    assert "left" not in line


def test_without_a_terminal_nothing_is_shown() -> None:
    assert draw(1_000, terminal=False) == ""
