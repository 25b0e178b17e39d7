"""
Finding a table: by its marks, mended where somebody deleted one of the rows
they hang on, or else where its owner wants it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from importers.destinations.google_sheets import layout, marks
from importers.destinations.google_sheets.a1 import Box, printed
from importers.destinations.google_sheets.below import rows_of_table, telling_column
from importers.destinations.google_sheets.cells import AnyCell
from importers.destinations.google_sheets.claim import claimed
from importers.destinations.google_sheets.client import SheetsClient
from importers.destinations.google_sheets.place import Place
from importers.destinations.google_sheets.refusals import refuse_charts
from importers.destinations.google_sheets.survey import Known, Survey, look
from importers.errors import NotThere
from importers.model import Column, Target

_LOOKS = 4


def find(
    client: SheetsClient, target: Target, columns: Sequence[Column], *, seen: Survey | None = None
) -> tuple[Survey, Place]:
    """
    Look, unless somebody has *seen* it, and locate. Ranges name a tab by its
    title: where that is renamed or deleted from one request to the next, look again.

    Raises as `locate` does.
    """
    for _ in range(_LOOKS - 1):
        survey = seen or look(client, target)
        try:
            return survey, locate(client, survey, target, columns)
        except NotThere:
            seen = None
    survey = look(client, target)
    return survey, locate(client, survey, target, columns)


def locate(client: SheetsClient, survey: Survey, target: Target, columns: Sequence[Column]) -> Place:
    """
    1. by the marks, where there are any;
    2. else the tab and the cell that the owner named, if nothing is lost there.

    Raises:
        InvalidSettings: something else stands there.
    """
    refuse_charts(survey)
    known = survey.known
    if known is not None:
        place = _by_marks(client, survey, known, target, columns)
        if place is not None:
            return place
    return claimed(client, survey, target, columns)


def _by_marks(
    client: SheetsClient, survey: Survey, known: Known, target: Target, columns: Sequence[Column]
) -> Place | None:
    """None where too many of the marks are gone to know what is ours."""
    at = _columns_there(client, survey, known, columns)
    if not known.columns or (known.head is None and known.foot is None):
        return None
    ours = {mark.index: mark.id for mark in known.columns.values() if mark.index is not None}
    gone = {index: id_ for index, id_ in ours.items() if index not in at.values()}
    head = known.head
    if head is None:  # its row was deleted: what followed it stands in its place now
        head = max(known.done.head, (known.foot or 0) - known.done.length + 1, 0)
        rows = (known.foot or 0) - head + 1
        if rows < 1:
            return None
        return Place(known.tab, head, rows, at, max(ours) + 1, gone, has_header=False, is_mended=True, known=known)
    if known.foot is not None:
        rows = known.foot - head
    else:
        rows = _rows_without_foot(client, survey, known, head, ours, telling_column(target, columns, at))
    return Place(known.tab, head, rows, at, max(ours) + 1, gone, known=known)


def _columns_there(client: SheetsClient, survey: Survey, known: Known, columns: Sequence[Column]) -> dict[str, int]:
    """By their marks; of very wide tables, where the marks end by their headers."""
    at = {column.key: index for column in columns if (index := _index(known, column.key)) is not None}
    if max(len(known.columns), len(columns)) < marks.MOST_MARKED_COLUMNS or known.head is None:
        return at
    row = Box(known.head, 0, known.head + 1, known.tab.columns)
    [lines] = client.values(survey.id, [printed(known.tab.title, row)])
    unmarked = [column for column in columns if column.key not in at]
    free = {
        value: index
        for index, value in reversed(list(enumerate(lines[0] if lines else ())))
        if index not in at.values() and index not in survey.neighbours
    }
    return at | {column.key: free[text] for column in unmarked if (text := AnyCell().text(column.header)) in free}


def _index(known: Known, key: str) -> int | None:
    mark = known.columns.get(marks.short_of_column(key))
    return None if mark is None else mark.index


def _rows_without_foot(
    client: SheetsClient, survey: Survey, known: Known, head: int, ours: Mapping[int, int], key_column: int | None
) -> int:
    """Somebody deleted the last row, and maybe others: there are fewer now."""
    most = min(known.done.length - 1, known.tab.rows - head - 1)
    boxes = layout.boxes(ours, head + 1, head + 1 + max(0, most))
    return rows_of_table(client, survey.id, known.tab, boxes, key_column=key_column)
