"""The parts of a report, independent of the file format: sections of paragraphs, tables, charts and quoted tweets.

Templates tell the blocks of a section apart by ``kind``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.report.charts import Chart


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain text."""

    kind: ClassVar = "paragraph"

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text by column. The first column names the row."""

    kind: ClassVar = "table"

    caption: str
    rows: Sequence[Mapping[Any, str]]


@dataclass(frozen=True, slots=True)
class CaptionedChart:
    """A chart with a caption. ``name`` is the stem of its file."""

    kind: ClassVar = "chart"

    name: str
    caption: str
    chart: Chart


@dataclass(frozen=True, slots=True)
class Quotes:
    """Tweets word for word. They belong to other people, so only a page that stays on the machine shows them."""

    kind: ClassVar = "quotes"

    caption: str
    texts: tuple[str, ...]


Block: TypeAlias = Paragraph | Table | CaptionedChart | Quotes


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading. ``anchor`` is its address in the page."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report. ``summary`` has the findings, a paragraph each."""

    title: str
    summary: tuple[str, ...]
    sections: tuple[Section, ...]

    def without_quotes(self) -> Report:
        """Return the report without other people's tweets."""
        sections = tuple(
            replace(section, blocks=tuple(block for block in section.blocks if block.kind != "quotes"))
            for section in self.sections
        )
        return replace(self, sections=sections)
