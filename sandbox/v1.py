"""The first version of the API: what has no second one yet. It pays no heed to parameters it does not know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, g, request

from sandbox import activities, answers, filters, leads, schema, v1_parts, writes
from sandbox.offsets import BadRequestError, data, pagination, whole, window
from sandbox.shelf import PLAIN, Fact, Keep, Shelf
from sandbox.world import World

_GENERIC_HOST = "api.pipedrive.com"
_GENERIC_HOST_LACKS = ("leads", "leadLabels", "leadSources", "goals", "mailbox")
_FILTER_TYPES = ("deals", "leads", "org", "people", "products", "activity", "projects")
CURRENCIES = (
    (1, "EUR", "Euro", 2, "€"), (2, "USD", "US Dollar", 2, "$"), (3, "GBP", "British Pound", 2, "£"), (4, "JPY", "Japanese Yen", 0, "¥"),
)  # fmt: skip
_SUMS_KEPT = 64
_RATES = {"EUR": 1.0, "USD": 0.92, "GBP": 1.16, "JPY": 0.0062}


def blueprint(world: World, name: str, prefix: str) -> Blueprint:
    """v1 below one of its two prefixes."""
    api = Blueprint(name, __name__, url_prefix=prefix)
    for rule, view in _views(world).items():
        endpoint = rule.strip("/").replace("<int:id>", "one").replace("<id>", "one")
        api.add_url_rule(rule, endpoint=endpoint, view_func=view)
    for (method, rule), view in writes.v1_views(world).items():
        api.add_url_rule(rule, endpoint=f"{method}{rule}", view_func=view, methods=[method])
    api.register_error_handler(BadRequestError, lambda error: answers.bad_request())
    api.before_request(_refuse_generic_host)
    return api


def _views(world: World) -> dict[str, Callable[..., Response]]:
    own = {**_of_users(world), **_of_leads(world), **_of_notes(world), **_of_the_rest(world)}
    return {**own, **v1_parts.views(world)}


def _refuse_generic_host() -> Response | None:
    """The generic host has some v1 paths below /v1 only."""
    parts = request.path.strip("/").split("/")
    is_lacking = parts[:2] == ["api", "v1"] and parts[2:] and parts[2] in _GENERIC_HOST_LACKS
    return answers.unknown_method() if is_lacking and request.host == _GENERIC_HOST else None


# Users ------------------------------------------------------------------------------------


def _of_users(world: World) -> dict[str, Callable[..., Response]]:
    def one(id: int) -> Response:  # noqa: A002 - the vendor's name for it
        user = world.staff.user(id)
        if user is None:
            return answers.json_answer({"success": False, "error": "User not found or not accessible."}, 404)
        return data(user)

    return {
        "/users": lambda: data(world.staff.users),
        "/users/me": lambda: data(world.staff.me(g.user_id)),
        "/users/<int:id>": one,
    }


# Leads and notes --------------------------------------------------------------------------


def _of_leads(world: World) -> dict[str, Callable[..., Response]]:
    def listing(name: str, *, with_since: bool) -> Callable[[], Response]:
        def view() -> Response:
            shelf = world.shelf(name)
            keep = _keep(
                shelf, ("owner_id", "person_id", "organization_id"), with_since=with_since, filter_type="leads"
            )
            rows, start, limit, more = _slice(shelf, keep)
            return data(rows, additional_data=pagination(start, limit, more=more, with_next=False))

        return view

    def one(id: str) -> Response:  # noqa: A002 - the vendor's name for it
        number = leads.number_of(id)
        for name in ("leads", "leads/archived"):
            record = None if number is None else world.shelf(name).record(number)
            if record is not None:
                return data(record)
        return answers.not_found_v1("requested lead not found")

    return {
        "/leads": listing("leads", with_since=True),
        "/leads/archived": listing("leads/archived", with_since=False),
        "/leads/<id>": one,
        "/leadLabels": lambda: data([leads.label_row(place) for place in range(len(leads.LABELS))]),
        "/leadSources": lambda: data([{"name": name} for name in leads.SOURCES]),
        "/leadFields": _fields_paged(world),
    }


def _fields_paged(world: World) -> Callable[[], Response]:
    def view() -> Response:
        start, limit = window()
        described = _described(world, "lead")
        more = start + limit < len(described)
        return data(
            described[start : start + limit], additional_data=pagination(start, limit, more=more, with_next=False)
        )

    return view


def _of_notes(world: World) -> dict[str, Callable[..., Response]]:
    shelf = world.shelf("notes")
    known = ("user_id", "deal_id", "person_id", "org_id", "lead_id", "project_id", "task_id", "pinned_to_deal_flag")

    def listing() -> Response:
        rows, start, limit, more = _slice(shelf, _keep(shelf, known, with_since=True))
        # an empty list is null here, an old habit of v1
        return data(rows or None, additional_data=pagination(start, limit, more=more))

    def one(id: int) -> Response:  # noqa: A002 - the vendor's name for it
        record = shelf.record(id)
        return answers.not_found_v1("Note not found") if record is None else data(record)

    return {
        "/activityFields": lambda: data(_described(world, "activity")),
        "/notes": listing,
        "/notes/<int:id>": one,
        "/noteFields": lambda: data(_described(world, "note"), additional_data=pagination(0, 100, more=False)),
    }


def _described(world: World, entity: str) -> list[dict[str, Any]]:
    return [field.as_v1(place + 1) for place, field in enumerate(world.fields[entity])]


def _slice(shelf: Shelf, keep: Keep | None) -> tuple[list[dict[str, Any]], int, int, bool]:
    """The rows from start on, and whether there are more."""
    start, limit = window()
    order = _order(shelf)
    if keep is not None:
        order = [number for number in order if keep(number)]
    chosen = [order[place] for place in range(start, min(start + limit, len(order)))]
    return [shelf.row(number, PLAIN) for number in chosen], start, limit, start + limit < len(order)


def _order(shelf: Shelf) -> Sequence[int]:
    """The ids as `sort` wants them: "add_time DESC, id ASC"; unknown fields are left out."""
    order: Sequence[int] = shelf.ids  # type: ignore[assignment]
    for part in reversed(request.args.get("sort", "").split(",")):
        name, _, direction = part.strip().partition(" ")
        fact = shelf.facts.get(name, _itself if name == "id" else None)
        if fact is not None:
            order = _sorted(order, fact, descending=direction.upper() == "DESC")
    return order


def _sorted(order: Sequence[int], fact: Fact, *, descending: bool) -> list[int]:
    return sorted(order, key=lambda number: _comparable(fact(number)), reverse=descending)


def _itself(number: int) -> int:
    return number


def _comparable(value: Any) -> tuple[bool, Any]:
    return value is not None, value


def _keep(shelf: Shelf, known: Sequence[str], *, with_since: bool, filter_type: str = "") -> Keep | None:
    tests: list[Keep] = []
    if filter_type and "filter_id" in request.args:
        chosen = filters.find(whole("filter_id", 0), filter_type)
        if chosen is None:
            raise BadRequestError
        tests.append(chosen.passes(shelf.facts))
    else:
        tests += [_is(shelf, name) for name in known if name in request.args]
    if with_since and "updated_since" in request.args:
        tests.append(_updated_since(shelf))
    return (lambda number: all(test(number) for test in tests)) if tests else None


def _is(shelf: Shelf, name: str) -> Keep:
    fact, text = shelf.facts[name], request.args[name]
    return lambda number: str(fact(number)) == text


def _updated_since(shelf: Shelf) -> Keep:
    try:
        since = schema.moment(request.args["updated_since"])
    except schema.BadValueError as problem:
        raise BadRequestError from problem
    updated = shelf.facts["update_time"]
    return lambda number: updated(number) >= since


# Filters, types, currencies, sums ---------------------------------------------------------


def _of_the_rest(world: World) -> dict[str, Callable[..., Response]]:
    types = [activities.type_row(place) for place in range(len(activities.TYPES))]
    return {
        "/filters": _list_filters,
        "/filters/<int:id>": _one_filter,
        "/activityTypes": lambda: data(types),
        "/currencies": _currencies,
        "/deals/summary": _summary(world),
    }


def _list_filters() -> Response:
    kind = request.args.get("type")
    if kind is not None and kind not in _FILTER_TYPES:
        raise BadRequestError
    return data([each.as_v1() for each in filters.FILTERS if kind in (None, each.type)])


def _one_filter(id: int) -> Response:  # noqa: A002 - the vendor's name for it
    chosen = filters.find(id)
    if chosen is None:
        return answers.not_found_v1("Filter not found")
    return data(chosen.with_conditions(field_code=request.args.get("include_field_code") in ("true", "1")))


def _currencies() -> Response:
    term = request.args.get("term", "").lower()
    rows = [
        {
            "id": n,
            "code": code,
            "name": name,
            "decimal_points": points,
            "symbol": symbol,
            "active_flag": True,
            "is_custom_flag": False,
        }
        for n, code, name, points, symbol in CURRENCIES
        if term in code.lower() or term in name.lower()
    ]
    return data(rows)


def _summary(world: World) -> Callable[[], Response]:
    shelf = world.shelf("deals")

    @lru_cache(_SUMS_KEPT)
    def sums(asked: tuple[tuple[str, Any], ...], changes: int) -> dict[str, Any]:
        return _sum_up(shelf, _asked(shelf, dict(asked)))

    def view() -> Response:
        asked: list[tuple[str, Any]] = []
        status = request.args.get("status")
        if status is not None:
            if status not in ("open", "won", "lost"):
                raise BadRequestError
            asked.append(("status", status))
        asked += [
            (name, whole(name, 0))
            for name in ("filter_id", "user_id", "pipeline_id", "stage_id")
            if name in request.args
        ]
        return data(sums(tuple(asked), world.changes.count))

    return view


def _asked(shelf: Shelf, asked: dict[str, Any]) -> Keep | None:
    """A saved filter narrows the sum; whether it also overrides `status`, as in lists, is not documented."""
    facts, tests = shelf.facts, []
    if "filter_id" in asked:
        chosen = filters.find(asked["filter_id"], "deals")
        if chosen is None:
            raise BadRequestError
        tests.append(chosen.passes(facts))
    names = {"status": "status", "user_id": "owner_id", "pipeline_id": "pipeline_id", "stage_id": "stage_id"}
    tests += [_equals(facts[names[name]], value) for name, value in asked.items() if name in names]
    return (lambda number: all(test(number) for test in tests)) if tests else None


def _equals(fact: Fact, value: Any) -> Keep:
    return lambda number: fact(number) == value


def _sum_up(shelf: Shelf, keep: Keep | None) -> dict[str, Any]:
    value, currency = shelf.facts["value"], shelf.facts["currency"]
    sums: dict[str, list[float]] = {}
    for place in range(len(shelf)):
        number = shelf.ids[place]
        if keep is None or keep(number):
            entry = sums.setdefault(currency(number), [0.0, 0])
            entry[0] += value(number)
            entry[1] += 1
    total = round(sum(amount * _RATES[code] for code, (amount, _) in sums.items()), 2)
    return {
        "values_total": {code: _total(code, amount, int(count)) for code, (amount, count) in sums.items()},
        "weighted_values_total": {code: _weighted(code, amount, int(count)) for code, (amount, count) in sums.items()},
        "total_count": int(sum(count for _, count in sums.values())),
        "total_currency_converted_value": total,
        "total_weighted_currency_converted_value": round(total / 2, 2),
        "total_currency_converted_value_formatted": f"€{total:,.2f}",
        "total_weighted_currency_converted_value_formatted": f"€{total / 2:,.2f}",
    }


def _total(code: str, amount: float, count: int) -> dict[str, Any]:
    converted = round(amount * _RATES[code], 2)
    formatted = {"value_formatted": f"{code} {amount:,.2f}", "value_converted_formatted": f"€{converted:,.2f}"}
    return {"value": round(amount, 2), "count": count, "value_converted": converted, **formatted}


def _weighted(code: str, amount: float, count: int) -> dict[str, Any]:
    return {"value": round(amount / 2, 2), "count": count, "value_formatted": f"{code} {amount / 2:,.2f}"}
