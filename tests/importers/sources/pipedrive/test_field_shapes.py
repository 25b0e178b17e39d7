"""
Every type of custom field in every shape Pipedrive is known to send it in:
nested below `custom_fields` (v2), flat beside everything else (v1: leads).
"""

from __future__ import annotations

from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from importers.model import Cell
from importers.sources.pipedrive.entities import BY_NAME
from importers.sources.pipedrive.fields import all_specs, labels_of
from importers.sources.pipedrive.recipes import Kitchen, Labels
from importers.tables.flatten import Getter, Shaper
from sandbox.fields import CUSTOM_TYPES

KEY = "ab12" + "0" * 36
OPTIONS = {"enum": {41: "Partner", 42: "Government"}, "set": {51: "DE", 52: "FR", 53: "BE, all of it"}}
NAMES = {"users": {101: "Ann"}, "organizations": {8: "Acme"}, "persons": {31: "Jane Doe"}}

Cells = dict[str, Cell]


def field(kind: str) -> dict[str, Any]:
    options = [{"id": number, "label": label} for number, label in OPTIONS.get(kind, {}).items()]
    return {"field_code": KEY, "field_name": "F", "field_type": kind, "is_custom_field": True, "options": options}


def cells(entity: str, kind: str, record: dict[str, Any]) -> Cells:
    """The custom columns of *record* by what follows the field's name, without those that are empty."""
    described = field(kind)
    specs = [spec for spec in all_specs(BY_NAME[entity], [described]) if spec.column.field]
    labels = {KEY: Labels(labels_of([described]).get(KEY, {}))}
    kitchen = Kitchen(ZoneInfo("Europe/Tallinn"), names=NAMES, labels=labels)
    (row,) = Shaper([Getter(spec.path, spec.recipe(kitchen)) for spec in specs]).rows([record])
    found = {spec.column.header.removeprefix("F").strip(": "): cell for spec, cell in zip(specs, row, strict=True)}
    return {header: cell for header, cell in found.items() if cell is not None}


PLACE = {
    "street_number": "530",
    "route": "Fifth Avenue",
    "subpremise": "4B",
    "sublocality": "Manhattan",
    "locality": "New York",
    "admin_area_level_1": "NY",
    "admin_area_level_2": "New York County",
    "country": "United States",
    "postal_code": "10036",
    "formatted_address": "530 5th Ave, New York, NY 10036, USA",
}
PLACE_CELLS: Cells = {
    "": "530 Fifth Avenue",
    "house number": "530",
    "street": "Fifth Avenue",
    "apartment": "4B",
    "district": "Manhattan",
    "city": "New York",
    "state or county": "NY",
    "region": "New York County",
    "country": "United States",
    "postal code": "10036",
    "formatted": "530 5th Ave, New York, NY 10036, USA",
}
USER = {"id": 101, "name": "Ann", "email": "ann@x", "has_pic": 0, "pic_hash": None, "active_flag": True, "value": 101}
ORGANIZATION = {"name": "Acme", "people_count": 2, "owner_id": 101, "address": None, "cc_email": "a@x", "value": 8}
PERSON = {"name": "Jane Doe", "email": [{"value": "j@x", "primary": True}], "phone": [], "value": 31}
ZONE = {"timezone_id": 12, "timezone_name": "Europe/Tallinn"}
FROM_NINE, TO_ELEVEN = {"value": "09:00:00"}, {"value": "09:00:00", "until": "11:00:00"}

