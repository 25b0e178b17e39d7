"""
What somebody writes in an afternoon: all rows into a Google sheet with gspread.

    python -m bench.plain_sheets update BASE TOKEN SPREADSHEET ROWS COLUMNS EDITION
    python -m bench.plain_sheets append ...

`update` clears the sheet and sends everything at once, `append` sends a
thousand rows at a time. BASE is the pretend Google.
"""

from __future__ import annotations

import sys
from datetime import date
from itertools import islice
from typing import Any

import gspread
import requests
from requests.adapters import HTTPAdapter

from bench.sheets_rows import COLUMNS, rows


class ToThePretendGoogle(HTTPAdapter):
    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = (request.url or "").replace("https://sheets.googleapis.com", self._base)
        return super().send(request, *args, **kwargs)


def main(way: str, base: str, token: str, spreadsheet: str, count: int, columns: int, edition: str) -> None:
    session = requests.Session()
    session.mount("https://", ToThePretendGoogle(base))
    session.headers["Authorization"] = f"Bearer {token}"
    sheet = gspread.Client(auth=None, session=session).open_by_key(spreadsheet).get_worksheet(0)
    header = [column.header for column in COLUMNS[:columns]]
    table = ([plain(value) for value in row] for row in rows(count, columns, edition))
    sheet.clear()
    if way == "update":
        everything = [header, *table]
        sheet.resize(len(everything), columns)
        sheet.update(everything)
        return
    sheet.append_row(header)
    while chunk := list(islice(table, 1000)):
        sheet.append_rows(chunk)


def plain(value: Any) -> Any:
    if value is None:
        return ""
    return value.isoformat(" ") if hasattr(value, "hour") else value.isoformat() if isinstance(value, date) else value


if __name__ == "__main__":
    way, base, token, spreadsheet, count, columns, edition = sys.argv[1:]
    main(way, base, token, spreadsheet, int(count), int(columns), edition)
