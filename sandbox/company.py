"""What the company has set up: roles, permission sets, teams and goals."""

from __future__ import annotations

from typing import Any

from sandbox import moments
from sandbox.moments import DAY, START
from sandbox.staff import COMPANY, ME, Staff

_ROLES = ((1, None, "(Unassigned users)", 1), (2, 1, "Sales managers", 1), (5, 2, "Sales 🚲", 2))
_SETS = (
    ("62cc4d7f-4038-4352-abf3-a8c1c822b631", "Deals admin", "sales", "admin"),
    ("f07d229d-088a-4144-a40f-1fe64295d180", "Deals regular user", "sales", "regular"),
    ("233b7976-39bd-43a9-b305-ef3a2b0998e5", "Global admin", "global", "admin"),
)
_TEAMS = (
    (1, "Benelux", "Amsterdam and Gent", 1, (1, 5)),
    (2, "Dach & friends", "", 2, (2, 7)),
    (4, "Old guard", "Nobody", 0, ()),
)
_GOALS = (
    ("deals_won", "Twenty bikes a month", "company", True, "sum"),
    ("deals_started", "New fleets", "person", True, "quantity"),
    ("deals_progressed", "Demos", "team", True, "quantity"),
    ("activities_completed", "Calls", "person", False, "quantity"),
    ("activities_added", "=Plan more", "person", True, "quantity"),
    ("deals_won", "Last year", "company", False, "sum"),
)


def roles() -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "parent_role_id": parent,
            "name": name,
            "active_flag": True,
            "assignment_count": str(number),
            "sub_role_count": str(sum(other[1] == number for other in _ROLES)),
            "level": level,
        }
        for number, parent, name, level in _ROLES
    ]


def permission_sets() -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "name": name,
            "description": f"May do what a {name.lower()} does",
            "app": app,
            "type": kind,
            "assignment_count": place + 1,
        }
        for place, (number, name, app, kind) in enumerate(_SETS)
    ]


def teams(staff: Staff) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "name": name,
            "description": description,
            "manager_id": staff.owners[manager],
            "users": [staff.owners[place] for place in members],
            "active_flag": int(bool(members)),
            "deleted_flag": 0,
            "add_time": moments.plain(START + number * DAY),
            "created_by_user_id": ME,
        }
        for number, name, description, manager, members in _TEAMS
    ]


def goals() -> list[dict[str, Any]]:
    return [
        {
            "id": f"5665cef556ddff22606fc8f6{place:08x}",
            "owner_id": ME,
            "title": title,
            "type": {"name": kind, "params": {"pipeline_id": [1, 2], "activity_type_id": [1]}},
            "assignee": {"id": COMPANY["company_id"] if whom == "company" else ME, "type": whom},
            "interval": "monthly",
            "duration": {"start": "2026-01-01", "end": "2026-12-31"},
            "expected_outcome": {"target": 20 + place, "tracking_metric": metric},
            "is_active": is_active,
            "report_ids": [],
        }
        for place, (kind, title, whom, is_active, metric) in enumerate(_GOALS)
    ]
