"""Activities and their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import moments, names
from sandbox.contacts import Contacts
from sandbox.deals import Deals
from sandbox.dice import Dice
from sandbox.ids import Ids
from sandbox.moments import DAY, NOW, Timeline
from sandbox.shelf import Fact, View
from sandbox.staff import Staff

TYPES = (
    ("call", "Call", True), ("meeting", "Meeting", True), ("task", "Task", True), ("deadline", "Deadline", True),
    ("email", "Email", True), ("lunch", "Lunch", True), ("test_ride", "Test ride 🚲", True), ("fax", "Fax", False),
)  # fmt: skip


def type_row(place: int) -> dict[str, Any]:
    key, name, is_active = TYPES[place]
    return {
        "id": place + 1,
        "order_nr": place + 1,
        "name": name,
        "key_string": key,
        "icon_key": {"test_ride": "truck", "fax": "document"}.get(key, key),
        "active_flag": is_active,
        "color": "FFFFFF",
        "is_custom_flag": place > 5,
        "add_time": moments.plain(moments.START),
        "update_time": moments.plain(moments.START + place * DAY),
    }


class Activities:
    """An activity mostly belongs to a deal, and through it to a person and an organization."""

    def __init__(self, count: int, dice: Dice, deals: Deals, deal_ids: Ids, contacts: Contacts, staff: Staff) -> None:
        self._deals, self._deal_ids, self._contacts = deals, deal_ids, contacts
        self._timeline = Timeline(count)
        self.owner = dice.pick("owner", staff.owners, staff.weights)
        self._creator = dice.pick("creator", staff.owners)
        self._is_on_deal = dice.chance("on deal", 0.85)
        self._jump = dice.between("deal", 0, 10**9)
        self._type = dice.pick("type", [key for key, _, _ in TYPES], (30, 20, 20, 8, 14, 4, 8, 2))
        self._subject = dice.pick("subject", names.SUBJECTS, (20, 10, 10, 5, 20, 5, 10, 1, 3, 5, 2))
        self._due = dice.between("due", -5, 40)
        self._start = dice.pick("start", (None, None, 390, 480, 555, 600, 795, 900, 1410))
        self._length = dice.pick("length", (None, 15, 30, 60, 90, 600))
        self._is_done = dice.chance("done", 0.7)
        self._busy = dice.chance("busy", 0.4)
        self._place = dice.column("place", lambda chance: names.address(chance) if chance.random() < 0.1 else None)
        self._note = dice.column(
            "note", lambda chance: f"<p>{names.text(chance)}</p>" if chance.random() < 0.3 else None
        )
        self._priority = dice.pick("priority", (None, None, None, 271, 272, 273))
        self.optional: Mapping[str, Fact] = {"attendees": self._attendees}
        self._meets = dice.chance("online", 0.05)

    def deal(self, n: int) -> int | None:
        count = len(self._deal_ids)
        return self._deal_ids[(self._jump(n) + n * 7) % count] if count and self._is_on_deal(n) else None

    def person(self, n: int) -> int | None:
        deal, count = self.deal(n), self._contacts.persons
        if deal is not None:
            return self._deals.person(deal)
        return self._jump(n) % count + 1 if count else None

    def org(self, n: int) -> int | None:
        deal = self.deal(n)
        return None if deal is None else self._deals.org(deal)

    def done(self, n: int) -> bool:
        """Nearly everything older than two months is done, and nothing yet to come."""
        due = self._due_moment(n)
        return due < NOW and (self._is_done(n) or (due < NOW - 60 * DAY and n % 31 != 0))

    def added(self, n: int) -> int:
        return self._timeline.added(n)

    def _due_moment(self, n: int) -> int:
        return self._timeline.added(n) + self._due(n) * DAY

    def updated(self, n: int) -> int:
        added = self._timeline.added(n)
        return max(added, self._due_moment(n)) if self.done(n) else added + min(n % 7 * 3600, NOW - added)

    def facts(self) -> Mapping[str, Fact]:
        return {
            "owner_id": self.owner,
            "deal_id": self.deal,
            "person_id": self.person,
            "org_id": self.org,
            "lead_id": lambda n: None,
            "done": self.done,
            "type": self._type,
            "due_date": lambda n: moments.day(self._due_moment(n)),
            "add_time": lambda n: moments.iso(self.added(n)),
            "update_time": lambda n: moments.iso(self.updated(n)),
        }

    def row(self, n: int, view: View) -> dict[str, Any]:
        person, start, length, done = self.person(n), self._start(n), self._length(n), self.done(n)
        row: dict[str, Any] = {
            "id": n,
            "subject": self._subject(n),
            "type": self._type(n),
            "owner_id": self.owner(n),
            "creator_user_id": self._creator(n),
            "is_deleted": False,
            "add_time": moments.iso(self.added(n)),
            "update_time": moments.iso(self.updated(n)),
            "deal_id": self.deal(n),
            "lead_id": None,
            "person_id": person,
            "org_id": self.org(n),
            "project_id": None,
            "due_date": moments.day(self._due_moment(n)),
            "due_time": None if start is None else moments.clock(start),
            "duration": None if start is None or length is None else moments.clock(length),
            "busy": self._busy(n),
            "done": done,
            "marked_as_done_time": moments.iso(self.updated(n)) if done else None,
            "location": self._place(n),
            "participants": [] if person is None else [{"person_id": person, "primary": True}],
            **self._online(n),
            "public_description": None,
            "priority": self._priority(n),
            "note": self._note(n),
            "private": False,
        }
        for name in view.include:
            row[name] = self.optional[name](n)
        return row

    def _online(self, n: int) -> dict[str, str | None]:
        meets = self._meets(n)
        return {
            "conference_meeting_client": "google_meet" if meets else None,
            "conference_meeting_url": f"https://meet.example.test/acme-{n}" if meets else None,
            "conference_meeting_id": f"acme-{n}" if meets else None,
        }

    def _attendees(self, n: int) -> list[dict[str, Any]]:
        person = self.person(n)
        if person is None:
            return []
        name = self._contacts.person_name(person)
        return [
            {
                "email": f"p{person}@example.test",
                "name": name,
                "status": "noreply",
                "is_organizer": False,
                "person_id": person,
                "user_id": None,
            }
        ]
