"""Calling the Sheets API, every answer held against Google's document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests

from tests.sandbox.google import schemas

if TYPE_CHECKING:
    from tests.sandbox.google.conftest import Browser

ROOT = "https://sheets.googleapis.com/v4/spreadsheets"


class Sheet:
    """One spreadsheet, as somebody who was given a token sees it."""

    def __init__(self, browser: Browser, token: str, spreadsheet_id: str = "") -> None:
        self._browser, self._token = browser, token
        self.id = spreadsheet_id

    def call(self, method: str, path: str = "", **more: Any) -> requests.Response:
        """`path` is what follows the id."""
        return self._browser.call(method, f"{ROOT}/{self.id}{path}", self._token, **more)

    def told(self, schema: str, method: str, path: str = "", **more: Any) -> Any:
        answer = self.call(method, path, **more)
        assert answer.status_code == 200, answer.text
        return schemas.check(schema, answer.json())

    def refused(self, method: str, path: str = "", *, status: int = 400, **more: Any) -> str:
        answer = self.call(method, path, **more)
        assert answer.status_code == status, answer.text
        return str(answer.json()["error"]["message"])

    # the calls that most tests make ---------------------------------------------------------

    def get(self, **query: Any) -> Any:
        return self.told("Spreadsheet", "GET", params=query)

    def do(self, *requests_: dict[str, Any]) -> list[dict[str, Any]]:
        told = self.told("BatchUpdateSpreadsheetResponse", "POST", ":batchUpdate", json={"requests": requests_})
        replies: list[dict[str, Any]] = told["replies"]
        return replies

    def read(self, range_: str, **query: Any) -> Any:
        return self.told("ValueRange", "GET", values(range_), params=query)

    def values(self, range_: str, **query: Any) -> Any:
        return self.read(range_, **query).get("values")

    def write(self, range_: str, rows: Any, option: str = "RAW", **query: Any) -> Any:
        return self.told(
            "UpdateValuesResponse",
            "PUT",
            values(range_),
            params={"valueInputOption": option, **query},
            json={"values": rows},
        )

    def append(self, range_: str, rows: Any, **query: Any) -> Any:
        return self.told(
            "AppendValuesResponse",
            "POST",
            values(range_, ":append"),
            params={"valueInputOption": "RAW", **query},
            json={"values": rows},
        )


def values(range_: str, verb: str = "") -> str:
    return f"/values/{quote(range_, safe='')}{verb}"
