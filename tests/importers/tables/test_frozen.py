"""A sheet keeps its columns; what changed in Pipedrive is told, and done only when the owner says so."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.model import Column, ColumnKind, FieldChange, Frozen, Happening, Selection
from importers.tables.columns import Wish, unique_headers
from importers.tables.frozen import changes_since, decided, first_sight, fitted, is_open, selected

ID = Column("id", "ID", ColumnKind.WHOLE)
FULL = Column("id.full", "Full ID", usual=False)
SIZE = Column("aaaa", "Size", ColumnKind.NUMBER, field="Size")
FEE = Column("bbbb", "Fee", ColumnKind.MONEY, field="Fee")
FEE_CURRENCY = Column("bbbb.currency", "Fee: currency", field="Fee")
FIRST = Column("cccc", "Source (cccc)", field="Source")
SECOND = Column("dddd", "Source (dddd)", field="Source")
ALL = (ID, FULL, SIZE, FEE, FEE_CURRENCY, FIRST, SECOND)
SHEET = first_sight((ID, SIZE, FEE, FEE_CURRENCY, FIRST, SECOND), ALL)


def without(*keys: str) -> tuple[Column, ...]:
    return tuple(column for column in ALL if column.key not in keys)


def called(name: str, *columns: Column) -> tuple[Column, ...]:
    """*columns* after their field was renamed."""
    return tuple(
        Column(one.key, one.header.replace(one.field, name), one.kind, one.group, one.usual, name) for one in columns
    )


def only(columns: tuple[Column, ...], sheet: Frozen = SHEET) -> FieldChange:
    (change,) = changes_since(sheet, columns)
    return change


def test_where_nothing_changed_there_is_nothing_to_decide() -> None:
    assert changes_since(SHEET, ALL) == ()
    assert fitted(SHEET, None, ALL) == SHEET


def test_another_order_in_pipedrive_moves_no_column() -> None:
    assert fitted(SHEET, None, tuple(reversed(ALL))).columns == SHEET.columns


# --- renamed ---


def test_a_renamed_field_is_one_change_for_all_its_columns() -> None:
    fresh = called("Yearly fee", FEE, FEE_CURRENCY)
    change = only((*without("bbbb", "bbbb.currency"), *fresh))
    assert (change.what, change.before, change.name, change.columns) == (Happening.RENAMED, "Fee", "Yearly fee", fresh)


def test_a_renamed_field_keeps_its_header_until_the_new_one_is_taken() -> None:
    columns = (*without("aaaa"), *called("Fleet", SIZE))
    assert fitted(SHEET, None, columns).headers == SHEET.headers
    taken = decided(SHEET, only(columns), take=True)
    assert taken.headers == {**SHEET.headers, "aaaa": "Fleet"}
    assert taken.keys == SHEET.keys
    assert changes_since(taken, columns) == ()


def test_keeping_a_header_is_not_asked_about_again_until_the_next_rename() -> None:
    once = (*without("aaaa"), *called("Fleet", SIZE))
    kept = decided(SHEET, only(once), take=False)
    assert kept.headers == SHEET.headers
    assert changes_since(kept, once) == ()
    assert only((*without("aaaa"), *called("Bikes", SIZE)), kept).before == "Fleet"


def test_a_field_that_gets_its_old_name_back_is_no_change() -> None:
    once = (*without("aaaa"), *called("Fleet", SIZE))
    kept = decided(SHEET, only(once), take=False)
    assert kept != SHEET
    assert changes_since(kept, ALL) == ()
    assert fitted(kept, None, ALL) == SHEET


def test_a_new_name_that_stands_in_the_sheet_already_is_told_apart() -> None:
    columns = (*without("aaaa"), *called("Fee", SIZE))
    assert decided(SHEET, only(columns), take=True).headers["aaaa"] == "Fee (aaaa)"


def test_pipesheet_giving_a_column_of_pipedrives_own_another_header_is_no_change() -> None:
    columns = (Column("id", "Number", ColumnKind.WHOLE), *ALL[1:])
    assert changes_since(SHEET, columns) == ()
    assert fitted(SHEET, None, columns).headers["id"] == "ID"


# --- added ---

NEW = Column("eeee", "Colour", field="Colour")


def test_a_new_field_is_not_in_the_sheet_until_it_is_taken_and_then_comes_last() -> None:
    change = only((NEW, *ALL))
    assert (change.what, change.name, change.columns) == (Happening.ADDED, "Colour", (NEW,))
    assert fitted(SHEET, None, (NEW, *ALL)).keys == SHEET.keys
    taken = decided(SHEET, change, take=True)
    assert taken.columns == (*SHEET.columns, NEW)
    assert changes_since(taken, (NEW, *ALL)) == ()


def test_a_new_field_that_is_left_out_is_not_asked_about_again() -> None:
    left = decided(SHEET, only((NEW, *ALL)), take=False)
    assert left.columns == SHEET.columns
    assert changes_since(left, (NEW, *ALL)) == ()


def test_a_new_field_of_several_columns_is_one_change() -> None:
    parts = tuple(Column(key, header, field="Deposit") for key, header in [("ee", "Deposit"), ("ee.currency", "D: c")])
    assert only((*ALL, *parts)).columns == parts


def test_columns_few_people_want_are_not_offered() -> None:
    assert changes_since(SHEET, (*ALL, Column("eeee.city", "Address: city", usual=False))) == ()


def test_columns_that_were_left_out_from_the_start_are_not_offered() -> None:
    assert changes_since(first_sight((ID,), ALL), ALL) == ()


def test_a_new_field_with_the_name_of_a_header_that_was_kept_is_told_apart() -> None:
    renamed = (*without("aaaa"), *called("Fleet", SIZE))
    kept = decided(SHEET, only(renamed), take=False)
    size = Column("eeee", "Size", field="Size")
    taken = decided(kept, only((*renamed, size), kept), take=True)
    assert (taken.headers["aaaa"], taken.headers["eeee"]) == ("Size", "Size (eeee)")


# --- deleted ---


def test_a_deleted_field_keeps_its_place_until_it_is_dropped() -> None:
    change = only(without("bbbb", "bbbb.currency"))
    assert (change.what, change.name, change.columns) == (Happening.DELETED, "Fee", (FEE, FEE_CURRENCY))
    assert fitted(SHEET, None, without("bbbb", "bbbb.currency")).columns == SHEET.columns
    assert decided(SHEET, change, take=True).keys == ("id", "aaaa", "cccc", "dddd")


def test_a_deleted_field_that_is_kept_is_not_asked_about_again() -> None:
    kept = decided(SHEET, only(without("aaaa")), take=False)
    assert kept.columns == SHEET.columns
    assert changes_since(kept, without("aaaa")) == ()


def test_the_other_of_two_twins_keeps_its_header() -> None:
    plain = Column("dddd", "Source", field="Source")
    columns = (*without("cccc", "dddd"), plain)
    assert only(columns).key == "cccc"
    assert fitted(SHEET, None, columns).headers["dddd"] == "Source (dddd)"


def test_a_new_twin_leaves_the_header_of_the_first_alone() -> None:
    alone = first_sight((ID, Column("cccc", "Source", field="Source")), (ID,))
    assert fitted(alone, None, (ID, FIRST, SECOND)).headers["cccc"] == "Source"


# --- deleted and created again ---

AGAIN = (
    Column("ffff", "Fee", ColumnKind.MONEY, field="Fee"),
    Column("ffff.currency", "Fee: currency", field="Fee"),
)
WITH_AGAIN = (*without("bbbb", "bbbb.currency"), *AGAIN)


def test_a_field_created_again_under_its_name_is_one_change() -> None:
    change = only(WITH_AGAIN)
    assert (change.what, change.key, change.before, change.name) == (Happening.REPLACED, "ffff", "bbbb", "Fee")


def test_a_field_created_again_can_take_the_place_of_the_old_one() -> None:
    taken = decided(SHEET, only(WITH_AGAIN), take=True)
    assert taken.keys == ("id", "aaaa", "ffff", "ffff.currency", "cccc", "dddd")
    assert [column.header for column in taken.columns] == [column.header for column in SHEET.columns]
    assert changes_since(taken, WITH_AGAIN) == ()


def test_a_field_created_again_as_another_type_leaves_what_it_lacks_empty_and_brings_the_rest_last() -> None:
    start, end = Column("ff", "Fee: start", field="Fee"), Column("ff.until", "Fee: end", field="Fee")
    columns = (*without("bbbb", "bbbb.currency"), start, end)
    taken = decided(SHEET, only(columns), take=True)
    assert taken.keys == ("id", "aaaa", "ff", "bbbb.currency", "cccc", "dddd", "ff.until")
    assert taken.headers["ff"] == "Fee"
    assert changes_since(taken, columns) == ()


def test_a_field_created_again_can_be_left_out() -> None:
    left = decided(SHEET, only(WITH_AGAIN), take=False)
    assert left.columns == SHEET.columns
    assert changes_since(left, WITH_AGAIN) == ()


def test_a_field_created_again_after_its_column_was_dropped_is_a_new_one() -> None:
    dropped = decided(SHEET, only(without("bbbb", "bbbb.currency")), take=True)
    assert only(WITH_AGAIN, dropped).what is Happening.ADDED


# --- chosen in the editor ---


def test_columns_chosen_besides_come_last_and_those_left_out_go() -> None:
    chosen = fitted(SHEET, ("id.full", "dddd", "id", "aaaa"), ALL)
    assert chosen.keys == ("id", "aaaa", "dddd", "id.full")


def test_what_the_owner_chose_meanwhile_is_no_longer_open() -> None:
    change = only((NEW, *ALL))
    assert not is_open(change, fitted(SHEET, (*SHEET.keys, "eeee"), (NEW, *ALL)))
    gone = only(without("aaaa"))
    assert not is_open(gone, fitted(SHEET, ("id",), without("aaaa")))
    assert not is_open(change, None)


@pytest.mark.parametrize(("columns", "expected"), [(None, None), (("id",), SHEET.keys)])
def test_the_usual_columns_stay_the_usual_ones(columns: tuple[str, ...] | None, expected: object) -> None:
    assert selected(Selection("deals", columns=columns), SHEET).columns == expected


# --- whatever happens ---

NAMES = st.sampled_from(["Size", "size", "Fee", "Source", "Colour", "ID"])
FIELDS = st.dictionaries(st.sampled_from(["aaaa", "bbbb", "cccc", "dddd"]), NAMES)


def there_are(fields: dict[str, str]) -> tuple[Column, ...]:
    """The columns of an account that has these *fields*, by key; one of them has two."""
    wishes = [(key, name, "") for key, name in fields.items()]
    wishes += [(f"{key}.end", name, ": end") for key, name in fields.items() if key == "bbbb"]
    headers = unique_headers([Wish("ID"), *(Wish(name + part, tag=key) for key, name, part in wishes)])
    return (
        ID,
        *(Column(key, header, field=name) for (key, name, _), header in zip(wishes, headers[1:], strict=True)),
    )


@given(st.lists(FIELDS, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_nothing_moves_or_is_renamed_that_was_not_decided(story: list[dict[str, str]], chance: Random) -> None:
    sheet = first_sight(there_are(story[0]), there_are(story[0]))
    for fields in story[1:]:
        columns = there_are(fields)
        before, sheet = sheet, fitted(sheet, None, columns)
        assert (sheet.keys, sheet.headers) == (before.keys, before.headers)
        for _ in range(chance.randint(0, 3)):
            if changes := changes_since(sheet, columns):
                sheet = _after(sheet, chance.choice(changes), columns, take=chance.random() < 0.5)


def _after(sheet: Frozen, change: FieldChange, columns: tuple[Column, ...], *, take: bool) -> Frozen:
    """The sheet once *change* is decided: it is no longer asked about, and the rest is as it was."""
    after = decided(sheet, change, take=take)
    assert change.id not in [other.id for other in changes_since(after, columns)]
    headers = [header.casefold() for header in after.headers.values()]
    assert len(headers) == len(set(headers)) == len(set(after.keys))
    about = {column.key for column in change.columns} | {
        key for key in sheet.keys if key.startswith(change.before or "?")
    }
    rest = [column for column in sheet.columns if column.key not in about]
    assert [column for column in after.columns if column.key not in about] == rest
    if not take:
        assert after.headers == sheet.headers
    return after
