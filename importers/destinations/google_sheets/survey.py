"""What there is: tabs, our table on one of them, and what a run that died left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from importers.destinations.google_sheets import marks
from importers.destinations.google_sheets.a1 import Box, box_of
from importers.destinations.google_sheets.client import SheetsClient
from importers.destinations.google_sheets.marks import COLUMN, FOOT, HEAD, STAGE, TABLE, Done, Mark
from importers.model import Target

Json = dict[str, Any]

FIELDS = (
    "properties(title,timeZone),sheets("
    "properties(sheetId,title,index,sheetType,hidden,gridProperties(rowCount,columnCount,frozenRowCount)),"
    "protectedRanges(range,description,warningOnly,requestingUserCanEdit,unprotectedRanges),merges)"
)


@dataclass(frozen=True, slots=True)
class Protection:
    """Cells that whoever signed in may not change."""

    box: Box
    spared: tuple[Box, ...] = ()
    description: str = ""

    def blocks(self, box: Box) -> bool:
        common = self.box.within(box)
        return bool(common) and not any(spared.within(common) == common for spared in self.spared)


@dataclass(frozen=True, slots=True)
class Tab:
    """`rows` and `columns` are 0 where it holds a chart instead of cells."""

    id: int
    title: str
    rows: int
    columns: int
    merges: tuple[Box, ...] = ()
    protections: tuple[Protection, ...] = ()

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    @property
    def is_grid(self) -> bool:
        return self.cells > 0


@dataclass(frozen=True, slots=True)
class Known:
    """
    Our table as its marks tell: `columns` by their short names, `foot` the
    lowest row that is marked as one of the last, `foot` and `head` None where
    somebody deleted them. `taken` are the columns of
    this tab that belong to other tables of ours.
    """

    tab: Tab
    done: Done
    columns: Mapping[str, Mark]
    head: int | None
    foot: int | None
    marks: tuple[Mark, ...]
    """All of this table's on the tab, those that do not count included."""

    @property
    def feet(self) -> frozenset[int]:
        """Every row that is marked as one of the last."""
        return frozenset(mark.index for mark in self.marks if mark.key == FOOT and mark.index is not None)

    @property
    def shape(self) -> tuple[Any, ...]:
        """What must not have changed between a look and the next: where everything is, and who wrote it last."""
        columns = tuple(sorted((name, mark.index) for name, mark in self.columns.items()))
        return self.tab.id, self.done.run, self.head, self.foot, columns


@dataclass(frozen=True, slots=True)
class Stage:
    """A staging tab somebody made for our table."""

    sheet_id: int
    run: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another table of ours on the same tab: its columns, its last row, and the ids of all its marks."""

    table: str
    columns: frozenset[int]
    foot: int
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """A spreadsheet at one moment, as far as one table is concerned."""

    id: str
    title: str
    zone: str
    tabs: tuple[Tab, ...]
    tab: Tab | None
    """Where the table is, or would go; None: that tab is yet to be created."""
    known: Known | None
    stages: tuple[Stage, ...] = ()
    """Of this table; where it may take over others, of those on its tab, too."""
    others: tuple[Neighbour, ...] = ()

    @property
    def neighbours(self) -> frozenset[int]:
        """Columns of that tab that belong to other tables of ours."""
        return frozenset[int]().union(*(other.columns for other in self.others))

    @property
    def cells(self) -> int:
        return sum(tab.cells for tab in self.tabs)

    def tab_named(self, title: str) -> Tab | None:
        """Upper and lower case count as the same."""
        wanted = title.casefold()
        return next((tab for tab in self.tabs if tab.title.casefold() == wanted), None)


def table_of(target: Target) -> str:
    """The name of a target's table; one that nobody named has that of its tab."""
    return target.table or f"tab {target.sheet.casefold()}"


def look(client: SheetsClient, target: Target) -> Survey:
    """Two requests. The marks come first: whatever moves before the other one is answered shows when they are read again."""
    found = marks.parsed(client.search_metadata(target.place, marks.KEYS))
    answer = client.spreadsheet(target.place, fields=FIELDS)
    return surveyed(target, answer, found)


def surveyed(target: Target, answer: Mapping[str, Any], found: Sequence[Mark]) -> Survey:
    """Pure: what an answer and the metadata say about a target."""
    properties = answer.get("properties", {})
    tabs = tuple(_tab(sheet) for sheet in answer.get("sheets", ()))
    table = table_of(target)
    known = known_table(table, tabs, found)
    named = next((tab for tab in tabs if tab.title.casefold() == target.sheet.casefold()), None)
    tab = known.tab if known else named
    others = _others(table, tab, found)
    taken = [other.table for other in others] if target.takes_over and known is None else []
    return Survey(
        target.place,
        properties.get("title", ""),
        properties.get("timeZone", ""),
        tabs,
        tab,
        known,
        stages_of({table, *taken}, tabs, found),
        others,
    )


