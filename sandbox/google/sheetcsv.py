"""A spreadsheet as delimited text, and delimited text as a spreadsheet: Drive's export and import."""

from __future__ import annotations

import csv
import io
from datetime import date

from sandbox.google.areas import Box
from sandbox.google.book import Spreadsheet, Tab
from sandbox.google.rendering import Rendering, rendered
from sandbox.google.typed import entered

DELIMITERS = {"text/csv": ",", "text/tab-separated-values": "\t"}


def written(book: Spreadsheet, mime_type: str) -> bytes:
    """The first tab, as its cells show it; every row as wide as the widest."""
    tab = next((tab for tab in book.tabs if not tab.hidden), book.tabs[0])
    rows = rendered(book, tab, Box(0, 0, tab.rows, tab.columns), Rendering())
    width = max(map(len, rows), default=0)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=DELIMITERS[mime_type], lineterminator="\r\n")
    writer.writerows([*row, *[""] * (width - len(row))] for row in rows)
    return out.getvalue().removesuffix("\r\n").encode()


def read_into(book: Spreadsheet, text: str, today: date, title: str) -> None:
    """One tab with what *text* holds, as though it had been typed; every other tab is gone. Hold the lock."""
    rows = list(csv.reader(io.StringIO(text)))
    tab = Tab(0, title, max(len(rows), 1), max(map(len, rows), default=1) or 1)
    entries = [[entered(cell, book.locale, today) for cell in row] for row in rows]
    with book.transaction():
        tab.put_block(0, 0, [[entry.value for entry in row] for row in entries])
        for number, row in enumerate(entries):
            for column, entry in enumerate(row):
                if entry.number_format:
                    tab.set_format(number, column, {"numberFormat": entry.number_format})
        book.tabs = [tab]
        book.named_ranges = []
