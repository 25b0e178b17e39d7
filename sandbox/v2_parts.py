"""Lists of v2 that are asked for by the record they hang on, and those that come whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Response

from sandbox import answers, attachments, cursors, projects, schema, watching
from sandbox.schema import Check
from sandbox.world import World

Row = Mapping[str, Any]
View = Callable[..., Response]
_FOLLOWED = ("persons", "organizations", "products")


def views(world: World) -> dict[str, View]:
    parts = world.deal_parts
    found: dict[str, View] = {
        "/deals/products": _of_deals(parts.products, ("id", "deal_id", "add_time", "update_time", "order_nr")),
        "/deals/<int:id>/discounts": _whole_of_deal(world, parts.discounts),
        "/deals/<int:id>/followers": _followers(parts.exists, "Deal", parts.followers),
        **{f"/{name}/<int:id>/followers": _followers_of(world, name) for name in _FOLLOWED},
        "/products/<int:id>/variations": _variations(world),
        **_of_projects(world),
    }
    installments = _of_deals(parts.installments, ("id", "billing_date", "deal_id"), with_cursor=False)
    return {**found, "/deals/installments": installments if "installments" in world.features else _no_feature}


def _of_projects(world: World) -> dict[str, View]:
    if "projects" not in world.features:
        lists = ("projects", "projects/archived", "boards", "phases", "projectTemplates", "tasks", "projectFields")
        return {f"/{name}": _no_suite for name in lists}
    return {"/boards": _boards, "/phases": _phases}


def _no_suite() -> Response:
    return answers.json_answer({"success": False, "error": "Required suites missing", "errorCode": 402}, 402)


def _no_feature() -> Response:
    text = "The company does not have access to this feature"
    return answers.json_answer({"success": False, "error": text, "errorCode": 403}, 403)


def _answer(rows: Sequence[Row], **more: Any) -> Response:
    return answers.json_answer({"success": True, "data": rows, **more})


def _of_deals(rows_of: Callable[[int], list[Any]], sorts: tuple[str, ...], *, with_cursor: bool = True) -> View:
    """What hangs on up to a hundred deals. Installments come without word of a next page, as documented."""
    allowed: dict[str, Check] = {"deal_ids": schema.integers, **schema.PAGED, **schema.sorted_by(*sorts)}

    def view() -> Response:
        query = schema.parse(schema.given(), allowed)
        if "deal_ids" not in query:
            raise schema.BadQueryError(["deal_ids: Parameter 'deal_ids' is required"])
        rows = [row for deal in sorted(set(query["deal_ids"])) for row in rows_of(deal)]
        sort = query.get("sort_by", "id")
        rows.sort(key=lambda row: (row[sort], row["id"]), reverse=query.get("sort_direction") == "desc")
        page = _page(rows, query)
        return _answer(page["data"]) if not with_cursor else answers.json_answer(page)

    return view


def _page(rows: Sequence[Row], query: Mapping[str, Any]) -> dict[str, Any]:
    """A page of rows that all lie there already; the cursor holds the place of the next one."""
    start = cursors.read(query["cursor"], "id", descending=False).id if query.get("cursor") else 0
    end = start + schema.page_size(query)
    cursor = cursors.write("id", end, descending=False, number=end) if end < len(rows) else None
    return {"success": True, "data": rows[start:end], "additional_data": {"next_cursor": cursor}}


def _followers_of(world: World, name: str) -> View:
    shelf = world.shelf(name)
    return _followers(lambda n: n in shelf.ids, shelf.singular, lambda n: watching.followers(shelf, world.staff, n))


def _followers(exists: Callable[[int], bool], what: str, rows_of: Callable[[int], Sequence[Row]]) -> View:
    def view(id: int) -> Response:  # noqa: A002 - the vendor's name for it
        query = schema.parse(schema.given(), schema.PAGED)
        return answers.json_answer(_page(rows_of(id), query)) if exists(id) else answers.not_found_v2(what)

    return view


def _whole_of_deal(world: World, rows_of: Callable[[int], list[Any]]) -> View:
    def view(id: int) -> Response:  # noqa: A002 - the vendor's name for it
        schema.parse(schema.given(), {})
        return _answer(rows_of(id)) if world.deal_parts.exists(id) else answers.not_found_v2("Deal")

    return view


def _variations(world: World) -> View:
    def view(id: int) -> Response:  # noqa: A002 - the vendor's name for it
        query = schema.parse(schema.given(), schema.PAGED)
        if id not in world.shelf("products").ids:
            return answers.not_found_v2("Product")
        return answers.json_answer(_page(attachments.variations(id), query))

    return view


def _boards() -> Response:
    schema.parse(schema.given(), {})
    return _answer([projects.board_row(place) for place in range(len(projects.BOARDS))], additional_data=None)


def _phases() -> Response:
    query = schema.parse(schema.given(), {"board_id": schema.integer})
    if "board_id" not in query:
        raise schema.BadQueryError(["board_id: Parameter 'board_id' is required"])
    rows = [projects.phase_row(place) for place, phase in enumerate(projects.PHASES) if phase[1] == query["board_id"]]
    return _answer(rows, additional_data=None)
