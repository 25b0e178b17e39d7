"""Somebody who opens the workbooks and spreadsheets, at any moment."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from openpyxl import load_workbook

from bench.google import PretendGoogle
from importers.staged import PREFIX
from tests.chaos.company import FIELDS, Version, as_shown
from tests.chaos.importers import Made


@dataclass(frozen=True)
class Row:
    """`more` is what stands beside the record: when it was removed, or written."""

    id: int
    version: Version
    more: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Sheet:
    headers: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def versions(self) -> dict[int, Version]:
        return {row.id: row.version for row in self.rows}

    @property
    def doubled(self) -> list[int]:
        ids = [row.id for row in self.rows]
        return sorted({one for one in ids if ids.count(one) > 1}) if len(set(ids)) < len(ids) else []


class Visitor:
    """Reads from disk, and from the pretend Google without the network in between."""

    def __init__(self, workbooks: Path, google: PretendGoogle) -> None:
        self._workbooks = workbooks
        self._google = google
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {google.robot_token()}"

    def sheet(self, one: Made, *, removed: bool = False) -> Sheet | None:
        """None while it is not there. Raises AssertionError where nobody could open it."""
        title = f"{one.sheet} (removed)" if removed else one.sheet
        cells = self._in_excel(one.place, title) if one.plot.is_excel else self._at_google(one.place, title)
        return None if cells is None else _sheet(cells, len(FIELDS[one.plot.kind]))

    def leftovers(self) -> list[str]:
        """Files of ours beside the workbooks, which are there only while something is written."""
        return sorted(str(path) for path in self._workbooks.rglob(f"{PREFIX}*"))

    def hidden_tabs(self, one: Made) -> list[str]:
        """Tabs beside the table's own: those are there only while a run works."""
        tabs = self._asked(f"{one.place}?fields=sheets.properties.title").json()["sheets"]
        titles = [str(tab["properties"]["title"]) for tab in tabs]
        return [title for title in titles if title.startswith("pipesheet")]

    def _in_excel(self, book: str, title: str) -> list[Sequence[Any]] | None:
        files = list(self._workbooks.rglob(f"{book}.xlsx"))
        if not files:
            return None
        try:
            opened = load_workbook(files[0], read_only=True)
        except (zipfile.BadZipFile, KeyError, EOFError, ValueError) as error:
            raise AssertionError(f"{files[0].name} cannot be opened: {error!r}") from error
        try:
            if title not in opened.sheetnames:
                return None
            return [tuple(cell.value for cell in row) for row in opened[title].iter_rows()]
        finally:
            opened.close()

    def _at_google(self, spreadsheet: str, title: str) -> list[Sequence[Any]] | None:
        answer = self._asked(f"{spreadsheet}/values/'{title}'?valueRenderOption=UNFORMATTED_VALUE")
        if answer.status_code == 400:
            return None
        answer.raise_for_status()
        return list(answer.json().get("values", []))

    def _asked(self, path: str) -> requests.Response:
        return self._session.get(f"{self._google.base}/v4/spreadsheets/{path}", timeout=30)


def _sheet(cells: Sequence[Sequence[Any]], fields: int) -> Sheet | None:
    filled = [row for row in cells if any(cell not in ("", None) for cell in row)]
    if not filled:
        return None
    return Sheet(tuple(map(str, filled[0])), tuple(_rows(filled[1:], fields)))


def _rows(cells: Sequence[Sequence[Any]], fields: int) -> Iterator[Row]:
    for row in cells:
        padded = [*row, *[None] * (1 + fields - len(row))]
        yield Row(int(padded[0]), tuple(map(as_shown, padded[1 : 1 + fields])), tuple(padded[1 + fields :]))
