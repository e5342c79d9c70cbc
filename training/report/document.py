"""What a report is made of, whatever it is written as: sections of notes, tables, figures, and quoted tweets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

    from training.report.charts.svg import Svg


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, each a string as it is to be read; the first column names the row."""

    caption: str
    frame: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Figure:
    """Charts that are looked at together. ``name`` is that of their files, where each is a file of its own."""

    name: str
    caption: str
    charts: tuple[Svg, ...]


@dataclass(frozen=True, slots=True)
class Quotes:
    """Tweets word by word: they are other people's, so only a page that stays on the machine shows them."""

    caption: str
    texts: tuple[str, ...]


Block: TypeAlias = Note | Table | Figure | Quotes


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading; ``anchor`` is its address in the page."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole; ``lead`` says in a few sentences what was found."""

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]

    def without_texts(self) -> Report:
        """The same without other people's words."""
        sections = tuple(
            Section(
                section.anchor,
                section.title,
                tuple(block for block in section.blocks if not isinstance(block, Quotes)),
            )
            for section in self.sections
        )
        return Report(self.title, self.lead, sections)