NESTED: dict[str, list[tuple[Any, Cells]]] = {
    "varchar": [("txt", {"": "txt"}), ("=1+1", {"": "=1+1"}), ("007", {"": "007"}), ("", {}), (None, {})],
    "varchar_auto": [("VanRent", {"": "VanRent"}), (None, {})],
    "text": [("one\ntwo", {"": "one\ntwo"}), (None, {})],
    "double": [(500, {"": 500}), (0, {"": 0}), (-1.5, {"": -1.5}), (None, {})],
    "phone": [("+372 55 12", {"": "+372 55 12"}), ("0031", {"": "0031"}), (None, {})],
    "monetary": [
        ({"value": 500, "currency": "USD"}, {"": 500, "currency": "USD"}),
        ({"value": 0, "currency": "EUR"}, {"": 0, "currency": "EUR"}),
        ({"value": None, "currency": "EUR"}, {"currency": "EUR"}),
        (500, {"": 500}),
        (None, {}),
    ],
    "enum": [
        (41, {"": "Partner"}),
        ("41", {"": "Partner"}),
        ({"id": 41, "label": "Partner"}, {"": "Partner"}),
        (49, {"": "Deleted option (49)"}),
        ({"id": 49, "label": None}, {"": "Deleted option (49)"}),
        (None, {}),
    ],
    "set": [
        ([51, 52], {"": "DE, FR"}),
        (["51", "52"], {"": "DE, FR"}),
        ("51,52", {"": "DE, FR"}),
        ([{"id": 51, "label": "DE"}, {"id": 52, "label": "FR"}], {"": "DE, FR"}),
        ([53], {"": "BE, all of it"}),
        ([51, 59], {"": "DE, Deleted option (59)"}),
        ([{"id": 59, "label": None}], {"": "Deleted option (59)"}),
        ([], {}),
        (None, {}),
    ],
    "user": [(101, {"": "Ann", "ID": 101}), (USER, {"": "Ann", "ID": 101}), (999, {"ID": 999}), (None, {})],
    "org": [(8, {"": "Acme", "ID": 8}), (ORGANIZATION, {"": "Acme", "ID": 8}), (None, {})],
    "people": [(31, {"": "Jane Doe", "ID": 31}), (PERSON, {"": "Jane Doe", "ID": 31}), (None, {})],
    "date": [("2026-01-01", {"": date(2026, 1, 1)}), ("soon", {"": "soon"}), (None, {})],
    "daterange": [
        ({"value": "2026-01-01", "until": "2026-02-01"}, {"start": date(2026, 1, 1), "end": date(2026, 2, 1)}),
        ({"value": "2026-01-01", "until": None}, {"start": date(2026, 1, 1)}),
        (None, {}),
    ],
    "time": [
        ("09:00:00", {"": time(9)}),
        (FROM_NINE, {"": time(9)}),
        ({**FROM_NINE, **ZONE}, {"": time(9), "time zone": "Europe/Tallinn"}),
        (None, {}),
    ],
    "timerange": [
        (TO_ELEVEN, {"start": time(9), "end": time(11)}),
        ({**TO_ELEVEN, **ZONE}, {"start": time(9), "end": time(11), "time zone": "Europe/Tallinn"}),
        (None, {}),
    ],
    "address": [
        ({"value": "530 Fifth Avenue", **PLACE}, PLACE_CELLS),
        ({"value": "530 Fifth Avenue"}, {"": "530 Fifth Avenue"}),
        ({"value": "530 Fifth Avenue", **dict.fromkeys(PLACE)}, {"": "530 Fifth Avenue"}),
        ("530 Fifth Avenue", {"": "530 Fifth Avenue"}),
        (None, {}),
    ],
}

