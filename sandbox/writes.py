"""
The vendor's endpoints that change something, as far as the sandbox has them:
v2 for deals, persons, organizations, activities, products and their fields,
v1 for leads, notes and merging.

Ours is the reading that a deleted record can be neither changed nor deleted
nor merged (404), and the words of these refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response

from sandbox import answers, bodies, leads, offsets
from sandbox.changes import NoSuchRecordError
from sandbox.kinds import KINDS, Row
from sandbox.schema import BadQueryError
from sandbox.shelf import PLAIN
from sandbox.world import World

View = Callable[..., Response]
Views = Mapping[tuple[str, str], Callable[..., Response]]
"""By method and path."""

_V2 = {
    "deals": "deal",
    "persons": "person",
    "organizations": "organization",
    "activities": "activity",
    "products": "product",
}
_FIELDS = {
    "dealFields": "deal",
    "personFields": "person",
    "organizationFields": "organization",
    "productFields": "product",
}
_MERGED = ("deals", "persons", "organizations")


def v2_views(world: World) -> Views:
    return {**_records(world), **_fields(world)}


def _data(data: Any, status: int = 200, **more: Any) -> Response:
    return answers.json_answer({"success": True, "data": data, **more}, status)


def _shown(world: World, kind: str, number: int) -> Row:
    return world.shelf(next(iter(KINDS[kind].shelves))).row(number, PLAIN)


def _is_there(world: World, kind: str, number: int) -> bool:
    names = [name for name in KINDS[kind].shelves if "deleted" not in name]
    return any(number in world.shelf(name).ids for name in names)


# v2 ---------------------------------------------------------------------------------------


def _records(world: World) -> Views:
    def add(what: str) -> Response:
        kind = _V2[what]
        values = bodies.body(kind, needed=KINDS[kind].required)
        bodies.check_custom(values, world.fields[KINDS[kind].fields])
        number = world.changes.create(kind, **values)
        return _data(_shown(world, kind, number), 201 if kind == "product" else 200)

    def change(what: str, id: int) -> Response:  # noqa: A002 - the vendor's name for it
        kind = _V2[what]
        values = bodies.body(kind)
        bodies.check_custom(values, world.fields[KINDS[kind].fields])
        if not _is_there(world, kind, id):
            return answers.not_found_v2(world.shelf(what).singular)
        world.changes.change(kind, id, **values)
        return _data(_shown(world, kind, id))

    def delete(what: str, id: int) -> Response:  # noqa: A002
        if not _is_there(world, _V2[what], id):
            return answers.not_found_v2(world.shelf(what).singular)
        world.changes.delete(_V2[what], id)
        return _data({"id": id})

    every = f"/<any({','.join(_V2)}):what>"
    one = f"{every}/<int:id>"
    return {("POST", every): add, ("PATCH", one): change, ("DELETE", one): delete}


def _fields(world: World) -> Views:
    def described(what: str, code: str) -> Response:
        return _data(next(field.as_v2() for field in world.fields[_FIELDS[what]] if field.code == code))

    def add(what: str) -> Response:
        return described(what, world.changes.add_field(_FIELDS[what], *bodies.new_field()))

    def rename(what: str, field_code: str) -> Response:
        world.changes.rename_field(_FIELDS[what], field_code, bodies.field_name())
        return described(what, field_code)

    def delete(what: str, field_code: str) -> Response:
        gone = next((field for field in world.fields[_FIELDS[what]] if field.code == field_code), None)
        if gone is not None and not gone.is_custom:
            raise BadQueryError(["field_code: only custom fields can be deleted"])
        world.changes.delete_field(_FIELDS[what], field_code)
        return _data(gone and gone.as_v2())

    every = f"/<any({','.join(_FIELDS)}):what>"
    one = f"{every}/<field_code>"
    views: Views = {("POST", every): add, ("PATCH", one): rename, ("DELETE", one): delete}
    return {method: _found(view) for method, view in {**views, **_options(world, f"{one}/options")}.items()}


def _options(world: World, rule: str) -> Views:
    def known(what: str, code: str, sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The options sent, as they stand; the whole request fails when one is not there."""
        options = next((field.options for field in world.fields[_FIELDS[what]] if field.code == code), ())
        labels = {option.id: option.label for option in options}
        if any(option.get("id") not in labels for option in sent):
            raise BadQueryError(["options: not all of them exist"])
        return [{"id": option["id"], "label": labels[option["id"]]} for option in sent]

    def add(what: str, field_code: str) -> Response:
        labels, entity = bodies.labels(bodies.options()), _FIELDS[what]
        made = [{"id": world.changes.add_option(entity, field_code, label), "label": label} for label in labels]
        return _data(made, additional_data=None)

    def rename(what: str, field_code: str) -> Response:
        sent = bodies.options()
        known(what, field_code, sent)
        for option, label in zip(sent, bodies.labels(sent), strict=True):
            world.changes.rename_option(_FIELDS[what], field_code, option["id"], label)
        return _data(known(what, field_code, sent), additional_data=None)

    def delete(what: str, field_code: str) -> Response:
        gone = known(what, field_code, bodies.options())
        for option in gone:
            world.changes.delete_option(_FIELDS[what], field_code, option["id"])
        return _data(gone, additional_data=None)

    return {("POST", rule): add, ("PATCH", rule): rename, ("DELETE", rule): delete}


