"""Whether a table fits into a spreadsheet, before anything is written. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from importers.destinations.google_sheets.names import MAX_COLUMNS
from importers.destinations.google_sheets.place import Place
from importers.destinations.google_sheets.survey import Survey
from importers.errors import NoRoom
from importers.model import Column

GUARD = 1
"""Cells of the tab that guards the cut-over."""


def rows_that_fit(survey: Survey, place: Place, columns: Sequence[Column], *, max_cells: int) -> int:
    """So many data rows the table can have in all, where nothing below it has to be pushed away."""
    tab, width = place.tab, _width(place, columns)
    others = survey.cells - (tab.cells if tab else 0)
    most = (max_cells - GUARD - others) // width
    if tab and most < tab.rows:  # not even the grid as it is
        return place.rows if width == tab.columns else 0
    return max(0, most - place.head - 1)


def growth(place: Place, columns: Sequence[Column], rows: int) -> int:
    """So many more cells the spreadsheet has once the table has *rows*."""
    tab, width = place.tab, _width(place, columns)
    height = max(tab.rows if tab else 0, place.head + 1 + rows)
    return height * width - (tab.cells if tab else 0)


def _width(place: Place, columns: Sequence[Column]) -> int:
    """Of the tab in the end."""
    new = sum(column.key not in place.at for column in columns)
    right = max(place.edge + new if new else 0, *(at + 1 for at in place.at.values()), 0)
    return max(place.tab.columns, right) if place.tab else right


def refuse_too_wide(right: int) -> None:
    if right > MAX_COLUMNS:
        raise NoRoom(
            f"The table would end in column {right:,}, and a Google sheet has {MAX_COLUMNS:,} at most. "
            "Nothing was changed.",
            hint="Choose fewer columns, or a cell further to the left to begin in.",
        )


def too_many(what: str, survey: Survey, *, max_cells: int, outcome: str = "Nothing was changed.") -> NoRoom:
    return NoRoom(
        f"{what} do not fit: a Google spreadsheet takes {max_cells:,} cells, all sheets together and the empty ones "
        f"included, and {survey.title or 'this one'} has {survey.cells:,} already. {outcome}",
        hint="Delete sheets, or empty rows and columns, that you no longer need there; import fewer rows or columns; "
        "or choose another spreadsheet.",
    )
