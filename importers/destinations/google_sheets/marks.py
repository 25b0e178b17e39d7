"""
What we leave in a spreadsheet to find our tables again: developer metadata,
which travels with its tab, row or column wherever that is moved. Pure.

| key | hangs on | value |
|---|---|---|
| pipesheet-table | the tab | JSON: table, the tab's own id, the run that wrote it last, what that did |
| pipesheet-head | the header row | short name of the table |
| pipesheet-foot | the last three data rows, or as many as there are | short name of the table |
| pipesheet-column | a column | short names of table and column, and a letter for the number format we gave it |
| pipesheet-stage | a staging tab | JSON: table, run, when |

Google allows 30,000 characters a tab for all of it, so what hangs on columns is kept short.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

TABLE = "pipesheet-table"
HEAD = "pipesheet-head"
FOOT = "pipesheet-foot"
COLUMN = "pipesheet-column"
STAGE = "pipesheet-stage"
KEYS = (TABLE, HEAD, FOOT, COLUMN, STAGE)

ROWS, COLUMNS = "ROWS", "COLUMNS"

FEET = 3
"""So many of the last data rows are marked: somebody may delete one of them, or drag it away."""

_SHORT = 6
_TOLD = 4
_SHORT_OF_COLUMN = 8
MOST_MARKED_COLUMNS = 850
"""So many marks Google has room for on one tab; columns beyond are found by their headers."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One piece of metadata, and where it is now. `index` is None where it hangs on the tab itself."""

    id: int
    key: str
    value: str
    sheet_id: int
    dimension: str = ""
    index: int | None = None

    @property
    def content(self) -> Mapping[str, Any]:
        """The value as JSON; empty where it is none."""
        try:
            found = json.loads(self.value)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Done:
    """
    What the run that wrote a table last did: where it put the header row, how
    many data rows there were then, and what a second try of it is to tell.
    """

    run: str
    head: int = 0
    length: int = 0
    rows: int = 0
    added: int | None = None
    changed: int | None = None
    removed: int | None = None

    def as_json(self) -> Json:
        told = [self.rows, self.added, self.changed, self.removed]
        return {"run": self.run, "head": self.head, "rows": self.length, "did": told}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Done:
        told = content.get("did")
        rows, added, changed, removed = told if isinstance(told, list) and len(told) == _TOLD else (0, None, None, None)
        head, length = content.get("head"), content.get("rows")
        return cls(
            str(content.get("run", "")),
            head if isinstance(head, int) else 0,
            length if isinstance(length, int) else 0,
            rows,
            added,
            changed,
            removed,
        )


def short(name: str, length: int = _SHORT) -> str:
    """A short name for a long one: different for different ones, as far as anybody will ever see."""
    raw = hashlib.sha256(name.encode(errors="surrogatepass")).digest()
    return base64.urlsafe_b64encode(raw)[:length].decode()


def short_of_column(key: str) -> str:
    return short(key, _SHORT_OF_COLUMN)


def parsed(found: Iterable[Mapping[str, Any]]) -> list[Mark]:
    """DeveloperMetadata, as answers have it; what hangs elsewhere is left out."""
    return [mark for one in found if (mark := _parsed(one)) is not None]


def _parsed(one: Mapping[str, Any]) -> Mark | None:
    location = one.get("location", {})
    where = location.get("dimensionRange")
    id_, key, value = one["metadataId"], one["metadataKey"], one.get("metadataValue", "")
    if where is not None:
        return Mark(id_, key, value, where.get("sheetId", 0), where.get("dimension", ROWS), where.get("startIndex", 0))
    if location.get("spreadsheet") or location.get("locationType") == "SPREADSHEET":
        return None
    return Mark(id_, key, value, location.get("sheetId", 0))


# --- requests --------------------------------------------------------------------


def table_request(sheet_id: int, table: str, done: Done) -> Json:
    value = json.dumps({"table": table, "tab": sheet_id, **done.as_json()}, separators=(",", ":"))
    return _create(TABLE, value, {"sheetId": sheet_id})


def head_request(sheet_id: int, table: str, row: int) -> Json:
    return _create(HEAD, short(table), _line(sheet_id, ROWS, row))


def foot_request(sheet_id: int, table: str, row: int) -> Json:
    return _create(FOOT, short(table), _line(sheet_id, ROWS, row))


def column_request(sheet_id: int, table: str, key: str, code: str, column: int) -> Json:
    value = f"{short(table)}.{short_of_column(key)}.{code}"
    return _create(COLUMN, value, _line(sheet_id, COLUMNS, column))


def stage_request(sheet_id: int, table: str, run: str, at: str) -> Json:
    value = json.dumps({"table": table, "run": run, "at": at}, separators=(",", ":"))
    return _create(STAGE, value, {"sheetId": sheet_id})


def removal(ids: Sequence[int]) -> list[Json]:
    return [
        {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": id_}}}} for id_ in ids
    ]


def _create(key: str, value: str, location: Json) -> Json:
    metadata = {"metadataKey": key, "metadataValue": value, "location": location, "visibility": "DOCUMENT"}
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}


def _line(sheet_id: int, dimension: str, index: int) -> Json:
    return {"dimensionRange": {"sheetId": sheet_id, "dimension": dimension, "startIndex": index, "endIndex": index + 1}}
