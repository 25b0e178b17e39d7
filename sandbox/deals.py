"""Deals: listed, deleted and archived ones."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox import ids, moments, names
from sandbox.contacts import Contacts
from sandbox.customs import CustomFields
from sandbox.dice import Dice
from sandbox.moments import DAY, NOW, Timeline
from sandbox.shelf import Fact, View
from sandbox.staff import STAGES, Staff

_STATUS = ("open", "won", "lost")
_LABELS: dict[int, dict[str, Any]] = {
    22: {"id": 22, "label": "Hot"},
    23: {"id": 23, "label": "Warm"},
    24: {"id": 24, "label": "Cold"},
}
_REACH = 29 * DAY


class Deals:
    """Every deal of the company by its id; which list it stands in follows from the id."""

    def __init__(
        self, count: int, dice: Dice, contacts: Contacts, customs: CustomFields, staff: Staff, *, has_revenue: bool
    ) -> None:
        self._contacts = contacts
        self._customs = customs
        self._has_revenue = has_revenue
        self._timeline = Timeline(ids.last_deleted(count) + 1)
        self.status = dice.pick("status", _STATUS, (60, 25, 15))
        self.stage = dice.pick("stage", STAGES, tuple(stage.weight for stage in STAGES))
        self.owner = dice.pick("owner", staff.owners, staff.weights)
        self._creator = dice.pick("creator", staff.owners)
        self._has_person, self._has_org = dice.chance("has person", 0.9), dice.chance("has org", 0.92)
        self._person_jump, self._org_jump = dice.between("person", 0, 10**9), dice.between("org", 0, 10**9)
        self._amount = dice.column("value", _amount)
        self._currency = dice.pick("currency", ("EUR", "USD", "GBP", "JPY"), (80, 12, 5, 3))
        self._delay = dice.between("delay", 60, 200 * DAY)
        self._short_delay = dice.between("closing", 60, 20 * DAY)
        self._title = dice.column(
            "title", lambda chance: chance.choice(names.ODD_TITLES) if chance.random() < 0.025 else None
        )
        self._wish = dice.pick("wish", names.WISHES)
        self._lost_reason = dice.pick("lost reason", (*names.LOST, None))
        self._labels = dice.pick("labels", ([], [], [], [22], [23], [24], [22, 24]))
        self._probability = dice.pick("probability", (None, None, None, 10, 25, 60, 90, 100))
        self._expected = dice.pick("expected", (None, None, 14, 45, 90, 200))
        self._origin = dice.pick("origin", ("ManuallyCreated", "ManuallyCreated", "API", "Import", "WebForm"))
        self._channel = dice.pick("channel", (None, None, None, None, 51, 52))
        self._term = dice.pick("revenue", (None, None, 1, 12, 36))
        self._tally = dice.between("tally", 0, 9)
        self.optional = self._make_optional()
        self._is_stale = dice.chance("stage unchanged", 0.3)

    # facts: what lists are filtered and sorted by -----------------------------------------

    def person(self, n: int) -> int | None:
        count = self._contacts.persons
        return (self._person_jump(n) + n * 31) % count + 1 if count and self._has_person(n) else None

    def org(self, n: int) -> int | None:
        count = self._contacts.organizations
        if not count or not self._has_org(n):
            return None
        person = self.person(n)
        org = self._contacts.person_org(person) if person else None
        return org or (self._org_jump(n) + n * 17) % count + 1

    def value(self, n: int) -> float | int:
        amount = self._amount(n)
        return amount if amount < 1000 else amount + n % 89 * 10

    def currency(self, n: int) -> str:
        currency: str = self._currency(n)
        return currency

    def is_deleted(self, n: int) -> bool:
        return n % ids.BLOCK == ids.BLOCK - 1

    def is_archived(self, n: int) -> bool:
        return n % ids.BLOCK == 0

    def added(self, n: int) -> int:
        return self._timeline.added(n)

    def updated(self, n: int) -> int:
        added = self._timeline.added(n)
        if self.is_deleted(n):
            return max(added, NOW - 3600 - n * 7919 % _REACH)
        updated = added + self._delay(n)
        return updated if updated < NOW else max(added, NOW - n * 7919 % (3 * DAY) - 60)

    def facts(self) -> Mapping[str, Fact]:
        return {
            "owner_id": self.owner,
            "person_id": self.person,
            "org_id": self.org,
            "pipeline_id": lambda n: self.stage(n).pipeline,
            "stage_id": lambda n: self.stage(n).id,
            "status": lambda n: "deleted" if self.is_deleted(n) else self.status(n),
            "value": self.value,
            "currency": self._currency,
            "add_time": lambda n: moments.iso(self.added(n)),
            "update_time": lambda n: moments.iso(self.updated(n)),
        }

    # the record ---------------------------------------------------------------------------

    def title(self, n: int) -> str:
        odd = self._title(n)
        if odd:
            return odd
        org = self.org(n)
        whom = self._contacts.organization_name(org) if org else f"Walk-in {n}"
        return f"{whom} – {self._wish(n)}"

    def row(self, n: int, view: View) -> dict[str, Any]:
        is_deleted, is_archived = n % ids.BLOCK == ids.BLOCK - 1, n % ids.BLOCK == 0
        status, stage, value = self.status(n), self.stage(n), self.value(n)
        added = self._timeline.added(n)
        updated = self.updated(n)
        closed = None if status == "open" else min(added + self._short_delay(n), updated)
        row = {
            "id": n,
            "title": self.title(n),
            "creator_user_id": self._creator(n),
            "owner_id": self.owner(n),
            "value": value,
            "person_id": self.person(n),
            "org_id": self.org(n),
            "stage_id": stage.id,
            "pipeline_id": stage.pipeline,
            "currency": self._currency(n),
            "archive_time": moments.iso(updated) if is_archived else None,
            "add_time": moments.iso(added),
            "update_time": moments.iso(updated),
            "stage_change_time": None if self._is_stale(n) else moments.iso(added + (updated - added) // 2),
            "status": "deleted" if is_deleted else status,
            "is_archived": is_archived,
            "is_deleted": is_deleted,
            "probability": self._probability(n),
            "lost_reason": self._lost_reason(n) if status == "lost" else None,
            "visible_to": 1 if n % 41 == 0 else 3,
            **_closing(status, closed),
            "expected_close_date": self._expected_close(n, added),
            "label_ids": self._labels(n),
            "origin": self._origin(n),
            "origin_id": None,
            "channel": self._channel(n),
            "channel_id": "Jun25 Billboards" if self._channel(n) == 52 else None,
        }
        if self._has_revenue:
            row.update(self._revenue(n, value))
        return self._shown(n, row, view)

    def _shown(self, n: int, row: dict[str, Any], view: View) -> dict[str, Any]:
        for name in view.include:
            row[name] = self.optional[name](n)
        if view.labels:
            row["labels"] = [_LABELS[label] for label in row["label_ids"]]
        row["custom_fields"] = self._customs.values(n, view.custom, labels=view.option_labels)
        return row

    def _expected_close(self, n: int, added: int) -> str | None:
        days = self._expected(n)
        return None if days is None else moments.day(added + days * DAY)

    def _revenue(self, n: int, value: float) -> dict[str, float | None]:
        term = self._term(n)
        if term is None:
            return {"acv": None, "arr": None, "mrr": None}
        return {
            "acv": round(value / max(term // 12, 1), 2),
            "arr": round(value * 12 / term, 2),
            "mrr": round(value / term, 2),
        }

    def _make_optional(self) -> dict[str, Fact]:
        def tally(factor: int) -> Fact:
            return lambda n: (self._tally(n) * factor + n) % 7

        counts = (
            "products",
            "files",
            "notes",
            "followers",
            "email_messages",
            "done_activities",
            "undone_activities",
            "participants",
        )
        return {
            **{f"{name}_count": tally(place + 1) for place, name in enumerate(counts)},
            "activities_count": lambda n: tally(6)(n) + tally(7)(n),
            "next_activity_id": lambda n: 2 * n if self._tally(n) > 5 else None,
            "last_activity_id": lambda n: 2 * n - 1 if self._tally(n) > 2 else None,
            "first_won_time": lambda n: moments.iso(self.updated(n)) if self.status(n) == "won" else None,
            "last_incoming_mail_time": lambda n: moments.iso(self.updated(n)) if self._tally(n) > 6 else None,
            "last_outgoing_mail_time": lambda n: moments.iso(self.added(n)) if self._tally(n) > 4 else None,
            "smart_bcc_email": lambda n: f"acme+deal{n}@pipedrivemail.com",
            "source_lead_id": lambda n: None,
        }


def _amount(chance: random.Random) -> float | int:
    kind = chance.random()
    if kind < 0.06:
        return 0
    if kind < 0.3:
        return chance.randint(1, 99_999) / 100 + chance.randint(0, 300)
    return chance.randint(4, 900) * 250 if kind < 0.97 else chance.randint(1, 40) * 100_000


def _closing(status: str, closed: int | None) -> dict[str, str | None]:
    moment = None if closed is None else moments.iso(closed)
    won, lost = (moment if status == "won" else None), (moment if status == "lost" else None)
    return {
        "close_time": moment,
        "won_time": won,
        "lost_time": lost,
        "local_won_date": won and won[:10],
        "local_lost_date": lost and lost[:10],
        "local_close_date": moment and moment[:10],
    }


def numbers(count: int) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    """The ids of the main list, of the deleted and of the archived deals."""
    return ids.DealIds(count), ids.deleted_ids(count), ids.archived_ids(count)
