"""A spreadsheet that somebody furnished, before and after ten runs: nothing of theirs changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from importers.destinations.google_sheets.job import Limits
from importers.model import Column, ColumnKind, Row
from sandbox.google.tab import Formula
from tests.importers.destinations.google_sheets.desk import APPEND, COLUMNS, TINY, UPDATE, Desk, deals
from tests.importers.destinations.google_sheets.signed_in import World, a_world

Json = dict[str, Any]

ID, TITLE, VALUE = COLUMNS
STAGE = Column("stage", "Stage")
DAY = Column("day", "Day", ColumnKind.DATE)

TAB = 501
OTHER = 502
"""The ids of the tab that our table stands on, from B5 on, and of another one."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


def box(top: int, left: int, bottom: int, right: int, tab: int = TAB) -> Json:
    return {
        "sheetId": tab,
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }


def cell(row: int, column: int, tab: int = TAB) -> Json:
    return box(row, column, row + 1, column + 1, tab)


def wears(area: Json, form: Json) -> Json:
    fields = ",".join(f"userEnteredFormat.{name}" for name in form)
    return {"repeatCell": {"range": area, "cell": {"userEnteredFormat": form}, "fields": fields}}


def noted(row: int, column: int, note: str, tab: int = TAB) -> Json:
    start = {"sheetId": tab, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": [{"values": [{"note": note}]}], "fields": "note"}}


def typed(row: int, column: int, text: str, tab: int = TAB, **more: Any) -> Json:
    value = {"formulaValue": text} if text.startswith("=") else {"stringValue": text}
    start = {"sheetId": tab, "rowIndex": row, "columnIndex": column}
    fields = ",".join(["userEnteredValue", *more])
    return {
        "updateCells": {"start": start, "rows": [{"values": [{"userEnteredValue": value, **more}]}], "fields": fields}
    }


def one_of(*choices: str) -> Json:
    return {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": choice} for choice in choices]}}


GREEN = {"red": 0.8, "green": 1.0, "blue": 0.8}
SOURCE = box(4, 1, 13, 4)
"""The headers and the eight rows that are there when the desk is furnished."""


def series(left: int, tab: int = TAB) -> Json:
    return {"sourceRange": {"sources": [box(4, left, 13, left + 1, tab)]}}


def chart(title: str, tab: int) -> Json:
    basic = {
        "chartType": "COLUMN",
        "headerCount": 1,
        "domains": [{"domain": series(2)}],
        "series": [{"series": series(3), "targetAxis": "LEFT_AXIS"}],
    }
    position = {"overlayPosition": {"anchorCell": {"sheetId": tab, "rowIndex": 0, "columnIndex": 9}}}
    return {"addChart": {"chart": {"spec": {"title": title, "basicChart": basic}, "position": position}}}


PIVOT = {
    "source": SOURCE,
    "rows": [{"sourceColumnOffset": 1, "showTotals": True, "sortOrder": "ASCENDING"}],
    "values": [{"sourceColumnOffset": 2, "summarizeFunction": "SUM"}],
}

FURNITURE: dict[str, list[Json]] = {
    # on the tab itself, above and left of the table
    "title": [typed(0, 0, "Deals of the year")],
    "title merged": [{"mergeCells": {"range": box(0, 0, 1, 4), "mergeType": "MERGE_ALL"}}],
    "title format": [wears(cell(0, 0), {"textFormat": {"bold": True, "fontSize": 18}})],
    "title note": [noted(0, 0, "Ask Ann before you change this")],
    "sum above": [typed(1, 2, "=SUM(D6:D13)")],
    "sum of the column": [typed(1, 3, "=SUM(D6:D)")],
    "remarks on the left": [typed(6, 0, "call Ann"), typed(9, 0, "lost?")],
    "checkbox on the left": [
        {"setDataValidation": {"range": cell(7, 0), "rule": {"condition": {"type": "BOOLEAN"}, "showCustomUi": True}}}
    ],
    # beside
    "header beside": [typed(4, 5, "Twice"), typed(4, 6, "Who")],
    "formulas beside": [typed(row, 5, f"=D{row + 1}*2") for row in range(5, 13)],
    "link beside": [typed(5, 7, '=HYPERLINK("https://example.com", "look")')],
    "names beside": [typed(5, 6, "Ann"), typed(6, 6, "Bob")],
    "choices beside": [{"setDataValidation": {"range": box(5, 6, 13, 7), "rule": one_of("Ann", "Bob")}}],
    "note beside": [noted(5, 6, "She knows")],
    "colour beside": [wears(cell(6, 6), {"backgroundColor": GREEN})],
    "border beside": [{"updateBorders": {"range": box(4, 5, 13, 8), "bottom": {"style": "SOLID"}}}],
    "rich text beside": [
        typed(3, 6, "old and new", textFormatRuns=[{"startIndex": 0, "format": {"italic": True}}, {"startIndex": 4}])
    ],
    "banding beside": [
        {"addBanding": {"bandedRange": {"range": box(4, 5, 13, 8), "rowProperties": {
            "firstBandColor": GREEN, "secondBandColor": {"red": 1.0, "green": 1.0, "blue": 1.0}}}}}
    ],
    # on our own cells
    "note on a header": [noted(4, 2, "As our customers call it")],
    "note on a row": [noted(7, 2, "Watch this one")],
    "colour of a row": [wears(box(8, 1, 9, 4), {"backgroundColor": GREEN})],
    "number format": [wears(box(5, 3, 13, 4), {"numberFormat": {"type": "NUMBER", "pattern": "0.0 €"}})],
    "colour of the header": [wears(box(4, 1, 5, 4), {"backgroundColor": GREEN})],
    "validation of ours": [
        {"setDataValidation": {"range": box(5, 3, 13, 4), "rule": {"condition": {"type": "NUMBER_GREATER", "values": [{"userEnteredValue": "0"}]}}}}
    ],
    "conditional format": [
        {"addConditionalFormatRule": {"index": 0, "rule": {"ranges": [box(5, 3, 60, 4)], "gradientRule": {
            "minpoint": {"color": GREEN, "type": "MIN"}, "maxpoint": {"color": {"red": 1.0}, "type": "MAX"}}}}}
    ],
    "conditional format by formula": [
        {"addConditionalFormatRule": {"index": 1, "rule": {"ranges": [box(5, 5, 60, 6)], "booleanRule": {
            "condition": {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": "=$D6>4"}]},
            "format": {"textFormat": {"bold": True}}}}}}
    ],
    "filter": [{"setBasicFilter": {"filter": {"range": SOURCE, "filterSpecs": [
        {"columnIndex": 2, "filterCriteria": {"hiddenValues": ["Deal 3"]}}]}}}],
    "filter view": [{"addFilterView": {"filter": {"title": "Big ones", "range": SOURCE, "sortSpecs": [
        {"dimensionIndex": 3, "sortOrder": "DESCENDING"}]}}}],
    "slicer": [{"addSlicer": {"slicer": {"spec": {"dataRange": SOURCE, "title": "By title", "columnIndex": 1},
        "position": {"overlayPosition": {"anchorCell": {"sheetId": TAB, "rowIndex": 0, "columnIndex": 12}}}}}}],
    "chart": [chart("Here", TAB)],
    "protected title": [{"addProtectedRange": {"protectedRange": {"range": box(0, 0, 1, 4), "description": "title"}}}],
    # below
    "totals": [typed(20, 1, "Sum"), typed(20, 3, "=SUM(D6:D13)"), wears(box(20, 1, 21, 4), {"textFormat": {"bold": True}})],
    "merged below": [
        typed(22, 1, "As seen by Ann"), {"mergeCells": {"range": box(22, 1, 23, 4), "mergeType": "MERGE_ALL"}}
    ],
    # rows and columns
    "hidden column": [{"updateDimensionProperties": {"range": {"sheetId": TAB, "dimension": "COLUMNS", "startIndex": 8,
        "endIndex": 9}, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}}],
    "wide column": [{"updateDimensionProperties": {"range": {"sheetId": TAB, "dimension": "COLUMNS", "startIndex": 2,
        "endIndex": 3}, "properties": {"pixelSize": 240}, "fields": "pixelSize"}}],
    "hidden row": [{"updateDimensionProperties": {"range": {"sheetId": TAB, "dimension": "ROWS", "startIndex": 2,
        "endIndex": 3}, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}}],
    "frozen rows": [{"updateSheetProperties": {"properties": {"sheetId": TAB, "gridProperties": {"frozenRowCount": 5}},
        "fields": "gridProperties.frozenRowCount"}}],
    "tab colour": [{"updateSheetProperties": {"properties": {"sheetId": TAB, "tabColorStyle": {"rgbColor": GREEN}},
        "fields": "tabColorStyle"}}],
    "grouped rows": [{"addDimensionGroup": {"range": {"sheetId": TAB, "dimension": "ROWS", "startIndex": 1, "endIndex": 3}}}],
    "their own metadata": [{"createDeveloperMetadata": {"developerMetadata": {"metadataKey": "theirs", "metadataValue": "x",
        "location": {"dimensionRange": {"sheetId": TAB, "dimension": "COLUMNS", "startIndex": 6, "endIndex": 7}}, "visibility": "DOCUMENT"}}}],
    # elsewhere
    "named range of ours": [{"addNamedRange": {"namedRange": {"name": "Values", "range": box(5, 3, 13, 4)}}}],
    "named column": [{"addNamedRange": {"namedRange": {"name": "Titles", "range": {"sheetId": TAB, "startColumnIndex": 2, "endColumnIndex": 3}}}}],
    "formulas elsewhere": [
        typed(0, 0, "=SUM(Deals!D6:D13)", OTHER), typed(1, 0, "=COUNTA(Deals!C:C)", OTHER), typed(2, 0, "=SUM(Values)", OTHER),
        typed(3, 0, "=Deals!D6", OTHER), typed(4, 0, "=VLOOKUP(1, Deals!B6:D13, 3, FALSE)", OTHER),
    ],
    "pivot elsewhere": [{"updateCells": {"start": {"sheetId": OTHER, "rowIndex": 8, "columnIndex": 2},
        "rows": [{"values": [{"pivotTable": PIVOT}]}], "fields": "pivotTable"}}],
    "chart elsewhere": [chart("There", OTHER)],
    "table elsewhere": [typed(8, 8, "Name", OTHER), typed(9, 8, "x", OTHER),
        {"addTable": {"table": {"name": "Names", "range": box(8, 8, 10, 9, OTHER)}}}],
    "hidden tab": [{"addSheet": {"properties": {"sheetId": 503, "title": "Secret", "hidden": True}}}],
}  # fmt: skip


@dataclass
class Step:
    """What the owner does first, and what the run then writes."""

    rows: Sequence[Row]
    columns: Sequence[Column] = (ID, TITLE, VALUE)
    target: dict[str, Any] | None = None
    first: Callable[[Desk], object] = lambda desk: None


def with_stage(count: int) -> list[Row]:
    return [(*row, f"Stage {row[0]}") for row in deals(count)]


def rename_tab(desk: Desk) -> None:
    desk.do({"updateSheetProperties": {"properties": {"sheetId": TAB, "title": "It's Ann's"}, "fields": "title"}})


def drag_column(desk: Desk) -> None:
    source = {"sheetId": TAB, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    desk.do({"moveDimension": {"source": source, "destinationIndex": 4}})


def insert_lines(desk: Desk) -> None:
    desk.do({"insertDimension": {"range": {"sheetId": TAB, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}}})
    desk.do({"insertDimension": {"range": {"sheetId": TAB, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}}})


RENAMED = replace(TITLE, header="Name of the deal")

STEPS = [
    Step(deals(8, factor=2)),
    Step(deals(12)),
    Step(deals(30)),
    Step(deals(3)),
    Step(deals(9), (ID, RENAMED, VALUE), first=rename_tab),
    Step(with_stage(20), (ID, RENAMED, VALUE, STAGE), {"explains_headers": True}),
    Step(deals(15, factor=3), (ID, TITLE, VALUE), first=drag_column),
    Step(deals(18), (ID, TITLE, VALUE), {**UPDATE, "stamps_rows": True}, first=insert_lines),
    Step(deals(30, start=4), (ID, TITLE, VALUE), {**UPDATE, "stamps_rows": True}),
    Step(deals(25, start=100), (ID, TITLE, VALUE), {**APPEND, "fills_formulas": True, "stamps_rows": True}),
]


class Furnished:
    """The desk, and what is looked at: everything but our values, wherever it has been moved to."""

    def __init__(self, world: World, limits: Limits) -> None:
        self.desk = desk = Desk(world, limits=limits)
        sizes = {"rowCount": 60, "columnCount": 20}
        for sheet_id, title in ((TAB, "Deals"), (OTHER, "Report")):
            properties = {"sheetId": sheet_id, "title": title, "gridProperties": sizes}
            desk.do({"addSheet": {"properties": properties}})
        desk.write(deals(8), start="B5")
        for requests in FURNITURE.values():
            desk.do(*requests)
        self.track()

    def track(self) -> None:
        """A named range on each furnished cell tells where Google has moved it."""
        self.anchors = []
        for number, (row, column) in enumerate(self._furnished()):
            self.anchors.append(f"anchor_{number}")
            self.desk.do({"addNamedRange": {"namedRange": {"name": f"anchor_{number}", "range": cell(row, column)}}})

    def _furnished(self) -> list[tuple[int, int]]:
        tab = self.tab
        layers = [tab.notes, tab.validations, tab.runs, tab.formats]
        places = {(row, column) for layer in layers for row, column, _ in layer.cells()}
        ours = set(range(1, 4))
        return sorted(
            places | {(row, column) for row, column, _ in tab.values.cells() if column not in ours or not 4 <= row < 13}
        )

    @property
    def tab(self) -> Any:
        return self.desk.book.tab(TAB)

    def state(self) -> dict[str, Any]:
        tab, book = self.tab, self.desk.book
        names = {one["name"]: one for one in book.named_ranges}
        kept = {name: self._cell(names[name]["range"]) for name in self.anchors}
        report = book.tab(OTHER)
        return kept | {
            "merges": tab.merges,
            "conditional formats": tab.conditional_formats,
            "protected": tab.protected_ranges,
            "filter": tab.filter,
            "filter views": tab.filter_views,
            "banding": tab.banded_ranges,
            "charts": tab.charts,
            "slicers": tab.slicers,
            "groups": tab.row_groups,
            "frozen": tab.frozen_rows,
            "colour": tab.tab_color,
            "tabs": [(one.sheet_id, one.title, one.hidden) for one in book.tabs],
            "names": {name: one["range"] for name, one in names.items() if name not in self.anchors},
            "hidden and sized": [
                [(place, {name: value for name, value in thing.items() if name != "developerMetadata"})
                 for place, thing in line.items() if thing.keys() - {"developerMetadata"}]
                for line in (tab.row_properties, tab.column_properties)
            ],
            "their metadata": [
                (place, item["metadataValue"])
                for place, thing in tab.column_properties.items()
                for item in thing.get("developerMetadata", ())
                if item["metadataKey"] == "theirs"
            ],
            "report": {
                "formulas": [(row, column, str(value)) for row, column, value in report.values.cells()],
                "charts": report.charts, "pivots": list(report.pivots.cells()), "tables": report.tables,
            },
        }  # fmt: skip

    def _cell(self, where: Json) -> Any:
        tab, row, column = self.tab, where.get("startRowIndex", 0), where.get("startColumnIndex", 0)
        value = tab.value(row, column)
        is_ours = (
            column in self._our_columns()
            and self._head() <= row < self._head() + 200
            and not isinstance(value, Formula)
        )
        is_theirs = not is_ours or value in ("Sum", "As seen by Ann")
        note = tab.note_at(row, column) or ""
        return [
            value if is_theirs else "ours",
            tab.format_at(row, column),
            "" if note.endswith("— Pipesheet") else note,
            tab.validation_at(row, column),
            tab.runs.at(row, column),
        ]

    def _our_columns(self) -> set[int]:
        return {
            place
            for place, thing in self.tab.column_properties.items()
            for item in thing.get("developerMetadata", ())
            if item["metadataKey"] == "pipesheet-column"
        }

    def _head(self) -> int:
        return next(
            place
            for place, thing in self.tab.row_properties.items()
            for item in thing.get("developerMetadata", ())
            if item["metadataKey"] == "pipesheet-head"
        )


def moved(state: dict[str, Any], *, columns: int, at: int, rows: int, below: int) -> dict[str, Any]:
    """What *state* looks like once that many columns and rows were inserted there, by Google's own rules."""

    def shifted(thing: Any) -> Any:
        if isinstance(thing, dict):
            thing = {key: shifted(value) for key, value in thing.items()}
            if thing.get("sheetId") == TAB:
                for names, place, count in (
                    (("startColumnIndex", "endColumnIndex"), at, columns),
                    (("startRowIndex", "endRowIndex"), below, rows),
                ):
                    start, end = names
                    if start in thing and thing[start] >= place:
                        thing[start] += count
                    if end in thing and thing[end] > place:
                        thing[end] += count
                if "columnIndex" in thing and thing["columnIndex"] >= at:
                    thing["columnIndex"] += columns
            return thing
        return [shifted(one) for one in thing] if isinstance(thing, (list, tuple)) else thing

    state = shifted(state)
    state["hidden and sized"][1] = [
        [place + columns if place >= at else place, one] for place, one in state["hidden and sized"][1]
    ]
    state["their metadata"] = [
        [place + columns if place >= at else place, one] for place, one in state["their metadata"]
    ]
    return state


@pytest.mark.parametrize("limits", [Limits(), TINY], ids=["small", "staged"])
def test_nothing_of_theirs_changes(world: World, limits: Limits) -> None:
    assert len(FURNITURE) >= 30
    furnished = Furnished(world, limits)
    desk = furnished.desk
    for number, step in enumerate(STEPS):
        step.first(desk)
        before, was = furnished.state(), size(furnished)
        edge, bottom = max(furnished._our_columns()) + 1, last_row(furnished) + 1
        desk.write(step.rows, step.columns, start="B5", **(step.target or {}))
        now = size(furnished)
        expected = moved(
            json.loads(json.dumps(before)), columns=now[1] - was[1], at=edge, rows=now[0] - was[0], below=bottom
        )
        after = json.loads(json.dumps(furnished.state()))
        for name, what in expected.items():
            assert adjusted(after[name]) == adjusted(what), (number, name)
        assert no_broken_references(desk), number
        assert_values(furnished, step)
    assert [tab.title for tab in desk.book.tabs] == ["Sheet1", "It's Ann's", "Report", "Secret"]


def size(furnished: Furnished) -> tuple[int, int]:
    return furnished.tab.rows, furnished.tab.columns


def last_row(furnished: Furnished) -> int:
    return max(
        (
            place
            for place, thing in furnished.tab.row_properties.items()
            for item in thing.get("developerMetadata", ())
            if item["metadataKey"] == "pipesheet-foot"
        ),
        default=furnished._head(),
    )


def adjusted(thing: Any) -> Any:
    """Formulas name other cells once these have moved; that they name the right ones is seen by what they come to."""
    if isinstance(thing, list):
        return [adjusted(one) for one in thing]
    if isinstance(thing, dict):
        return {key: adjusted(value) for key, value in thing.items()}
    return "a formula" if isinstance(thing, str) and thing.startswith("=") else thing


def no_broken_references(desk: Desk) -> bool:
    shown = [desk.table(tab.title) for tab in desk.book.tabs]
    written = [text for tab in desk.book.tabs for _, _, text in desk.formulas(tab.title)]
    return "#REF!" not in json.dumps([shown, written])


def assert_values(furnished: Furnished, step: Step) -> None:
    """Formulas come to what the new rows say."""
    tab, head = furnished.tab, furnished._head()
    places = {
        tab.value(head, column): column for column in furnished._our_columns() if tab.value(head, column) is not None
    }
    value = places["Value"]
    twice = next(column for column in range(tab.columns) if tab.value(head, column) == "Twice")
    shown = furnished.desk.table(tab.title)
    for row in range(head + 1, head + 9):
        if isinstance(tab.value(row, twice), Formula):
            assert shown[row][twice] == 2 * (shown[row][value] or 0)
    keys = [shown[row][places["ID"]] for row in range(head + 1, last_row(furnished) + 1)]
    assert {row[0] for row in step.rows} <= set(keys)
