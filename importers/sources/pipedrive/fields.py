"""An account's own fields as columns: under their human names, each part typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from importers.model import Column, ColumnKind
from importers.sources.pipedrive import recipes
from importers.sources.pipedrive.client import PipedriveClient
from importers.sources.pipedrive.entities import VISIBLE_TO, Entity
from importers.sources.pipedrive.pages import List, walk
from importers.sources.pipedrive.recipes import Recipe, Spec
from importers.sources.pipedrive.specs import ADDRESS_PARTS, CUSTOM
from importers.tables.columns import Wish, readable, unique_headers

Field = Mapping[str, Any]
"""A field as v2 describes it: field_code, field_name, field_type, options, is_custom_field."""

_KINDS = {
    "double": ColumnKind.NUMBER,
    "int": ColumnKind.WHOLE,
    "boolean": ColumnKind.BOOLEAN,
    "date": ColumnKind.DATE,
}
_OF_ACTIVITIES = List("/activityFields", "v1", 20, paging="none")
"""What v2 tells of them takes an app the permission `admin`, v1 only that to read activities."""
_RELATIONS = {"user": "users", "org": "organizations", "people": "persons", "deal": "deals", "stage": "stages"}


def read_fields(client: PipedriveClient, where: List) -> list[Field]:
    """Every field of an entity; accounts may have more than a page of them."""
    scopes = client.sign_in.scopes
    if where.path == _OF_ACTIVITIES.path and scopes is not None and "admin" not in scopes:
        return [_as_v2(field) for page in walk(client, _OF_ACTIVITIES) for field in page.records if field.get("key")]
    return [field for page in walk(client, where) for field in page.records if field.get("field_code")]


def _as_v2(field: Field) -> Field:
    renamed = {"field_code": field["key"], "field_name": field.get("name"), "is_custom_field": field.get("edit_flag")}
    return {**field, **renamed}


def labels_of(fields: Iterable[Field]) -> dict[str, dict[str, str]]:
    """Field code -> option id -> label, for the fields that have options."""
    found = {
        str(field["field_code"]): {
            str(option.get("id")): str(option.get("label") or option.get("id")) for option in options
        }
        for field in fields
        if (options := _options(field))
    }
    return {"visible_to": VISIBLE_TO, **found}


def _options(field: Field) -> list[Mapping[str, Any]]:
    options = field.get("options")
    return [option for option in options if isinstance(option, dict)] if isinstance(options, list) else []


def all_specs(entity: Entity, fields: Sequence[Field]) -> tuple[Spec, ...]:
    """Every column of an entity: Pipedrive's own, then the account's, all headers unique."""
    custom = [
        spec for field in fields if entity.custom and field.get("is_custom_field") for spec in _specs(field, entity)
    ]
    wishes = [Wish(spec.column.header) for spec in entity.columns]
    wishes += [Wish(spec.column.header, tag=spec.column.key) for spec in custom]
    return tuple(
        replace(spec, column=replace(spec.column, header=header))
        for spec, header in zip((*entity.columns, *custom), unique_headers(wishes), strict=True)
    )


def _specs(field: Field, entity: Entity) -> tuple[Spec, ...]:
    """The columns of one custom field."""
    return _OneField(field, nested=entity.custom == "nested").specs()


class _OneField:
    """Expands a field into columns; v1 keeps parts beside the value (`<key>_until`), v2 inside it."""

    def __init__(self, field: Field, *, nested: bool) -> None:
        self._code = str(field["field_code"])
        self._name = readable(str(field.get("field_name") or ""))
        self._type = str(field.get("field_type"))
        self._nested = nested

    def specs(self) -> tuple[Spec, ...]:
        match self._type:
            case "monetary":
                return self._main(ColumnKind.MONEY), self._part("currency", "currency", usual=True)
            case "daterange":
                return self._range(ColumnKind.DATE)
            case "timerange":
                return (*self._range(ColumnKind.TIME), *self._zone())
            case "time":
                return (self._main(ColumnKind.TIME), *self._zone())
            case "address":
                return self._main(ColumnKind.TEXT), *(self._part(name, words) for name, words in ADDRESS_PARTS)
            case "enum" | "set":
                return (self._labelled(),)
            case kind if kind in _RELATIONS:
                return self._related(_RELATIONS[kind])
        return (self._spec("", self._name, _KINDS.get(self._type, ColumnKind.TEXT)),)

    def _main(self, kind: ColumnKind) -> Spec:
        return self._spec("", self._name, kind, recipe=recipes.part("value", kind))

    def _range(self, kind: ColumnKind) -> tuple[Spec, Spec]:
        return (
            self._spec("", f"{self._name}: start", kind, recipe=recipes.part("value", kind)),
            self._part("until", "end", kind, usual=True),
        )

    def _zone(self) -> tuple[Spec, ...]:
        # v1 only gives the number of the zone, which says nothing to anybody.
        return (self._part("timezone_name", "time zone"),) if self._nested else ()

    def _part(self, name: str, words: str, kind: ColumnKind = ColumnKind.TEXT, *, usual: bool = False) -> Spec:
        recipe = recipes.part(name, kind) if self._nested else recipes.of_kind(kind)
        header = f"{self._name}: {words}"
        return self._spec(name, header, kind, usual=usual, recipe=recipe)

    def _labelled(self) -> Spec:
        kind = ColumnKind.LIST if self._type == "set" else ColumnKind.TEXT
        spec = self._spec("", self._name, kind, recipe=recipes.labelled(self._code))
        return replace(spec, labels=self._code)

    def _related(self, relation: str) -> tuple[Spec, Spec]:
        name = self._spec("", self._name, ColumnKind.TEXT, recipe=recipes.named(relation))
        record_id = self._spec("", f"{self._name} ID", ColumnKind.WHOLE, usual=False, recipe=recipes.identified)
        record_id = replace(record_id, column=replace(record_id.column, key=f"{self._code}.id"))
        return replace(name, relation=relation), record_id

    def _spec(
        self, part: str, header: str, kind: ColumnKind, *, usual: bool = True, recipe: Recipe | None = None
    ) -> Spec:
        key = f"{self._code}.{part}" if part else self._code
        column = Column(key, header, kind, group=CUSTOM, usual=usual, field=self._name)
        flat = f"{self._code}_{part}" if part else self._code
        path = ("custom_fields", self._code) if self._nested else (flat,)
        return Spec(column, path, recipe or recipes.of_kind(kind))
