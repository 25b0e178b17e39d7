"""What the next write will do, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importers.model import Forecast, Mode, Size
from importers.services.outlook import Outlook, outlook
from tests.builders import a_google_target

EXACT, AT_MOST = Size(120), Size(120, is_exact=False)


def of(mode: Mode, there: int | None, records: Size | None, **more: bool) -> Outlook:
    return outlook(replace(a_google_target(1), mode=mode), Forecast(there, ("A note.",)), records, **more)


@pytest.mark.parametrize(
    ("mode", "there", "records", "rows", "says"),
    [
        (Mode.REPLACE, 0, EXACT, (120, 0, 0), "120 rows added."),
        (Mode.REPLACE, 0, AT_MOST, (120, 0, 0), "At most 120 rows added."),
        (Mode.REPLACE, 0, None, (None, 0, 0), None),
        (Mode.REPLACE, 100, EXACT, (20, 100, 0), "20 rows added and at most 100 rows written over where they differ."),
        (Mode.REPLACE, 150, EXACT, (0, 120, 30),
         "At most 120 rows written over where they differ and 30 rows removed."),
        (Mode.REPLACE, 100, AT_MOST, (20, 100, 100),
         "At most 20 rows added, at most 100 rows written over where they differ and at most 100 rows removed."),
        (Mode.REPLACE, 100, None, (None, None, 100), "Rows there are written over where they differ."),
        (Mode.REPLACE, None, EXACT, (None, None, None), "Rows there are written over where they differ."),
        (Mode.APPEND, 100, EXACT, (120, 0, 0), "120 rows added."),
        (Mode.APPEND, None, Size(1), (1, 0, 0), "At most 1 row added."),
        (Mode.APPEND, 100, None, (None, 0, 0), None),
        (Mode.UPDATE, 0, EXACT, (120, 0, 0), "120 rows added."),
        (Mode.UPDATE, 100, EXACT, (120, 100, 100),
         "120 rows will be added, or changed where their key is there already; rows of records that are gone are removed."),
        (Mode.UPDATE, 100, None, (None, None, 100),
         "Rows will be added, or changed where their key is there already; rows of records that are gone are removed."),
    ],
)  # fmt: skip
def test_it_says_as_much_as_is_known_and_no_more(
    mode: Mode, there: int | None, records: Size | None, rows: tuple[int | None, ...], says: str | None
):
    found = of(mode, there, records)
    assert (found.added, found.changed, found.removed) == rows
    assert says is None or says in found.words
    assert says is not None or not any("added" in words for words in found.words)
    assert found.notes == ("A note.",)


def test_rows_of_records_that_are_gone_stay_where_their_owner_keeps_them():
    found = of(Mode.UPDATE, 100, EXACT, keeps_missing=True)
    assert found.removed == 0
    assert found.words[-1].endswith("rows of records that are gone stay.")


def test_it_begins_with_what_is_there_and_what_will_be_read():
    assert of(Mode.APPEND, 1, Size(1)).words == (
        "There is 1 row of this table already.",
        "1 record will be read.",
        "1 row added.",
        "Append compares nothing: every record that stands there already stands there once more after each run.",
    )
    assert of(Mode.REPLACE, 0, None).words == (
        "There are no rows of this table yet.",
        "How many records there are is known once they are read.",
    )
    assert of(Mode.REPLACE, None, AT_MOST).words[0] == "At most 120 records will be read."


@pytest.mark.parametrize("records", [EXACT, None])
def test_appending_to_rows_that_are_there_is_said_to_repeat_them(records: Size | None):
    assert any("once more after each run" in words for words in of(Mode.APPEND, 100, records).words)
    assert not any("once more" in words for words in of(Mode.APPEND, 0, records).words)
    assert not any("once more" in words for words in of(Mode.REPLACE, 100, records).words)
