"""The command line of every peer."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PROCESSES = 2
"""Processes (or slots, or workers) of a peer that can be scaled: one for each core of the machine it runs on."""

BATCH = 4_096
"""Tweets scored together by the peers that can choose. The product's engine is fastest with it, too."""


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
        """The consumer group. It belongs to this output, so that a peer that is started again continues."""
        return self.out.name

    def arguments(self) -> list[str]:
        """Return the job as options, for processes that a peer starts."""
        return [
            word for field in fields(self) for word in (f"--{field.name}", str(getattr(self, field.name)))
        ]

    def note_first_record(self) -> None:
        """Note when the first record is seen. Every process of the peer calls it; only the first call counts."""
        self.out.mkdir(parents=True, exist_ok=True)
        try:
            self.first_record_path.touch(exist_ok=False)
        except FileExistsError:
            return

    @property
    def first_record_path(self) -> Path:
        """A file that is made with the first record; its modification time counts."""
        return self.out / "_first_record"
