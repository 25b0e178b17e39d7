"""What is said where a table cannot stand. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from importers.destinations.google_sheets.a1 import Box, cell_name, printed
from importers.destinations.google_sheets.survey import Survey, Tab
from importers.errors import AccessDenied, InvalidSettings
from importers.model import Target


def refuse_charts(survey: Survey) -> None:
    if survey.tab is not None and not survey.tab.is_grid:
        raise InvalidSettings(
            f"{survey.tab.title} is not a tab of cells in this spreadsheet, but a chart. It was not touched.",
            hint="Choose another name for the tab.",
            field="sheet",
        )


def refuse_read_only(survey: Survey, *, may_edit: bool) -> None:
    if not may_edit:
        raise AccessDenied(
            f"The connected Google account may look at {survey.title or 'the spreadsheet'}, but not change it.",
            hint="Open it in Google Sheets as its owner, choose Share, and make the account an editor.",
            field="place",
        )


def refuse_protected(tab: Tab, areas: Sequence[Box]) -> None:
    """Raises AccessDenied, naming what keeps the cells from being written."""
    for protection in tab.protections:
        blocked = next((area for area in areas if protection.blocks(area)), None)
        if blocked is None:
            continue
        name = f" ({protection.description})" if protection.description else ""
        raise AccessDenied(
            f"{printed(tab.title, protection.box)} is protected{name}, and the connected Google account may not edit "
            f"it. The table stands in {blocked}. Nothing was changed.",
            hint="In Google Sheets choose Data, Protect sheets and ranges, and add the account there as an editor, "
            "or choose another place.",
        )


def occupied(tab: Tab, area: Box, first: int, last: int, target: Target) -> InvalidSettings:
    where = printed(tab.title, Box(first, area.left, last + 1, area.right))
    if target.is_second:
        return InvalidSettings(
            f"The spreadsheet has a sheet {tab.title} already, which is not Pipesheet's. The rows of removed records "
            "would go there, so it was not touched.",
            hint="Give that sheet another name in the spreadsheet, or choose another name for the importer's sheet.",
            field="sheet",
        )
    return InvalidSettings(
        f"There is something in {where} already, which is not Pipesheet's. The table would begin in "
        f"{cell_name(area.top, area.left)} and take these columns, so nothing was changed.",
        hint="Empty these cells, choose another cell to begin in or another sheet, "
        "or allow Pipesheet to write over what is there.",
        field="start",
    )
