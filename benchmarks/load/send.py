"""``python -m benchmarks.load.send REQUEST``: send at a steady rate, so that latency is measured without bursts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness.subprocesses import read_request, send_answer, wait_until_all_ready
from benchmarks.load.records import make_records
from benchmarks.load.texts import make_texts
from benchmarks.load.topic import Sender

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP_S = 0.005
"""Interval of the checks of what is due."""


def send_steadily(sender: Sender, found: Iterator[tuple[str, bytes]], rate: float, seconds: float) -> float:
    """Send ``rate`` records a second for ``seconds``. Return the rate that was reached."""
    began = time.perf_counter()
    sent = 0
    while (passed := time.perf_counter() - began) < seconds:
        while sent < passed * rate:
            sender.send(*next(found))
            sent += 1
        time.sleep(STEP_S)
    sender.flush()
    return sent / passed


def main() -> None:
    asked = read_request()
    sender = Sender(asked["bootstrap"], asked["topic"], linger_ms=2)
    found = make_records(make_texts(Path(asked["data"]) if asked["data"] else None))
    wait_until_all_ready()
    send_answer(send_steadily(sender, found, asked["rate"], asked["seconds"]))


if __name__ == "__main__":
    main()
