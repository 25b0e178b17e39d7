"""Table row <-> model value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from importers.model import (
    GOOGLE_SHEETS,
    Account,
    Actor,
    Connection,
    ConnectionStatus,
    Draft,
    Event,
    Every,
    Glance,
    Importer,
    Level,
    Phase,
    Role,
    Run,
    Schedule,
    Selection,
    SignIn,
    Status,
    Target,
    Trigger,
    User,
    Workspace,
)
from importers.tables.frozen import is_open

AnyRow = Row[Any]


def workspace_of(row: AnyRow) -> Workspace:
    return Workspace(row.id, row.name, row.time_zone, row.created_at)


def actor_of(row: AnyRow) -> Actor:
    """From a join in which the workspace's columns carry the prefix `workspace_`."""
    return Actor(
        User(row.id, row.email, row.created_at, row.session_mark),
        Workspace(row.workspace_id, row.workspace_name, row.workspace_time_zone, row.workspace_created_at),
        Role(row.role),
    )


def connection_of(row: AnyRow) -> Connection:
    return Connection(
        id=row.id,
        workspace_id=row.workspace_id,
        kind=row.kind,
        account=row.account,
        sealed=bytes(row.sealed),
        status=ConnectionStatus(row.status),
        created_at=row.created_at,
        checked_at=row.checked_at,
        plan=row.plan,
        sign_in=SignIn(row.sign_in),
        scopes=row.scopes or (),
        trouble=row.trouble,
    )


def identity(account: Account) -> str:
    """What makes two links the same one: company and user, by their ids, or the subject, where these are known."""
    if account.subject:
        return account.subject
    return f"{account.company_id}:{account.user_id}" if account.user_id else identity_in_words(account)


def identity_in_words(account: Account) -> str:
    return f"{account.company_domain}|{account.email or account.user}".casefold()


def importer_of(row: AnyRow) -> Importer:
    selection = in_zone_of(row.schedule, row.selection)
    return Importer(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        connection_id=row.connection_id,
        selection=selection,
        target=row.target,
        schedule=row.schedule,
        paused=row.paused,
        next_run_at=row.next_run_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        changes=tuple(change for change in row.changes or () if is_open(change, selection.frozen)),
        paused_because=row.paused_because,
        missed_at=row.missed_at,
        starts_after_success=row.starts_after_success,
    )


def draft_values(draft: Draft) -> dict[str, Any]:
    """The columns of an importer that its owner chooses."""
    return {
        "name": draft.name,
        "connection_id": draft.connection_id,
        "destination_id": draft.target.connection_id,
        "selection": in_zone_of(draft.schedule, draft.selection),
        "target": draft.target,
        "target_key": target_key(draft.target),
        "schedule": draft.schedule,
        "after_id": draft.schedule.after_id if draft.schedule.every is Every.AFTER else None,
    }


def in_zone_of(schedule: Schedule, selection: Selection) -> Selection:
    """An importer has one time zone: its schedule's."""
    return replace(selection, time_zone=schedule.time_zone)


def target_key(target: Target) -> str:
    if target.kind == GOOGLE_SHEETS:
        # The id of a spreadsheet tells upper from lower case. A slash can be in the name of a tab, but in nothing else.
        start = target.start.replace("$", "").upper()
        return f"{target.kind}/{target.place}/{target.sheet.casefold()}/{start}"
    # A slash can be in neither a workbook's nor a worksheet's name.
    return f"{target.kind}/{target.place}/{target.sheet}".casefold()


def run_of(row: AnyRow) -> Run:
    return Run(
        id=row.id,
        workspace_id=row.workspace_id,
        importer_id=row.importer_id,
        trigger=Trigger(row.trigger),
        status=Status(row.status),
        phase=Phase(row.phase),
        counts=row.counts,
        notes=row.notes,
        trouble=row.trouble,
        attempt=row.attempt,
        cancel_requested=row.cancel_requested,
        queued_at=row.queued_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        heartbeat_at=row.heartbeat_at,
        wake_at=row.wake_at,
        abandoned=row.abandoned,
        in_line_since=row.in_line_since,
    )


def glance_of(row: AnyRow) -> Glance:
    status = Status(row.status) if row.status else None
    trouble = row.trouble.code if row.trouble else ""
    return Glance(row.id, row.name, row.connection_id, row.destination_id, status, trouble)


def event_of(row: AnyRow) -> Event:
    return Event(row.run_id, row.number, row.at, Level(row.level), row.text)
