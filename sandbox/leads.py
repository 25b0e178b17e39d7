"""Leads (v1): UUID ids, and custom fields of deals spread over the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sandbox import moments, names
from sandbox.contacts import Contacts
from sandbox.customs import CustomFields
from sandbox.dice import Dice
from sandbox.moments import DAY, NOW, Timeline
from sandbox.shelf import Fact, View
from sandbox.staff import Staff

LABELS = (
    ("f08b42a0-4e75-11ea-9643-03698ef1cfd6", "Hot", "red"),
    ("f08b42a1-4e75-11ea-9643-03698ef1cfd6", "Cold", "blue"),
    ("f08b69b0-4e75-11ea-9643-03698ef1cfd6", "Warm", "yellow"),
)
SOURCES = (
    "Manually created", "Deal", "Web forms", "Prospector", "Leadbooster", "Live chat", "Import", "Website visitors",
    "Workflow automation", "API",
)  # fmt: skip
_SPREAD, _SPACE, _TAIL = 2_654_435_761, 2**32, "-0e10-11eb-879b-05d71fb426ec"
_GATHER = pow(_SPREAD, -1, _SPACE)


def uuid_of(n: int) -> str:
    """The UUID of lead n."""
    return f"{n * _SPREAD % _SPACE:08x}{_TAIL}"


def number_of(text: str) -> int | None:
    """The lead that a UUID belongs to; None when it is none of ours."""
    try:
        whole = str(UUID(text))
    except ValueError:
        return None
    return int(whole[:8], 16) * _GATHER % _SPACE if whole.endswith(_TAIL) else None


def label_row(place: int) -> dict[str, Any]:
    number, name, color = LABELS[place]
    made = moments.iso_ms(moments.START)
    return {"id": number, "name": name, "color": color, "add_time": made, "update_time": made}


class Leads:
    """Open leads are numbered 1..count, archived ones go on from there."""

    def __init__(
        self, count: int, archived: int, dice: Dice, contacts: Contacts, customs: CustomFields, staff: Staff
    ) -> None:
        self._count, self._contacts, self._customs = count, contacts, customs
        self._timeline = Timeline(count + archived)
        self.owner = dice.pick("owner", staff.owners, staff.weights)
        self._creator = dice.pick("creator", staff.owners)
        self._jump = dice.between("who", 0, 10**9)
        self._who = dice.pick("kind", ("person", "person", "both", "org"))
        self._label_ids = dice.pick("labels", ([], [LABELS[0][0]], [LABELS[1][0]], [LABELS[0][0], LABELS[2][0]]))
        self._source = dice.pick("source", SOURCES)
        self._value = dice.column("value", _value)
        self._expected = dice.pick("expected", (None, None, 30, 60))
        self._is_rich = dice.chance("customs", 0.5)
        self._seen = dice.chance("seen", 0.7)
        self._title = dice.column(
            "title", lambda chance: chance.choice(names.ODD_TITLES) if chance.random() < 0.04 else None
        )

    def person(self, n: int) -> int | None:
        count = self._contacts.persons
        return self._jump(n) % count + 1 if count and self._who(n) != "org" else None

    def org(self, n: int) -> int | None:
        count = self._contacts.organizations
        return self._jump(n) % count + 1 if count and self._who(n) != "person" else None

    def updated(self, n: int) -> int:
        added = self._timeline.added(n)
        return min(added + n % 50 * DAY, NOW - 60)

    def facts(self) -> Mapping[str, Fact]:
        return {
            "id": uuid_of,
            "owner_id": self.owner,
            "creator_id": self._creator,
            "person_id": self.person,
            "organization_id": self.org,
            "title": self.title,
            "was_seen": self._seen,
            "add_time": lambda n: moments.iso(self._timeline.added(n)),
            "update_time": lambda n: moments.iso(self.updated(n)),
        }

    def title(self, n: int) -> str:
        odd = self._title(n)
        if odd:
            return odd
        person, org = self.person(n), self.org(n)
        whom = (
            self._contacts.person_name(person)
            if person
            else self._contacts.organization_name(org)
            if org
            else f"Visitor {n}"
        )
        return f"{whom} lead"

    def row(self, n: int, view: View) -> dict[str, Any]:
        added, days = self._timeline.added(n), self._expected(n)
        return {
            "id": uuid_of(n),
            "title": self.title(n),
            "owner_id": self.owner(n),
            "creator_id": self._creator(n),
            "label_ids": self._label_ids(n),
            "person_id": self.person(n),
            "organization_id": self.org(n),
            "source_name": self._source(n),
            "origin": "API" if self._source(n) == "API" else "ManuallyCreated",
            "origin_id": None,
            "channel": None,
            "channel_id": None,
            "source_deal_id": None,
            "is_archived": n > self._count,
            "was_seen": self._seen(n),
            "value": self._value(n),
            "expected_close_date": None if days is None else moments.day(added + days * DAY),
            "next_activity_id": n if n % 4 == 0 else None,
            "add_time": moments.iso_ms(added),
            "update_time": moments.iso_ms(self.updated(n)),
            "visible_to": "3",
            "cc_email": f"acme+7654321+lead{n}@pipedrivemail.com",
            **(self._customs.flat(n) if self._is_rich(n) else {}),
        }


def _value(chance: Any) -> dict[str, Any] | None:
    if chance.random() < 0.35:
        return None
    return {"amount": chance.randint(1, 400) * 125, "currency": chance.choice(("EUR", "EUR", "USD"))}