def _found(view: View) -> View:
    def checked(**given: str) -> Response:
        try:
            return view(**given)
        except NoSuchRecordError:
            return answers.not_found_v2("Field")

    return checked


# v1 ---------------------------------------------------------------------------------------


def v1_views(world: World) -> Views:
    merge = f"/<any({','.join(_MERGED)}):what>/<int:id>/merge"
    return {**_of_leads(world), **_of_notes(world), ("PUT", merge): _refusing(_merge(world))}


def _refusing(view: View) -> View:
    """v1 words a bad body its own way."""

    def checked(**given: Any) -> Response:
        try:
            return view(**given)
        except BadQueryError as error:
            raise offsets.BadRequestError from error

    return checked


def _merge(world: World) -> View:
    def merge(what: str, id: int) -> Response:  # noqa: A002
        """The answer shows the one that is left in the format of v2, not in that of v1."""
        kind = _V2[what]
        into = bodies.merged_with()
        if id == into:
            raise offsets.BadRequestError
        if not (_is_there(world, kind, id) and _is_there(world, kind, into)):
            return answers.not_found_v1(f"{kind.capitalize()} not found")
        world.changes.merge(kind, id, into=into)
        return _data({**_shown(world, kind, into), "merge_what_id": id})

    return merge


def _of_leads(world: World) -> Views:
    def there(text: str) -> int | None:
        number = leads.number_of(text)
        return number if number is not None and _is_there(world, "lead", number) else None

    def add() -> Response:
        number = world.changes.create("lead", **bodies.body("lead", needed=("title",), is_strict=False))
        return _data(_shown(world, "lead", number), 201)

    def change(id: str) -> Response:  # noqa: A002
        values, number = bodies.body("lead", is_strict=False), there(id)
        if number is None:
            return answers.not_found_v1("requested lead not found")
        world.changes.change("lead", number, **values)
        return _data(_shown(world, "lead", number))

    def delete(id: str) -> Response:  # noqa: A002
        number = there(id)
        if number is None:
            return answers.not_found_v1("requested lead not found")
        world.changes.delete("lead", number)
        return _data({"id": id})

    one = "/leads/<id>"
    views: Views = {("POST", "/leads"): add, ("PATCH", one): change, ("DELETE", one): delete}
    return {method: _refusing(view) for method, view in views.items()}


def _of_notes(world: World) -> Views:
    def add() -> Response:
        number = world.changes.create("note", **bodies.body("note", needed=("content",), is_strict=False))
        return _data(_shown(world, "note", number))

    def change(id: int) -> Response:  # noqa: A002
        values = bodies.body("note", is_strict=False)
        if not _is_there(world, "note", id):
            return answers.not_found_v1("Note not found")
        world.changes.change("note", id, **values)
        return _data(_shown(world, "note", id))

    def delete(id: int) -> Response:  # noqa: A002
        if not _is_there(world, "note", id):
            return answers.not_found_v1("Note not found")
        world.changes.delete("note", id)
        return _data(True)

    one = "/notes/<int:id>"
    views: Views = {("POST", "/notes"): add, ("PUT", one): change, ("DELETE", one): delete}
    return {method: _refusing(view) for method, view in views.items()}
