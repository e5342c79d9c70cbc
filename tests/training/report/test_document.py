from __future__ import annotations

from training.report.document import Paragraph, Quotes, Report, Section


def test_a_report_without_quotes_keeps_everything_else() -> None:
    text, quotes = Paragraph("text"), Quotes("sarcasm", ("oh joy",))
    report = Report("title", ("summary",), (Section("a", "A", (quotes, text)), Section("b", "B", (text,))))
    found = report.without_quotes()
    assert (found.title, found.summary) == ("title", ("summary",))
    assert [section.blocks for section in found.sections] == [(text,), (text,)]
    assert report.sections[0].blocks == (quotes, text)
