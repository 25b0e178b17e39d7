"""spreadsheets.batchUpdate: every request in order, as one unit."""

from __future__ import annotations

from typing import Any

from sandbox.google.book import Spreadsheet
from sandbox.google.protection import Principal


def apply(spreadsheet: Spreadsheet, requests: list[dict[str, Any]], principal: Principal) -> list[dict[str, Any]]:
    """
    Do all of them and answer one reply each, or raise ApiError and leave everything as it was.

    Hold the spreadsheet's lock. The requests are taken as checked against the
    discovery document, without nulls.
    """
    raise NotImplementedError
