"""spreadsheets.batchUpdate: every request in order, as one unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.google import batch_cells, batch_metadata, batch_structure
from sandbox.google.batch_parts import Batch
from sandbox.google.book import Spreadsheet
from sandbox.google.errors import ApiError, invalid
from sandbox.google.protection import Principal

MOST_REQUESTS = 100_000

Member = Callable[[Batch, dict[str, Any]], "dict[str, Any] | None"]

MEMBERS: dict[str, Member] = {
    # tabs, rows and columns
    "addSheet": batch_structure.add_sheet,
    "deleteSheet": batch_structure.delete_sheet,
    "updateSheetProperties": batch_structure.update_sheet_properties,
    "duplicateSheet": batch_structure.duplicate_sheet,
    "updateSpreadsheetProperties": batch_structure.update_spreadsheet_properties,
    "insertDimension": batch_structure.insert_dimension,
    "appendDimension": batch_structure.append_dimension,
    "deleteDimension": batch_structure.delete_dimension,
    "moveDimension": batch_structure.move_dimension,
    "insertRange": batch_structure.insert_range,
    "deleteRange": batch_structure.delete_range,
    "updateDimensionProperties": batch_structure.update_dimension_properties,
    "autoResizeDimensions": batch_structure.auto_resize_dimensions,
    # cells
    "updateCells": batch_cells.update_cells,
    "repeatCell": batch_cells.repeat_cell,
    "appendCells": batch_cells.append_cells,
    # developer metadata
    "createDeveloperMetadata": batch_metadata.create,
    "updateDeveloperMetadata": batch_metadata.update,
    "deleteDeveloperMetadata": batch_metadata.delete,
}


def apply(spreadsheet: Spreadsheet, requests: list[dict[str, Any]], principal: Principal) -> list[dict[str, Any]]:
    """
    Do all of them and answer one reply each, or raise ApiError and leave everything as it was.

    Hold the spreadsheet's lock. The requests are taken as checked against the
    discovery document, without nulls.
    """
    if not requests:
        raise invalid("Must specify at least one request.")
    if len(requests) > MOST_REQUESTS:
        raise invalid(f"Cannot exceed {MOST_REQUESTS} requests in a single batch.")
    batch = Batch(spreadsheet, principal)
    with spreadsheet.transaction():
        return [_answer(batch, place, request) for place, request in enumerate(requests)]


def _answer(batch: Batch, place: int, request: dict[str, Any]) -> dict[str, Any]:
    if len(request) != 1:
        raise invalid(
            f"Invalid requests[{place}]: " + ("No request set." if not request else "More than one request set.")
        )
    name, body = next(iter(request.items()))
    where = f"Invalid requests[{place}].{name}"
    member = MEMBERS.get(name)
    if member is None:
        raise invalid(f"{where}: The pretend Google does not imitate this request.")
    try:
        reply = member(batch, body)
    except ApiError as error:
        raise (error.prefixed(where) if error.code == 400 else error) from None
    return {} if reply is None else {name: reply}
