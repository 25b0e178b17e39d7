"""The shape of Google's answers, as far as anybody here relies on it. What is not named may be anything."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Required, TypedDict

import msgspec

Json = dict[str, Any]
GridRange = dict[str, int]


class _Grid(TypedDict, total=False):
    rowCount: int
    columnCount: int
    frozenRowCount: int


class _SheetProperties(TypedDict, total=False):
    sheetId: Required[int]
    title: str
    index: int
    sheetType: str
    hidden: bool
    gridProperties: _Grid


class _Protection(TypedDict, total=False):
    range: GridRange
    description: str
    warningOnly: bool
    requestingUserCanEdit: bool
    unprotectedRanges: list[GridRange]


class _Format(TypedDict, total=False):
    numberFormat: dict[str, str]


class _Cell(TypedDict, total=False):
    userEnteredValue: Json
    userEnteredFormat: _Format
    note: str


class _Row(TypedDict, total=False):
    values: list[_Cell]


class _Data(TypedDict, total=False):
    startRow: int
    startColumn: int
    rowData: list[_Row]


class _Sheet(TypedDict, total=False):
    properties: _SheetProperties
    protectedRanges: list[_Protection]
    merges: list[GridRange]
    data: list[_Data]


class _Properties(TypedDict, total=False):
    title: str
    timeZone: str


class _Line(TypedDict, total=False):
    sheetId: int
    dimension: str
    startIndex: int
    endIndex: int


class _Location(TypedDict, total=False):
    locationType: str
    spreadsheet: bool
    sheetId: int
    dimensionRange: _Line


class _Metadata(TypedDict, total=False):
    metadataId: Required[int]
    metadataKey: Required[str]
    metadataValue: str
    location: _Location


class _Match(TypedDict):
    developerMetadata: _Metadata


class _ValueRange(TypedDict, total=False):
    values: list[list[str | int | float | bool]]


class _File(TypedDict):
    id: str
    name: str
    modifiedTime: datetime


class _Capabilities(TypedDict, total=False):
    canEdit: bool


class _Answer(TypedDict, total=False):
    """Of all that is asked: no name means one thing here and another there."""

    properties: _Properties
    sheets: list[_Sheet]
    matchedDeveloperMetadata: list[_Match]
    valueRanges: list[_ValueRange]
    replies: list[Json]
    updatedCells: int
    files: list[_File]
    nextPageToken: str
    capabilities: _Capabilities
    user: Json


def parsed(content: bytes) -> Json:
    """An answer. Raises ValueError where it is none, or of another shape than Google's answers have."""
    told: Json = msgspec.json.decode(content)
    msgspec.convert(told, _Answer)
    return told
