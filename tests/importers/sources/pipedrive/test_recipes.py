from __future__ import annotations

from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from importers.model import Cell, ColumnKind
from importers.sources.pipedrive import recipes
from importers.sources.pipedrive.recipes import Kitchen, Labels, ids_in

TALLINN = Kitchen(ZoneInfo("Europe/Tallinn"), names={"users": {101: "Ann", 102: "Bob"}})


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (31, [31]),
        ("31", [31]),
        ({"id": 101, "name": "Ann", "value": 101}, [101]),
        ({"name": "Acme", "value": 8}, [8]),
        ([{"person_id": 31, "primary": True}, {"person_id": 32}], [31, 32]),
        (None, []),
        (True, []),
        ("", []),
        ("x", []),
        ({}, []),
    ],
)
def test_ids_are_found_in_every_shape(value: Any, ids: list[int]) -> None:
    assert list(ids_in(value)) == ids


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (101, "Ann"),
        ("102", "Bob"),
        (999, None),
        ([{"user_id": 101}, {"user_id": 102}], "Ann, Bob"),
        ({"id": 101}, "Ann"),
    ],
)
def test_an_id_shows_as_the_name_it_stands_for(value: Any, cell: Cell) -> None:
    assert recipes.named("users")(TALLINN)(value) == cell


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (41, "Partner"),
        ("41", "Partner"),
        ([41, 42], "Partner, Government"),
        ("41,42", "Partner, Government"),
        ({"id": 41, "label": "Partner"}, "Partner"),
        ([{"id": 41, "label": "Partner"}, {"id": 42, "label": "Government"}], "Partner, Government"),
        ([], None),
        ("", None),
        (57, "Deleted option (57)"),
        ("41,57", "Partner, Deleted option (57)"),
        ("Already a name", "Already a name"),
        ("f08b42a0-4e75-11ea-9643-03698ef1cfd6", "Deleted option (f08b42a0)"),
    ],
)
def test_options_show_as_labels_in_every_shape(value: Any, cell: Cell) -> None:
    assert Labels({"41": "Partner", "42": "Government"})(value) == cell


def test_cells_with_lost_options_are_counted_each_once() -> None:
    labels = Labels({"41": "Partner"})
    for value in (41, 57, [41, 58], [57, 58], "57,58,41", [{"id": 57, "label": None}], "name", None, []):
        labels(value)
    assert labels.lost == 5


@pytest.mark.parametrize(
    ("value", "main", "until"),
    [
        ({"value": "09:00:00", "until": "11:00:00"}, time(9), time(11)),
        ({"value": None, "until": None}, None, None),
        ("09:00:00", time(9), None),
    ],
)
def test_compound_values_and_plain_ones_are_both_understood(value: Any, main: Cell, until: Cell) -> None:
    assert recipes.part("value", ColumnKind.TIME)(TALLINN)(value) == main
    assert recipes.part("until", ColumnKind.TIME)(TALLINN)(value) == until


@pytest.mark.parametrize(
    ("items", "primary", "every"),
    [
        ([{"value": "a@x", "primary": False}, {"value": "b@x", "primary": True}], "b@x", "a@x, b@x"),
        ([{"value": "a@x"}], "a@x", "a@x"),
        ([{"value": "", "primary": True}], None, None),
        ([], None, None),
        ("a@x", "a@x", "a@x"),
    ],
)
def test_of_several_addresses_the_primary_one_stands_for_itself(items: Any, primary: Cell, every: Cell) -> None:
    assert recipes.primary(TALLINN)(items) == primary
    assert recipes.every(TALLINN)(items) == every


@pytest.mark.parametrize(
    ("due_date", "due_time", "day", "at"),
    [
        ("2026-02-05", "09:30:00", date(2026, 2, 5), time(11, 30)),
        ("2026-02-05", "09:30", date(2026, 2, 5), time(11, 30)),
        ("2026-02-05", "22:30:00", date(2026, 2, 6), time(0, 30)),
        ("2026-02-05", None, date(2026, 2, 5), None),
        ("2026-02-05", "", date(2026, 2, 5), None),
        (None, None, None, None),
        ("soon", "later", "soon", "later"),
    ],
)
def test_an_activity_is_due_when_the_clocks_here_say_so(due_date: Any, due_time: Any, day: Cell, at: Cell) -> None:
    record = {"due_date": due_date, "due_time": due_time}
    assert recipes.due_on(TALLINN)(record) == day
    assert recipes.due_at(TALLINN)(record) == at


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<b>Call back</b> in May", "Call back in May"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("a<br/>b<BR>c", "a\nb\nc"),
        ("Fish &amp; chips &lt;3", "Fish & chips <3"),
        ("5 < 6", "5 < 6"),
        ("=1+1", "=1+1"),
        ("<p></p>", None),
        ("", None),
    ],
)
def test_notes_lose_their_markup_and_nothing_else(html: str, text: Cell) -> None:
    assert recipes.plain_text(TALLINN)(html) == text


PRICES = [{"price": 100, "currency": "EUR", "cost": 20}, {"price": 110.5, "currency": "USD"}]


def test_a_product_shows_its_first_price_and_all_of_them() -> None:
    assert recipes.first_price("price")(TALLINN)(PRICES) == 100
    assert recipes.first_price("currency", ColumnKind.TEXT)(TALLINN)(PRICES) == "EUR"
    assert recipes.all_prices(TALLINN)(PRICES) == "100 EUR, 110.5 USD"
    assert recipes.first_price("price")(TALLINN)([]) is None


def test_what_a_user_may_open_is_listed() -> None:
    assert (
        recipes.apps(TALLINN)([{"app": "sales", "admin": True}, {"app": "global", "admin": False}])
        == "sales (admin), global"
    )


@pytest.mark.parametrize(
    "record", [{"im": [{"value": "jane"}]}, {"ims": [{"value": "jane"}]}, {"im": [], "ims": [{"value": "jane"}]}]
)
def test_messengers_are_found_under_either_name(record: dict[str, Any]) -> None:
    assert recipes.messengers(TALLINN)(record) == "jane"


def test_a_person_without_messengers_has_none() -> None:
    assert recipes.messengers(TALLINN)({}) is None
