"""Spreadsheets as people name them: by their address, or by their id. Pure."""

from __future__ import annotations

import re

from importers.errors import InvalidSettings

_ADDRESS = re.compile(r"https?://docs\.google\.com/(?:a/[^/]+/)?spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]{20,}", re.ASCII)
_GID = re.compile(r"[#&?]gid=(\d+)", re.ASCII)


def spreadsheet_id_in(text: str) -> str:
    """
    The id in an address, or the id that *text* is. Raises InvalidSettings for anything else.

    >>> spreadsheet_id_in("https://docs.google.com/spreadsheets/d/1AbC-def/edit#gid=7")
    '1AbC-def'
    """
    text = text.strip()
    found = _ADDRESS.match(text)
    if found:
        return found[1]
    if _ID.fullmatch(text):
        return text
    raise InvalidSettings(
        f"{text[:100]!r} is not the address of a Google spreadsheet.",
        hint="Open the spreadsheet and copy the address from the browser: "
        "it begins with https://docs.google.com/spreadsheets/d/.",
        field="place",
    )


def tab_id_in(text: str) -> int | None:
    """The id of the tab that an address shows, where it names one."""
    found = _GID.search(text)
    return int(found[1]) if found else None


def address_of(spreadsheet_id: str, tab_id: int | None = None) -> str:
    """Where a browser shows it."""
    tab = "" if tab_id is None else f"#gid={tab_id}"
    return f"https://docs.google.com/spreadsheets/d/{spreadsheet_id}/edit{tab}"