FLAT: dict[str, list[tuple[dict[str, Any], Cells]]] = {
    "varchar": [({"": "txt"}, {"": "txt"}), ({}, {})],
    "varchar_auto": [({"": "VanRent"}, {"": "VanRent"}), ({}, {})],
    "text": [({"": "one\ntwo"}, {"": "one\ntwo"}), ({}, {})],
    "double": [({"": 500}, {"": 500}), ({}, {})],
    "phone": [({"": "+372 55 12"}, {"": "+372 55 12"}), ({}, {})],
    "monetary": [
        ({"": 500, "currency": "USD"}, {"": 500, "currency": "USD"}),
        ({"": 500}, {"": 500}),
        ({"": None, "currency": None}, {}),
        ({}, {}),
    ],
    "enum": [({"": "41"}, {"": "Partner"}), ({"": "49"}, {"": "Deleted option (49)"}), ({}, {})],
    "set": [
        ({"": "51,52"}, {"": "DE, FR"}),
        ({"": "51"}, {"": "DE"}),
        ({"": "51,59"}, {"": "DE, Deleted option (59)"}),
        ({"": ""}, {}),
        ({}, {}),
    ],
    "user": [({"": 101}, {"": "Ann", "ID": 101}), ({"": USER}, {"": "Ann", "ID": 101}), ({}, {})],
    "org": [({"": 8}, {"": "Acme", "ID": 8}), ({"": ORGANIZATION}, {"": "Acme", "ID": 8}), ({}, {})],
    "people": [({"": 31}, {"": "Jane Doe", "ID": 31}), ({"": PERSON}, {"": "Jane Doe", "ID": 31}), ({}, {})],
    "date": [({"": "2026-01-01"}, {"": date(2026, 1, 1)}), ({}, {})],
    "daterange": [
        ({"": "2026-01-01", "until": "2026-02-01"}, {"start": date(2026, 1, 1), "end": date(2026, 2, 1)}),
        ({"": "2026-01-01"}, {"start": date(2026, 1, 1)}),
        ({}, {}),
    ],
    "time": [({"": "09:00:00", "timezone_id": 12}, {"": time(9)}), ({"": FROM_NINE}, {"": time(9)}), ({}, {})],
    "timerange": [
        ({"": "09:00:00", "until": "11:00:00", "timezone_id": 12}, {"start": time(9), "end": time(11)}),
        ({"": "09:00:00", "until": "11:00:00"}, {"start": time(9), "end": time(11)}),
        ({}, {}),
    ],
    "address": [
        ({"": "530 Fifth Avenue", **PLACE}, PLACE_CELLS),
        ({"": "530 Fifth Avenue"}, {"": "530 Fifth Avenue"}),
        ({}, {}),
    ],
}


def _cases(table: dict[str, list[Any]]) -> list[Any]:
    return [
        pytest.param(kind, value, expected, id=f"{kind}-{number}")
        for kind, shapes in table.items()
        for number, (value, expected) in enumerate(shapes, start=1)
    ]


def test_no_type_that_can_be_created_is_left_out() -> None:
    assert set(NESTED) == set(FLAT) == set(CUSTOM_TYPES)


@pytest.mark.parametrize("entity", ["deals", "persons", "organizations", "products", "archived-deals"])
@pytest.mark.parametrize(("kind", "value", "expected"), _cases(NESTED))
def test_a_nested_value_fills_its_columns(entity: str, kind: str, value: Any, expected: Cells) -> None:
    assert cells(entity, kind, {"custom_fields": {KEY: value}}) == expected


@pytest.mark.parametrize("entity", ["leads", "archived-leads"])
@pytest.mark.parametrize(("kind", "parts", "expected"), _cases(FLAT))
def test_a_flat_value_fills_its_columns(entity: str, kind: str, parts: dict[str, Any], expected: Cells) -> None:
    record = {f"{KEY}_{part}" if part else KEY: value for part, value in parts.items()}
    assert cells(entity, kind, record) == expected


@pytest.mark.parametrize("kind", CUSTOM_TYPES)
def test_a_record_without_the_field_leaves_its_columns_empty(kind: str) -> None:
    assert cells("deals", kind, {"custom_fields": {}}) == cells("leads", kind, {}) == {}


@pytest.mark.parametrize(
    ("kind", "value", "name"),
    [("org", {**ORGANIZATION, "value": 9}, "Acme"), ("people", {"name": "Jane Doe"}, "Jane Doe")],
)
def test_a_related_record_that_cannot_be_looked_up_shows_the_name_that_came_with_it(
    kind: str, value: Any, name: str
) -> None:
    assert cells("deals", kind, {"custom_fields": {KEY: value}})[""] == name
