"""Spreadsheets to try batches on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.google import batch, metadata
from sandbox.google.book import Spreadsheet, Tab
from sandbox.google.discovery import cleaned
from sandbox.google.evaluate import Calculator
from sandbox.google.tab import CELL_LAYERS
from tests.sandbox.google import schemas

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    email: str = "alice@example.com"
    is_owner: bool = True

    def can_edit_protected(self, protected_range: dict[str, Any]) -> bool:
        return self.is_owner or self.email in protected_range.get("editors", {}).get("users", [])


OWNER = Person()
WRITER = Person("bob@example.com", is_owner=False)


class Book:
    """A spreadsheet with short ways to change it and look at it."""

    def __init__(self, rows: int = 10, columns: int = 8) -> None:
        self.book = Spreadsheet.new("book", "A book", now=lambda: NOW)
        self.tab.rows, self.tab.columns = rows, columns

    @property
    def tab(self) -> Tab:
        return self.book.tabs[0]

    def named(self, title: str) -> Tab:
        tab = self.book.tab_named(title)
        assert tab is not None
        return tab

    def do(self, *requests: dict[str, Any], by: Person = OWNER) -> list[dict[str, Any]]:
        """Each request and each reply is held against Google's document."""
        asked = [cleaned("Request", request) for request in requests]
        replies = batch.apply(self.book, asked, by)
        for reply in replies:
            schemas.check("Response", reply)
        return replies

    def add_tab(self, title: str, rows: int = 10, columns: int = 8, sheet_id: int = 7) -> Tab:
        size = {"rowCount": rows, "columnCount": columns}
        self.do({"addSheet": {"properties": {"title": title, "sheetId": sheet_id, "gridProperties": size}}})
        return self.named(title)

    def write(self, rows: list[list[Any]], *, tab: Tab | None = None, row: int = 0, column: int = 0) -> None:
        (tab or self.tab).put_block(row, column, rows)

    def values(self, tab: Tab | None = None) -> list[list[Any]]:
        """What is kept, without the empty edges."""
        tab = tab or self.tab
        box = tab.used()
        return tab.block(0, 0, box.bottom, box.right)

    def shown(self, row: int, column: int, tab: Tab | None = None) -> Any:
        return Calculator(self.book).value(tab or self.tab, row, column)


def grid_range(top: int, left: int, bottom: int, right: int, sheet_id: int = 0) -> dict[str, Any]:
    return {
        "sheetId": sheet_id,
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }


def rows_range(start: int, end: int, sheet_id: int = 0) -> dict[str, Any]:
    return {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": start, "endIndex": end}


def columns_range(start: int, end: int, sheet_id: int = 0) -> dict[str, Any]:
    return {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": start, "endIndex": end}


def dump(book: Spreadsheet) -> str:
    """Everything there is to know about a spreadsheet, to compare."""
    return json.dumps(
        {
            "properties": book.properties_json(),
            "names": book.named_ranges,
            "metadata": list(metadata.every(book)),
            "tabs": [_tab(tab, place) for place, tab in enumerate(book.tabs)],
        },
        sort_keys=True,
        default=repr,
    )


def _tab(tab: Tab, place: int) -> dict[str, Any]:
    lists = ("merges", "conditional_formats", "protected_ranges", "filter_views", "banded_ranges", "charts")
    lists += ("slicers", "tables", "row_groups", "column_groups", "filter")
    return {
        "properties": tab.properties_json(place),
        "cells": {name: list(tab.layer(name).cells()) for name in CELL_LAYERS},
        "lines": [list(line.items()) for line in (tab.row_properties, tab.column_properties)],
        "objects": {name: getattr(tab, name) for name in lists},
    }
