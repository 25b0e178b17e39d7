"""
The first write of a table claims its cells: they must be empty, or begin with
our headers, or their owner said that what is there may go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from importers.destinations.google_sheets.a1 import Box, cell_at, printed
from importers.destinations.google_sheets.below import filled_rows, rows_of_table, telling_column
from importers.destinations.google_sheets.cells import AnyCell
from importers.destinations.google_sheets.client import SheetsClient
from importers.destinations.google_sheets.place import Place
from importers.destinations.google_sheets.refusals import occupied
from importers.destinations.google_sheets.survey import Neighbour, Survey, Tab
from importers.errors import InvalidSettings
from importers.model import Column, Target


def start_of(target: Target) -> tuple[int, int]:
    """Row and column of the first header. Raises InvalidSettings."""
    start = cell_at(target.start)
    if start is None:
        raise InvalidSettings(
            f"{target.start!r} is not a cell, so there is no place to begin.",
            hint="Name the cell of the first header, like A1 or B3.",
            field="start",
        )
    return start


def claimed(client: SheetsClient, survey: Survey, target: Target, columns: Sequence[Column]) -> Place:
    row, left = start_of(target)
    at = {column.key: left + place for place, column in enumerate(columns)}
    new = Place(survey.tab, row, 0, at, left + len(columns), is_claimed=True, has_header=False, known=survey.known)
    tab = survey.tab
    if tab is None:
        return new
    area = Box(row, left, tab.rows, left + len(columns))
    others = _others_to_displace(survey, target, tab, area)
    new = replace(new, displaced=tuple(id_ for other in others for id_ in other.marks))
    area = area.within(Box(0, 0, tab.rows, tab.columns))
    if not area:
        return new
    rows, is_ours = _rows_there(client, survey, tab, area, target, columns)
    rows = max(rows, *(other.foot - row for other in others), 0)
    _refuse_merged(tab, Box(row, left, max(row + 1 + rows, row + 2), area.right))
    return replace(new, rows=rows, has_header=is_ours)


def _rows_there(
    client: SheetsClient, survey: Survey, tab: Tab, area: Box, target: Target, columns: Sequence[Column]
) -> tuple[int, bool]:
    """How many rows below the header row are taken over, and whether that has our headers already."""
    header = Box(area.top, area.left, area.top + 1, area.right)
    [lines] = client.values(survey.id, [printed(tab.title, header)])
    if not target.is_second and lines and lines[0] == [AnyCell().text(one.header) for one in columns]:
        below = Box(area.top + 1, area.left, area.bottom, area.right)
        at = {column.key: area.left + place for place, column in enumerate(columns)}
        return rows_of_table(client, survey.id, tab, [below], key_column=telling_column(target, columns, at)), True
    if target.takes_over and not target.is_second:
        filled = filled_rows(client, survey.id, tab, [area])
        return max(0, max(filled, default=area.top) - area.top), False
    filled = filled_rows(client, survey.id, tab, [area])
    if filled:
        raise occupied(tab, area, min(filled), max(filled), target)
    return 0, False


def _others_to_displace(survey: Survey, target: Target, tab: Tab, area: Box) -> list[Neighbour]:
    """
    Tables of other importers, which may be long gone, in the columns we need:
    ours from now on where the owner said so. Not where our table had its place
    on this tab before: then they may have slid here.
    """
    others = [other for other in survey.others if not other.columns.isdisjoint(range(area.left, area.right))]
    if not others or (target.takes_over and not target.is_second and survey.known is None):
        return others
    raise InvalidSettings(
        f"A table that Pipesheet wrote for another importer stands in {printed(tab.title, area)}, so nothing was changed.",
        hint="Choose another sheet, or a cell to the right of that table. If that importer was deleted, or the "
        "spreadsheet is a copy, allow Pipesheet to write over what is there, or delete the columns of the table in "
        "Google Sheets.",
        field="start",
    )


def _refuse_merged(tab: Tab, area: Box) -> None:
    merged = next((box for box in tab.merges if box.meets(area)), None)
    if merged is not None:
        raise InvalidSettings(
            f"The cells {printed(tab.title, merged)} are merged, so a table cannot stand there. Nothing was changed.",
            hint="Unmerge them in Google Sheets, or choose another cell to begin in.",
            field="start",
        )


def refuse_second_of_others(client: SheetsClient, survey: Survey, target: Target) -> None:
    """Its owner did not name the second place: a tab that is there already and holds something is not ours."""
    tab = survey.tab
    if not target.is_second or tab is None or survey.known is not None:
        return
    area = Box(0, 0, tab.rows, tab.columns)
    filled = filled_rows(client, survey.id, tab, [area])
    if filled:
        raise occupied(tab, area, min(filled), max(filled), target)
