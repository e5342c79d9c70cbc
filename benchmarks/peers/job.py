"""What every peer is told on its command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PROCESSES = 2
"""How many processes (or slots, or workers) a peer that can be scaled is given: one per core of the machine it runs on."""

BATCH = 4_096
"""Tweets scored together by the peers that may choose: what the product's engine likes best, too."""


@dataclass(frozen=True, slots=True)
class Job:
    """Score the ``records`` records of ``topic``. ``model`` is a folder of :mod:`benchmarks.peers.environment`."""

    bootstrap: str
    topic: str
    records: int
    model: Path
    out: Path
    redis: str

    @classmethod
    def from_arguments(cls, arguments: Sequence[str] | None = None) -> Job:
        parser = argparse.ArgumentParser()
        kinds = {"records": int, "model": Path, "out": Path}
        for field in fields(cls):
            parser.add_argument(f"--{field.name}", type=kinds.get(field.name, str), required=True)
        return cls(**vars(parser.parse_args(arguments)))

    @property
    def group(self) -> str:
        """The consumer group: of this output, so that a peer started again goes on where it was."""
        return self.out.name

    def arguments(self) -> list[str]:
        """The same as options, for processes that a peer starts."""
        return [
            word for field in fields(self) for word in (f"--{field.name}", str(getattr(self, field.name)))
        ]

    def saw_records(self) -> None:
        """Note when the first record was seen, by whichever process of the peer sees one first."""
        self.out.mkdir(parents=True, exist_ok=True)
        try:
            self.first_seen.touch(exist_ok=False)
        except FileExistsError:
            return

    @property
    def first_seen(self) -> Path:
        """Made with the first record; its time is what counts."""
        return self.out / "_first_record"
