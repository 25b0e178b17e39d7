"""spreadsheets.batchUpdate: every request in order, as one unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.google import (
    batch_cells,
    batch_lines,
    batch_metadata,
    batch_names,
    batch_objects,
    batch_paste,
    batch_ranges,
    batch_tabs,
    batch_views,
)
from sandbox.google.batch_parts import Batch
from sandbox.google.book import Spreadsheet
from sandbox.google.errors import ApiError, invalid
from sandbox.google.protection import Principal

MOST_REQUESTS = 100_000

Member = Callable[[Batch, dict[str, Any]], "dict[str, Any] | None"]

MEMBERS: dict[str, Member] = {
    # tabs, rows and columns
    "addSheet": batch_tabs.add_sheet,
    "deleteSheet": batch_tabs.delete_sheet,
    "updateSheetProperties": batch_tabs.update_sheet_properties,
    "duplicateSheet": batch_tabs.duplicate_sheet,
    "updateSpreadsheetProperties": batch_tabs.update_spreadsheet_properties,
    "insertDimension": batch_lines.insert_dimension,
    "appendDimension": batch_lines.append_dimension,
    "deleteDimension": batch_lines.delete_dimension,
    "moveDimension": batch_lines.move_dimension,
    "insertRange": batch_lines.insert_range,
    "deleteRange": batch_lines.delete_range,
    "updateDimensionProperties": batch_lines.update_dimension_properties,
    "autoResizeDimensions": batch_lines.auto_resize_dimensions,
    # cells
    "updateCells": batch_cells.update_cells,
    "repeatCell": batch_cells.repeat_cell,
    "appendCells": batch_cells.append_cells,
    "copyPaste": batch_paste.copy_paste,
    "cutPaste": batch_paste.cut_paste,
    "pasteData": batch_paste.paste_data,
    "mergeCells": batch_ranges.merge_cells,
    "unmergeCells": batch_ranges.unmerge_cells,
    "sortRange": batch_ranges.sort_range,
    "findReplace": batch_ranges.find_replace,
    "setDataValidation": batch_ranges.set_data_validation,
    "updateBorders": batch_ranges.update_borders,
    # names and protection
    "addNamedRange": batch_names.add_named_range,
    "updateNamedRange": batch_names.update_named_range,
    "deleteNamedRange": batch_names.delete_named_range,
    "addProtectedRange": batch_names.add_protected_range,
    "updateProtectedRange": batch_names.update_protected_range,
    "deleteProtectedRange": batch_names.delete_protected_range,
    # how a tab is looked at
    "setBasicFilter": batch_views.set_basic_filter,
    "clearBasicFilter": batch_views.clear_basic_filter,
    "addFilterView": batch_views.add_filter_view,
    "updateFilterView": batch_views.update_filter_view,
    "deleteFilterView": batch_views.delete_filter_view,
    "duplicateFilterView": batch_views.duplicate_filter_view,
    "addConditionalFormatRule": batch_views.add_conditional_format_rule,
    "updateConditionalFormatRule": batch_views.update_conditional_format_rule,
    "deleteConditionalFormatRule": batch_views.delete_conditional_format_rule,
    "addBanding": batch_views.add_banding,
    "updateBanding": batch_views.update_banding,
    "deleteBanding": batch_views.delete_banding,
    "addDimensionGroup": batch_views.add_dimension_group,
    "updateDimensionGroup": batch_views.update_dimension_group,
    "deleteDimensionGroup": batch_views.delete_dimension_group,
    # charts, slicers, tables
    "addChart": batch_objects.add_chart,
    "updateChartSpec": batch_objects.update_chart_spec,
    "deleteEmbeddedObject": batch_objects.delete_embedded_object,
    "updateEmbeddedObjectPosition": batch_objects.update_embedded_object_position,
    "updateEmbeddedObjectBorder": batch_objects.update_embedded_object_border,
    "addSlicer": batch_objects.add_slicer,
    "updateSlicerSpec": batch_objects.update_slicer_spec,
    "addTable": batch_objects.add_table,
    "updateTable": batch_objects.update_table,
    "deleteTable": batch_objects.delete_table,
    # developer metadata
    "createDeveloperMetadata": batch_metadata.create,
    "updateDeveloperMetadata": batch_metadata.update,
    "deleteDeveloperMetadata": batch_metadata.delete,
}

UNSUPPORTED = frozenset(
    {
        "addDataSource",
        "updateDataSource",
        "deleteDataSource",
        "refreshDataSource",
        "cancelDataSourceRefresh",
        "insertComment",
        "addCommentReply",
        "updateCommentPost",
        "deleteComment",
        "deleteCommentReply",
        "autoFill",
        "deleteDuplicates",
        "randomizeRange",
        "textToColumns",
        "trimWhitespace",
    }
)
"""Members of Google's that are refused here, always: better than to pretend that they did something."""


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
