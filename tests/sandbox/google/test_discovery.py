from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.google import discovery
from sandbox.google.errors import ApiError

BATCH = "BatchUpdateSpreadsheetRequest"


@pytest.mark.parametrize(
    ("schema", "at", "body", "message"),
    [
        (
            BATCH,
            "",
            {"requests": [{"noSuchRequest": {}}]},
            "Invalid JSON payload received. Unknown name \"noSuchRequest\" at 'requests[0]': Cannot find field.",
        ),
        (BATCH, "", {"nope": 1}, 'Invalid JSON payload received. Unknown name "nope": Cannot find field.'),
        (
            BATCH,
            "",
            {"requests": [{"updateSheetProperties": {"properties": {"hiden": True}}}]},
            "Invalid JSON payload received. Unknown name \"hiden\" at 'requests[0].update_sheet_properties.properties': Cannot find field.",
        ),
        (
            BATCH,
            "",
            {"requests": [{"deleteSheet": {"sheetId": "x"}}]},
            "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), \"x\"",
        ),
        (
            BATCH,
            "",
            {"requests": [{"addSheet": {"properties": {"title": {"a": 1}}}}]},
            "Invalid value at 'requests[0].add_sheet.properties' (title), Starting an object on a scalar field",
        ),
        (
            BATCH,
            "",
            {"requests": [{"addSheet": {"properties": {"title": 5}}}]},
            "Invalid value at 'requests[0].add_sheet.properties.title' (TYPE_STRING), 5",
        ),
        (
            BATCH,
            "",
            {"requests": [{"updateCells": {"fields": ["note"]}}]},
            "Invalid JSON payload received. Unknown name \"fields\" at 'requests[0].update_cells': Proto field is not repeating, cannot start list.",
        ),
        (
            BATCH,
            "",
            {"requests": [{"addSheet": "x"}]},
            "Invalid value at 'requests[0].add_sheet' (type.googleapis.com/google.apps.sheets.v4.AddSheetRequest), \"x\"",
        ),
        (
            "ValueRange",
            "data",
            {"values": [["a"], "TEST"]},
            "Invalid value at 'data.values[1]' (type.googleapis.com/google.protobuf.ListValue), \"TEST\"",
        ),
    ],
)
def test_what_does_not_fit_is_named_as_google_names_it(schema: str, at: str, body: Any, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        discovery.cleaned(schema, body, at)

    assert caught.value.message == message
    assert caught.value.details[0]["fieldViolations"][0]["description"] == message


def test_everything_that_does_not_fit_is_named_at_once() -> None:
    with pytest.raises(ApiError) as caught:
        discovery.cleaned(BATCH, {"requests": [{"x": 1}, {"y": 2}]})

    assert caught.value.message.count("\n") == 1
    assert [each["field"] for each in caught.value.details[0]["fieldViolations"]] == ["requests[0]", "requests[1]"]


def test_nulls_are_unset_but_not_among_values() -> None:
    body = {"majorDimension": None, "values": [[None, 1], []]}

    assert discovery.cleaned("ValueRange", body) == {"values": [[None, 1], []]}
    assert discovery.without_nulls(body) == {"values": [[None, 1], []]}
    cells = {"rows": [{"values": [{"note": None}]}]}
    assert discovery.without_nulls(cells) == {"rows": [{"values": [{}]}]}


def test_names_and_numbers_are_taken_as_protocol_buffers_let_one_write_them() -> None:
    body = {"requests": {"delete_sheet": {"sheet_id": "7"}}}

    assert discovery.cleaned(BATCH, body) == {"requests": [{"deleteSheet": {"sheetId": 7}}]}


def test_a_mask_must_name_what_answers_have() -> None:
    mask = discovery.answer_mask("Spreadsheet", "sheets(properties/title,data.rowData.values.note)")
    assert mask.paths() == ("sheets.properties.title", "sheets.data.rowData.values.note")

    with pytest.raises(ApiError) as caught:
        discovery.answer_mask("Spreadsheet", "sheets.sheetProperties")
    assert caught.value.message == "Request contains an invalid argument."
    assert caught.value.details[0]["fieldViolations"] == [
        {
            "field": "sheets.sheetProperties",
            "description": "Error expanding 'fields' parameter. "
            "Cannot find matching fields for path 'sheets.sheetProperties'.",
        }
    ]


def test_without_the_documents_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "document", lambda name="": None)

    assert discovery.cleaned(BATCH, {"requests": [{"new": {"a": None}}]}) == {"requests": [{"new": {}}]}
    assert discovery.answer_mask("Spreadsheet", "anything.at.all").paths() == ("anything.at.all",)


def test_large_bodies_are_checked_in_no_time() -> None:
    rows = [["text", 1, None, True] * 8] * 4_000
    cells = [{"values": [{"userEnteredValue": {"stringValue": "text"}}] * 30}] * 1_000
    started = time.perf_counter()
    discovery.cleaned("ValueRange", {"values": rows}, "data")
    discovery.cleaned(BATCH, {"requests": [{"updateCells": {"rows": cells, "fields": "*"}}]})

    assert time.perf_counter() - started < 3
