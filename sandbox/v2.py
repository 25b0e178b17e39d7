"""The second version of the API: lists by cursor, single records, fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from sandbox import answers, cursors, filters, schema, v2_parts, writes
from sandbox.fields import with_visibility
from sandbox.schema import Check
from sandbox.shelf import Keep, Shelf, View
from sandbox.world import World

_SORTED = ("id", "update_time", "add_time")
_SINCE: dict[str, Check] = {"updated_since": schema.moment, "updated_until": schema.moment}
_WHO: dict[str, Check] = {"filter_id": schema.integer, "ids": schema.integers, "owner_id": schema.integer}
_LABELS: dict[str, Check] = {"include_option_labels": schema.boolean, "include_labels": schema.boolean}
_DEAL_FILTERS: dict[str, Check] = {
    **_WHO, **_SINCE,
    **dict.fromkeys(("person_id", "org_id", "pipeline_id", "stage_id"), schema.integer),
    "status": schema.some_of(("open", "won", "lost", "deleted")),
    "custom_fields": schema.keys,
}  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """What a v2 list takes: its filters, its orders, the type of its saved filters and what one record takes."""

    allowed: Mapping[str, Check]
    sorts: tuple[str, ...] = _SORTED
    filter_type: str = ""
    single: tuple[str, ...] = ()
    has_includes: bool = False
    is_single: bool = True
    """Whether its records can be asked for one by one."""
    needs: str = ""
    """The feature without which it refuses."""

    def query(self, shelf: Shelf) -> dict[str, Check]:
        sorting = schema.sorted_by(*self.sorts) if self.sorts else {}
        return {**self.allowed, **schema.PAGED, **sorting, **self._includes(shelf)}

    def single_query(self, shelf: Shelf) -> dict[str, Check]:
        return {**{name: self.allowed[name] for name in self.single}, **self._includes(shelf)}

    def _includes(self, shelf: Shelf) -> dict[str, Check]:
        return {"include_fields": schema.some_of(shelf.optional)} if self.has_includes else {}


_EQUAL = (
    *("owner_id", "person_id", "org_id", "pipeline_id", "stage_id", "deal_id", "lead_id", "done"),
    *("phase_id", "is_done", "is_milestone", "assignee_id", "project_id", "parent_task_id"),
)
_PROJECT_STATUS = schema.some_of(("open", "completed", "canceled", "deleted"))
_ARCHIVED_PROJECT: dict[str, Check] = {
    "filter_id": schema.integer,
    "status": _PROJECT_STATUS,
    "phase_id": schema.integer,
}
_ONE = ("custom_fields", *_LABELS)
LISTINGS = {
    "deals": Listing({**_DEAL_FILTERS, **_LABELS}, filter_type="deals", single=_ONE, has_includes=True),
    "deals/archived": Listing(_DEAL_FILTERS, filter_type="deals", has_includes=True, is_single=False),
    "persons": Listing(
        {**_WHO, **_SINCE, **_LABELS, "org_id": schema.integer, "deal_id": schema.integer, "custom_fields": schema.keys},
        filter_type="people", single=_ONE, has_includes=True,
    ),
    "organizations": Listing(
        {**_WHO, **_SINCE, **_LABELS, "custom_fields": schema.keys}, filter_type="org", single=_ONE, has_includes=True
    ),
    "activities": Listing(
        {
            **_WHO, **_SINCE,
            **dict.fromkeys(("deal_id", "person_id", "org_id"), schema.integer),
            "lead_id": schema.words, "done": schema.boolean,
        },
        (*_SORTED, "due_date"), "activity", has_includes=True,
    ),
    "products": Listing(
        {**_WHO, "updated_since": schema.moment, "custom_fields": schema.keys}, ("id", "name", "add_time", "update_time"), "products"
    ),
    "pipelines": Listing({}),
    "stages": Listing({"pipeline_id": schema.integer}, (*_SORTED, "order_nr")),
    "projects": Listing(
        {**_ARCHIVED_PROJECT, **dict.fromkeys(("deal_id", "person_id", "org_id"), schema.integer)},
        (), "projects", needs="projects",
    ),
    "projects/archived": Listing(_ARCHIVED_PROJECT, (), "projects", is_single=False, needs="projects"),
    "projectTemplates": Listing({}, (), needs="projects"),
    "tasks": Listing(
        {
            **dict.fromkeys(("is_done", "is_milestone"), schema.boolean),
            **dict.fromkeys(("assignee_id", "project_id"), schema.integer),
            "parent_task_id": schema.words,
        },
        (), needs="projects",
    ),
}  # fmt: skip
_FIELDS = {
    "dealFields": ("deal", ("ui_visibility", "important_fields", "required_fields")),
    "personFields": ("person", ("ui_visibility", "important_fields", "required_fields")),
    "organizationFields": ("organization", ("ui_visibility", "important_fields", "required_fields")),
    "productFields": ("product", ("ui_visibility",)),
    "activityFields": ("activity", ("ui_visibility",)),
    "projectFields": ("project", ()),
}


class UnknownFilterError(Exception):
    """
    filter_id names a filter that is not there or is of another type.

    What the vendor answers is not documented; 404 in the words of its other
    "not found" answers is our reading.
    """


def blueprint(world: World) -> Blueprint:
    api = Blueprint("v2", __name__, url_prefix="/api/v2")
    for name, listing in LISTINGS.items():
        if listing.needs in ("", *world.features):
            _add_list(api, world, name, listing)
    for name, (entity, includes) in _FIELDS.items():
        if entity != "project" or "projects" in world.features:
            _add(api, f"/{name}", _fields_lister(world, entity, includes))
            _add(api, f"/{name}/<field_code>", _field_getter(world, entity, includes))
    for rule, view in v2_parts.views(world).items():
        _add(api, rule, view)
    for (method, rule), view in writes.v2_views(world).items():
        api.add_url_rule(rule, endpoint=_endpoint(f"{method}{rule}"), view_func=view, methods=[method])
    api.register_error_handler(schema.BadQueryError, lambda error: answers.invalid(error.problems))
    api.register_error_handler(UnknownFilterError, lambda error: answers.not_found_v2("Filter"))
    return api


def _add(api: Blueprint, rule: str, view: Callable[..., Response]) -> None:
    api.add_url_rule(rule, endpoint=_endpoint(rule), view_func=view)


def _endpoint(rule: str) -> str:
    return rule.strip("/").replace("<int:id>", "one").replace("<field_code>", "one")


def _add_list(api: Blueprint, world: World, name: str, listing: Listing) -> None:
    _add(api, f"/{name}", _lister(world, name, listing))
    if listing.is_single:
        _add(api, f"/{name}/<int:id>", _getter(world, name, listing))


def _lister(world: World, name: str, listing: Listing) -> Callable[[], Response]:
    def view() -> Response:
        query = schema.parse(schema.given(), listing.query(world.shelf(name)))
        return answers.json_answer(page(world, name, listing, query))

    return view


def page(world: World, name: str, listing: Listing, query: dict[str, Any]) -> dict[str, Any]:
    """One page of a list."""
    shelf = _shelf(world, name, query)
    sort, descending = query.get("sort_by", "id"), query.get("sort_direction") == "desc"
    after = cursors.read(query["cursor"], sort, descending=descending) if query.get("cursor") else None
    limit = schema.page_size(query)
    is_bounded = sort == "update_time"
    keep = _keep(world, shelf, listing, {name: query[name] for name in query if not (is_bounded and name in _SINCE)})
    between = _between(query) if is_bounded else (None, None)
    found = shelf.select(keep, limit=limit, sort=sort, descending=descending, after=after, between=between)
    shown, view = found[:limit], _view(query)
    cursor = None
    if len(found) > limit:
        cursor = cursors.write(sort, shelf.sort_value(sort, shown[-1]), descending=descending, number=shown[-1])
    return {
        "success": True,
        "data": _rows(world, name, shelf, shown, view),
        "additional_data": {"next_cursor": cursor},
    }


def _rows(world: World, name: str, shelf: Shelf, numbers: Sequence[int], view: View) -> list[Any]:
    if world.remembered is not None:
        return world.remembered.rows(name, shelf, numbers, view)
    return [shelf.row(number, view) for number in numbers]


def _shelf(world: World, name: str, query: dict[str, Any]) -> Shelf:
    """Deleted deals come only when asked for, and a saved filter asks for none."""
    if name != "deals" or "filter_id" in query or "deleted" not in query.get("status", ()):
        return world.shelf(name)
    return world.shelf("deals/deleted" if query["status"] == ("deleted",) else "deals/listed or deleted")


def _view(query: dict[str, Any]) -> View:
    return View(
        query.get("include_fields", ()),
        query.get("custom_fields"),
        query.get("include_option_labels", False),
        query.get("include_labels", False),
        is_encoded=True,
    )


def _keep(world: World, shelf: Shelf, listing: Listing, query: dict[str, Any]) -> Keep | None:
    """What passes; None when everything does."""
    tests = _since(shelf, query)
    if "filter_id" in query:
        chosen = filters.find(query["filter_id"], listing.filter_type)
        if chosen is None:
            raise UnknownFilterError
        tests.append(chosen.passes(shelf.facts))
    else:
        tests += _equal(world, shelf, query)
    if not tests:
        return None
    return tests[0] if len(tests) == 1 else lambda number: all(test(number) for test in tests)


def _between(query: dict[str, Any]) -> tuple[str | None, str | None]:
    """The bounds on update_time for a list that is sorted by it; what has none lies outside of any."""
    since, until = query.get("updated_since"), query.get("updated_until")
    return since or ("0" if until else None), until


def _since(shelf: Shelf, query: dict[str, Any]) -> list[Keep]:
    """Bounds on update_time; they hold beside a saved filter too (our reading: only the other filters are overridden)."""
    tests: list[Keep] = []
    updated = shelf.facts.get("update_time", _never)
    if "updated_since" in query:
        since = query["updated_since"]
        tests.append(lambda number: (updated(number) or "") >= since)
    if "updated_until" in query:
        until = query["updated_until"]
        tests.append(lambda number: (updated(number) or "~") < until)
    return tests


def _never(number: int) -> None:
    """Nobody can ask when such a record was updated."""


def _equal(world: World, shelf: Shelf, query: dict[str, Any]) -> list[Keep]:
    tests: list[Keep] = []
    if "ids" in query:
        tests.append(frozenset(query["ids"]).__contains__)
    if "status" in query:
        status, wanted = shelf.facts["status"], frozenset(query["status"])
        tests.append(lambda number: status(number) in wanted)
    if "deal_id" in query and "deal_id" not in shelf.facts:
        deals = world.shelf("deals")
        persons = {deals.facts["person_id"](query["deal_id"])} if query["deal_id"] in deals.ids else frozenset()
        tests.append(persons.__contains__)
    return tests + [_is(shelf.facts[name], query[name]) for name in _EQUAL if name in query and name in shelf.facts]


def _is(fact: Callable[[int], Any], value: Any) -> Keep:
    return lambda number: fact(number) == value


def _getter(world: World, name: str, listing: Listing) -> Callable[..., Response]:
    shelves = [
        world.shelf(each) for each in ((name, "deals/deleted", "deals/archived") if name == "deals" else (name,))
    ]

    def view(id: int) -> Response:  # noqa: A002 - the vendor's name for it
        query = schema.parse(schema.given(), listing.single_query(shelves[0]))
        shown = _view(query)
        for shelf in shelves:
            record = shelf.record(id, shown)
            if record is not None:
                return answers.json_answer({"success": True, "data": record})
        return answers.not_found_v2(shelves[0].singular)

    return view


def _fields_lister(world: World, entity: str, includes: tuple[str, ...]) -> Callable[[], Response]:
    allowed = {**schema.PAGED, **({"include_fields": schema.some_of(includes)} if includes else {})}

    def view() -> Response:
        query, fields = schema.parse(schema.given(), allowed), world.fields[entity]
        start = cursors.read(query["cursor"], "id", descending=False).id if query.get("cursor") else 0
        end = start + query.get("limit", schema.DEFAULT_LIMIT)
        cursor = cursors.write("id", end, descending=False, number=end) if end < len(fields) else None
        rows = [with_visibility(field.as_v2(), query.get("include_fields", ())) for field in fields[start:end]]
        return answers.json_answer({"success": True, "data": rows, "additional_data": {"next_cursor": cursor}})

    return view


def _field_getter(world: World, entity: str, includes: tuple[str, ...]) -> Callable[..., Response]:
    def view(field_code: str) -> Response:
        by_code = {field.code: field for field in world.fields[entity]}
        query = schema.parse(schema.given(), {"include_fields": schema.some_of(includes)} if includes else {})
        if field_code not in by_code:
            return answers.not_found_v2("Field")
        row = with_visibility(by_code[field_code].as_v2(), query.get("include_fields", ()))
        return answers.json_answer({"success": True, "data": row})

    return view
