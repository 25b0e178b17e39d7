"""The number formats our cells wear. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from importers.model import ColumnKind

Format = Mapping[str, str]
"""A NumberFormat, as Google has it."""

# ISO dates rather than those of a locale: everyone who opens the spreadsheet sees the same, unmistakable day.
# Whole numbers wear none: a column's format would hide the decimals of a number that is not whole.
_OF_KIND: dict[ColumnKind, Format] = {
    ColumnKind.MONEY: {"type": "NUMBER", "pattern": "#,##0.00"},
    ColumnKind.DATE: {"type": "DATE", "pattern": "yyyy-mm-dd"},
    ColumnKind.MOMENT: {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm:ss"},
    ColumnKind.TIME: {"type": "TIME", "pattern": "hh:mm:ss"},
    ColumnKind.DURATION: {"type": "TIME", "pattern": "[h]:mm:ss"},
}
_CODES = {
    ColumnKind.MONEY: "m",
    ColumnKind.DATE: "d",
    ColumnKind.MOMENT: "s",
    ColumnKind.TIME: "t",
    ColumnKind.DURATION: "h",
}
_BY_CODE = {code: _OF_KIND[kind] for kind, code in _CODES.items()}


def format_of(kind: ColumnKind) -> Format | None:
    return _OF_KIND.get(kind)


def code_of(kind: ColumnKind) -> str:
    """One letter for the format of a kind; empty where it has none."""
    return _CODES.get(kind, "")


def coded(code: str) -> Format | None:
    """The format that `code_of` gave this letter."""
    return _BY_CODE.get(code)


def number_format(cell: Mapping[str, Any]) -> Format | None:
    """The number format somebody gave a cell, of its CellData."""
    found: Format | None = cell.get("userEnteredFormat", {}).get("numberFormat")
    return found