def known_table(table: str, tabs: Sequence[Tab], found: Sequence[Mark]) -> Known | None:
    """
    The table with this name. A copy of its tab carries copies of its marks,
    which name the tab they were made for; they count only once that is gone.
    """
    by_id = {tab.id: tab for tab in tabs}
    ours = [mark for mark in found if mark.key == TABLE and mark.content.get("table") == table]
    ours = [mark for mark in ours if mark.sheet_id in by_id and by_id[mark.sheet_id].is_grid]
    true = [mark for mark in ours if mark.content.get("tab") == mark.sheet_id]
    orphans = {mark.sheet_id: mark for mark in ours if mark.content.get("tab") not in by_id}
    if not true and len(orphans) == 1:
        true = list(orphans.values())
    if not true:
        return None
    mark = min(true, key=lambda one: one.id)
    return _known(table, by_id[mark.sheet_id], mark, found)


def _known(table: str, tab: Tab, mark: Mark, found: Sequence[Mark]) -> Known:
    name = marks.short(table)
    on_tab = [one for one in found if one.sheet_id == tab.id]
    heads = [one for one in on_tab if one.key == HEAD and one.value == name]
    feet = [one for one in on_tab if one.key == FOOT and one.value == name]
    columns = [one for one in on_tab if one.key == COLUMN and one.value.startswith(f"{name}.")]
    tables = [one for one in on_tab if one.key == TABLE and one.content.get("table") == table]
    head = min((one.index for one in heads if one.index is not None), default=None)
    foot = max((one.index for one in feet if one.index is not None), default=None)
    if head is not None and foot is not None and foot <= head:
        foot = None
    by_name: dict[str, Mark] = {}
    for one in sorted(columns, key=lambda one: -(one.index or 0)):
        by_name[one.value.split(".")[1]] = one
    return Known(tab, Done.of(mark.content), by_name, head, foot, (*tables, *heads, *feet, *columns))


def stages_of(tables: Set[str], tabs: Sequence[Tab], found: Sequence[Mark]) -> tuple[Stage, ...]:
    there = {tab.id for tab in tabs}
    stages = [one for one in found if one.key == STAGE and one.content.get("table") in tables]
    return tuple(Stage(one.sheet_id, str(one.content.get("run", ""))) for one in stages if one.sheet_id in there)


def _others(table: str, tab: Tab | None, found: Sequence[Mark]) -> tuple[Neighbour, ...]:
    if tab is None:
        return ()
    on_tab = [one for one in found if one.sheet_id == tab.id]
    # Marks that came along with a copied tab belong to no table here.
    true = [one for one in on_tab if one.key == TABLE and one.content.get("tab") == tab.id]
    names = {str(one.content.get("table")) for one in true} - {table}
    return tuple(_neighbour(name, on_tab) for name in sorted(names))


def _neighbour(table: str, on_tab: Sequence[Mark]) -> Neighbour:
    name = marks.short(table)
    lines = [one for one in on_tab if one.key != STAGE and one.value.split(".")[0] == name]
    ours = [*lines, *(one for one in on_tab if one.key == TABLE and one.content.get("table") == table)]
    columns = frozenset(one.index for one in lines if one.key == COLUMN and one.index is not None)
    rows = [one.index for one in lines if one.key in (HEAD, FOOT) and one.index is not None]
    return Neighbour(table, columns, max(rows, default=0), tuple(one.id for one in ours))


def _tab(sheet: Mapping[str, Any]) -> Tab:
    properties = sheet.get("properties", {})
    size = properties.get("gridProperties", {})
    rows, columns = size.get("rowCount", 0), size.get("columnCount", 0)
    if properties.get("sheetType", "GRID") != "GRID":
        rows = columns = 0

    def box(area: Mapping[str, Any]) -> Box:
        return box_of(dict(area), rows=rows, columns=columns)

    return Tab(
        properties.get("sheetId", 0),
        properties.get("title", ""),
        rows,
        columns,
        tuple(box(merge) for merge in sheet.get("merges", ())),
        tuple(
            Protection(
                box(one.get("range", {})),
                tuple(box(area) for area in one.get("unprotectedRanges", ())),
                one.get("description", ""),
            )
            for one in sheet.get("protectedRanges", ())
            if not one.get("warningOnly") and not one.get("requestingUserCanEdit")
        ),
    )
