from __future__ import annotations

from typing import Any

import pytest

from importers.model import ColumnKind
from importers.sources.pipedrive.entities import BY_NAME
from importers.sources.pipedrive.fields import all_specs, labels_of

KEY = "ab12" + "0" * 36


def field(kind: str, name: str = "Thing", code: str = KEY, **more: Any) -> dict[str, Any]:
    return {"field_code": code, "field_name": name, "field_type": kind, "is_custom_field": True, **more}


def headers(entity: str, *fields: dict[str, Any]) -> dict[str, ColumnKind]:
    """Header -> kind of the custom columns."""
    specs = all_specs(BY_NAME[entity], fields)
    return {spec.column.header: spec.column.kind for spec in specs if spec.column.group == "Custom fields"}


@pytest.mark.parametrize("entity", ["deals", "leads"])
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("varchar", {"Thing": ColumnKind.TEXT}),
        ("text", {"Thing": ColumnKind.TEXT}),
        ("phone", {"Thing": ColumnKind.TEXT}),
        ("double", {"Thing": ColumnKind.NUMBER}),
        ("date", {"Thing": ColumnKind.DATE}),
        ("enum", {"Thing": ColumnKind.TEXT}),
        ("set", {"Thing": ColumnKind.LIST}),
        ("monetary", {"Thing": ColumnKind.MONEY, "Thing: currency": ColumnKind.TEXT}),
        ("daterange", {"Thing: start": ColumnKind.DATE, "Thing: end": ColumnKind.DATE}),
        ("user", {"Thing": ColumnKind.TEXT, "Thing ID": ColumnKind.WHOLE}),
        ("org", {"Thing": ColumnKind.TEXT, "Thing ID": ColumnKind.WHOLE}),
        ("people", {"Thing": ColumnKind.TEXT, "Thing ID": ColumnKind.WHOLE}),
        ("something new", {"Thing": ColumnKind.TEXT}),
    ],
)
def test_every_type_of_field_has_its_columns(entity: str, kind: str, expected: dict[str, ColumnKind]) -> None:
    assert headers(entity, field(kind)) == expected


def test_a_field_that_shares_its_name_with_one_of_pipedrives_own_gives_way() -> None:
    assert list(headers("deals", field("varchar", "Title"))) == ["Title (ab12)"]


@pytest.mark.parametrize("name", ["", "   ", "0123456789abcdef" * 3, None])
def test_a_field_without_a_readable_name_still_gets_a_header(name: Any) -> None:
    assert list(headers("deals", field("varchar", name))) == ["Unnamed field"]


def test_a_suffix_does_not_change_when_another_field_is_deleted_or_moved() -> None:
    first, second, third = (field("varchar", "Source", code=f"{n}{n}{n}{n}" + "0" * 36) for n in "123")
    every = headers("deals", first, second, third)
    assert list(every) == ["Source (1111)", "Source (2222)", "Source (3333)"]
    assert list(headers("deals", third, first)) == ["Source (3333)", "Source (1111)"]


def test_fields_of_pipedrives_own_are_not_repeated_as_custom_ones() -> None:
    assert headers("deals", {**field("varchar", "Title", "title"), "is_custom_field": False}) == {}


def test_activities_deliver_no_custom_fields_even_where_they_are_listed() -> None:
    assert headers("activities", field("varchar")) == {}


def test_labels_are_kept_by_field_with_words_for_visibility_where_none_are_listed() -> None:
    labels = labels_of([field("enum", options=[{"id": 41, "label": "Partner"}]), field("varchar", code="x")])
    assert labels[KEY] == {"41": "Partner"}
    assert "1" in labels["visible_to"]


@pytest.mark.parametrize("entity", BY_NAME)
def test_the_catalogue_itself_has_unique_keys_and_headers(entity: str) -> None:
    columns = [spec.column for spec in BY_NAME[entity].columns]
    assert len({column.key for column in columns}) == len(columns)
    assert len({column.header.casefold() for column in columns}) == len(columns)
