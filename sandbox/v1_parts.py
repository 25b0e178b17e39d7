"""Lists of v1 beside leads and notes: mail, files, calls, what hangs on deals, what the company has set up."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from flask import Response, request

from sandbox import answers, company, mail, offsets, watching
from sandbox.offsets import BadRequestError, data
from sandbox.world import World

View = Callable[..., Response]
_WIDE = ("type.name", "title", "assignee.type", "expected_outcome.target", "expected_outcome.tracking_metric")


def views(world: World) -> dict[str, View]:
    return {**_of_records(world), **_of_mail(world), **_of_company(world)}


def _of_records(world: World) -> dict[str, View]:
    kept, parts = world.attachments, world.deal_parts
    return {
        "/files": lambda: offsets.page(kept.files, kept.file, cap=100),
        "/callLogs": lambda: offsets.page(kept.calls, kept.call, cap=50),
        "/notes/<int:id>/comments": _below(lambda n: n in world.shelf("notes").ids, "Note", kept.comments),
        "/deals/<int:id>/participants": _below(parts.exists, "Deal", parts.participants),
        "/deals/<int:id>/changelog": _changes(parts.exists, "Deal", parts.changes),
        **{f"/{name}/<int:id>/changelog": _changes_of(world, name) for name in ("persons", "organizations")},
        "/organizationRelationships": _relationships(world),
    }


def _below(exists: Callable[[int], bool], what: str, rows_of: Callable[[int], list[dict[str, Any]]]) -> View:
    def view(id: int) -> Response:  # noqa: A002 - the vendor's name for it
        if not exists(id):
            return answers.not_found_v1(f"{what} not found")
        rows = rows_of(id)
        return offsets.page(range(len(rows)), rows.__getitem__)

    return view


def _changes_of(world: World, name: str) -> View:
    shelf, fields = world.shelf(name), world.fields[name.removesuffix("s")]
    key = next(field.code for field in fields if field.is_custom)
    return _changes(lambda n: n in shelf.ids, shelf.singular, lambda n: watching.changes(shelf, key, n))


def _changes(exists: Callable[[int], bool], what: str, rows_of: Callable[[int], list[dict[str, Any]]]) -> View:
    """The one sort of v1 list here that pages by cursor: base64 of "id:2"."""

    def view(id: int) -> Response:  # noqa: A002 - the vendor's name for it
        if not exists(id):
            return answers.not_found_v1(f"{what} not found")
        rows, start = rows_of(id), _place(request.args.get("cursor", ""))
        end = start + offsets.window()[1]
        cursor = base64.b64encode(f"id:{end}".encode()).decode() if end < len(rows) else None
        return data(rows[start:end], additional_data={"next_cursor": cursor})

    return view


def _place(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("id:"))
    except ValueError as error:
        raise BadRequestError from error


def _relationships(world: World) -> View:
    def view() -> Response:
        number = offsets.whole("org_id", 0)
        if number not in world.shelf("organizations").ids:
            raise BadRequestError
        rows = world.attachments.relationships(number)
        return data(rows or None, additional_data=offsets.pagination(0, 100, more=False))

    return view


def _of_mail(world: World) -> dict[str, View]:
    def threads() -> Response:
        folder = request.args.get("folder")
        if folder not in mail.FOLDERS:
            raise BadRequestError
        return offsets.page(world.mail.in_folder(folder), world.mail.thread)

    def messages(id: int) -> Response:  # noqa: A002 - the vendor's name for it
        if id not in world.mail.ids:
            return answers.not_found_v1("Mail thread not found")
        return data(world.mail.messages(id))

    def message(id: int) -> Response:  # noqa: A002 - the vendor's name for it
        found = world.mail.message(id, with_body=offsets.whole("include_body", 0) == 1)
        return data(found) if found else answers.not_found_v1("Mail message not found")

    return {
        "/mailbox/mailThreads": threads,
        "/mailbox/mailThreads/<int:id>/mailMessages": messages,
        "/mailbox/mailMessages/<int:id>": message,
    }


def _of_company(world: World) -> dict[str, View]:
    roles = company.roles()
    return {
        "/roles": lambda: offsets.page(range(len(roles)), roles.__getitem__),
        "/permissionSets": lambda: data(company.permission_sets()),
        "/legacyTeams": lambda: data(company.teams(world.staff)) if "teams" in world.features else _no_teams(),
        "/goals/find": _goals,
    }


def _no_teams() -> Response:
    text = "Teams feature is not enabled in your company"
    return answers.json_answer({"success": False, "error": text, "errorCode": 403}, 403)


def _goals() -> Response:
    """Active ones unless told otherwise; without a wide parameter only those that are meant for the caller."""
    wanted = request.args.get("is_active", "true") == "true"
    kind = request.args.get("type.name")
    is_wide = any(name in request.args for name in _WIDE)
    found = [
        goal
        for goal in company.goals()
        if goal["is_active"] is wanted
        and kind in (None, goal["type"]["name"])
        and (is_wide or goal["assignee"]["type"] == "person")
    ]
    more = {"statusCode": 20000, "statusText": "OK", "service": "statistics-goals-api"}
    return data({"goals": found}, **more)
