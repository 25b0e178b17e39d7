"""Projects, their boards, phases, templates and tasks. Deals that were won become projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import moments, names
from sandbox.customs import CustomFields
from sandbox.deals import Deals
from sandbox.dice import Dice
from sandbox.ids import Ids
from sandbox.moments import DAY, NOW, START, Timeline
from sandbox.shelf import Fact, View
from sandbox.staff import Staff

BOARDS = ((1, "Deliveries"), (3, "Workshop 🔧"))
PHASES = ((1, 1, "Planning"), (2, 1, "Build"), (3, 1, "Hand-over"), (7, 3, "Waiting"), (8, 3, "On the stand"))
_TEMPLATES = ("Fleet roll-out", "Pilot", "=Yearly service")
_STATUSES = ("open", "open", "open", "completed", "canceled")


def _ms(moment: int) -> str:
    return f"{moments.iso(moment)[:-1]}.000Z"


def _made(number: int) -> dict[str, str]:
    return {"add_time": _ms(START + number * DAY), "update_time": _ms(START + number * 9 * DAY)}


def board_row(place: int) -> dict[str, Any]:
    number, name = BOARDS[place]
    return {"id": number, "name": name, "order_nr": place + 1, **_made(number)}


def phase_row(place: int) -> dict[str, Any]:
    number, board, name = PHASES[place]
    return {"id": number, "name": name, "board_id": board, "order_nr": place + 1, **_made(number)}


def template_row(place: int, owner: int) -> dict[str, Any]:
    return {
        "id": place + 1,
        "title": _TEMPLATES[place],
        "description": f"How we do it: {_TEMPLATES[place]}",
        "projects_board_id": BOARDS[place % len(BOARDS)][0],
        "owner_id": owner,
        **_made(place + 1),
    }


TEMPLATES = len(_TEMPLATES)


class Projects:
    """Open projects are numbered 1..count, archived ones go on from there."""

    def __init__(
        self, count: int, archived: int, dice: Dice, deals: Deals, deal_ids: Ids, customs: CustomFields, staff: Staff
    ) -> None:
        self._count, self._deals, self._deal_ids, self._customs = count, deals, deal_ids, customs
        self._timeline = Timeline(count + archived)
        self.owner = dice.pick("owner", staff.owners, staff.weights)
        self._phase = dice.pick("phase", PHASES)
        self.status = dice.pick("status", _STATUSES)
        self._labels = dice.pick("labels", ([], [81], [82], [81, 82]))

    def deal(self, n: int) -> int:
        return self._deal_ids[n * 37 % len(self._deal_ids)]

    def facts(self) -> Mapping[str, Fact]:
        return {
            "owner_id": self.owner,
            "status": self.status,
            "phase_id": lambda n: self._phase(n)[0],
            "deal_id": self.deal,
            "person_id": lambda n: self._deals.person(self.deal(n)),
            "org_id": lambda n: self._deals.org(self.deal(n)),
            "update_time": lambda n: _ms(self._timeline.added(n)),
        }

    def row(self, n: int, view: View) -> dict[str, Any]:
        added, deal, phase = self._timeline.added(n), self.deal(n), self._phase(n)
        updated = min(added + n % 60 * DAY, NOW - 60)
        person, org = self._deals.person(deal), self._deals.org(deal)
        return {
            "id": n,
            "title": f"Delivery: {self._deals.title(deal)}",
            "description": f"<p>{names.SENTENCES[n % len(names.SENTENCES)]}</p>",
            "status": self.status(n),
            "board_id": phase[1],
            "phase_id": phase[0],
            "owner_id": self.owner(n),
            "start_date": moments.day(added + 7 * DAY),
            "end_date": moments.day(added + 60 * DAY),
            "deal_ids": [deal],
            "person_ids": [person] if person else [],
            "org_ids": [org] if org else [],
            "label_ids": self._labels(n),
            "health_status": (None, 10, 20)[n % 3],
            "add_time": _ms(added),
            "update_time": _ms(updated),
            "status_change_time": _ms(updated),
            "archive_time": _ms(updated) if n > self._count else None,
            "custom_fields": self._customs.values(n, view),
        }


class Tasks:
    """Four for every project; the last one belongs below the first."""

    PER_PROJECT = 4

    def __init__(self, projects: Projects, dice: Dice, staff: Staff) -> None:
        self._projects = projects
        self._assignee = dice.pick("assignee", staff.owners)
        self._title = dice.pick("title", names.SUBJECTS)
        self.is_done = dice.chance("done", 0.5)

    def project(self, n: int) -> int:
        return (n - 1) // self.PER_PROJECT + 1

    def parent(self, n: int) -> int | None:
        return None if n % self.PER_PROJECT else n - self.PER_PROJECT + 1

    def facts(self) -> Mapping[str, Fact]:
        return {
            "is_done": self.is_done,
            "is_milestone": lambda n: n % 9 == 0,
            "assignee_id": self._assignee,
            "project_id": self.project,
            "parent_task_id": lambda n: str(self.parent(n) or "null"),
        }

    def row(self, n: int, view: View) -> dict[str, Any]:
        added = START + 400 * DAY + n * 3600
        return {
            "id": n,
            "title": self._title(n),
            "creator_id": self._projects.owner(n),
            "description": None if n % 3 else "<p>See the drawing &amp; measure twice.</p>",
            "project_id": self.project(n),
            "is_done": self.is_done(n),
            "is_milestone": n % 9 == 0,
            "due_date": moments.day(added + 20 * DAY) if n % 2 else None,
            "start_date": moments.day(added + 5 * DAY) if n % 4 else None,
            "parent_task_id": self.parent(n),
            "assignee_ids": list(dict.fromkeys((self._assignee(n), self._assignee(n + 1)))),
            "priority": None,
            "add_time": _ms(added),
            "update_time": _ms(added + DAY),
            "marked_as_done_time": _ms(added + DAY) if self.is_done(n) else None,
        }
