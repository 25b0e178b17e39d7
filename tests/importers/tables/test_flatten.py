from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from importers.model import ColumnKind
from importers.tables.flatten import Getter, Shaper
from importers.tables.values import maker, text

UTC = ZoneInfo("UTC")


def shape(*paths: tuple[str, ...]) -> Shaper:
    return Shaper([Getter(path, text) for path in paths])


def test_values_are_found_however_deep_they_lie() -> None:
    records = [{"title": "A", "custom_fields": {"k": {"value": "x", "until": "y"}}}]
    shaper = shape(("title",), ("custom_fields", "k", "value"), ("custom_fields", "k", "until"))
    assert shaper.rows(records) == [("A", "x", "y")]


def test_what_is_not_there_is_none() -> None:
    records: list[dict[str, Any]] = [{}, {"a": None}, {"a": {}}, {"a": {"b": None}}, {"a": "text"}, {"a": [1]}]
    assert shape(("a", "b")).rows(records) == [(None,)] * 6


def test_the_empty_path_is_the_record_itself() -> None:
    shaper = Shaper([Getter((), lambda record: record["a"] + record["b"])])
    assert shaper.rows([{"a": 1, "b": 2}]) == [(3,)]


def test_no_columns_still_make_a_row_for_every_record() -> None:
    assert shape().rows([{}, {}]) == [(), ()]


def test_no_records_make_no_rows() -> None:
    assert shape(("a",)).rows([]) == []


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2)
_RECORDS = st.lists(
    st.dictionaries(st.sampled_from("abc"), _VALUES | st.dictionaries(st.sampled_from("abc"), _VALUES)), max_size=8
)
_GETTERS = st.lists(
    st.builds(
        Getter,
        st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple),
        st.sampled_from(ColumnKind).map(lambda kind: maker(kind, zone=UTC)),
    ),
    max_size=6,
)


@given(_GETTERS, _RECORDS)
def test_no_record_and_no_column_is_ever_lost(getters: list[Getter], records: list[dict[str, Any]]) -> None:
    rows = Shaper(getters).rows(records)
    assert len(rows) == len(records)
    assert all(len(row) == len(getters) for row in rows)


@given(_GETTERS, _RECORDS)
def test_a_record_makes_the_same_row_whoever_stands_beside_it(
    getters: list[Getter], records: list[dict[str, Any]]
) -> None:
    shaper = Shaper(getters)
    alone = [row for record in records for row in shaper.rows([record])]
    assert repr(shaper.rows(records)) == repr(alone)


def test_a_value_its_column_cannot_take_becomes_text_and_spoils_no_other() -> None:
    def half(value: Any) -> float:
        return value / 2  # type: ignore[no-any-return]

    shaper = Shaper([Getter(("a",), half), Getter(("b",), text)])
    assert shaper.rows([{"a": 4, "b": "x"}, {"a": {"k": 1}, "b": "y"}, {}]) == [
        (2, "x"),
        ('{"k": 1}', "y"),
        (None, None),
    ]
