"""Deals: listed, deleted and archived ones."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sandbox import fields, ids, moments, names
from sandbox.contacts import Contacts
from sandbox.customs import CustomFields
from sandbox.dice import Dice
from sandbox.moments import DAY, NOW, Timeline
from sandbox.shelf import Fact, View
from sandbox.staff import STAGES, Staff, Stage

_LABELS: dict[Any, dict[str, Any]] = {
    option.id: {"id": option.id, "label": option.label} for option in fields.DEAL_LABELS
}
_REACH, _RECENT = 29 * DAY, 300 * DAY
_ODD_EVERY = 53
_DRAFTS = 991

_Owners = tuple[tuple[int, ...], tuple[int, ...]]
"""Users who have deals, and how often."""


class _Draft(NamedTuple):
    """What many deals share: the values that come from short lists, and the record holding them already."""

    status: str
    stage: Stage
    owner: int
    currency: str
    has_person: bool
    org_jump: int
    delay: int
    """Seconds from adding to the last update."""
    closing: int
    """Seconds from adding to the end, for won and lost ones."""
    expected: int | None
    """Days from adding to the expected end."""
    term: int | None
    """Months of a recurring deal."""
    is_stale: bool
    """Whether it still stands in its first stage."""
    row: dict[str, Any]


def _drafter(owners: _Owners, shares: tuple[int, int, int], *, has_revenue: bool) -> Callable[[random.Random], _Draft]:
    who, how_often = owners

    def draft(chance: random.Random) -> _Draft:
        status = chance.choices(("open", "won", "lost"), shares)[0]
        stage = chance.choices(STAGES, [stage.weight for stage in STAGES])[0]
        owner = chance.choices(who, how_often)[0]
        currency = chance.choices(("EUR", "USD", "GBP", "JPY"), (80, 12, 5, 3))[0]
        row = _row(chance, status, stage, owner, currency, chance.choice(who), has_revenue=has_revenue)
        return _Draft(
            status, stage, owner, currency,
            has_person=chance.random() < 0.9,
            org_jump=chance.randint(0, 10**9) if chance.random() < 0.92 else -1,
            delay=chance.randint(60, 200 * DAY),
            closing=chance.randint(60, 20 * DAY),
            expected=chance.choice((None, None, 14, 45, 90, 200)),
            term=chance.choice((None, None, 1, 12, 36)),
            is_stale=chance.random() < 0.3,
            row=row,
        )  # fmt: skip

    return draft


def _row(
    chance: random.Random, status: str, stage: Stage, owner: int, currency: str, creator: int, *, has_revenue: bool
) -> dict[str, Any]:
    """A record in the order the vendor shows it; what differs from deal to deal is still empty."""
    channel = chance.choice((None, None, None, None, 51, 52))
    times = (
        "close_time",
        "won_time",
        "lost_time",
        "local_won_date",
        "local_lost_date",
        "local_close_date",
        "expected_close_date",
    )
    return {
        "id": 0, "title": "", "creator_user_id": creator, "owner_id": owner, "value": 0, "person_id": None, "org_id": None,
        "stage_id": stage.id, "pipeline_id": stage.pipeline, "currency": currency, "archive_time": None, "add_time": "",
        "update_time": "", "stage_change_time": None, "status": status, "is_archived": False, "is_deleted": False,
        "probability": chance.choice((None, None, None, 10, 25, 60, 90, 100)),
        "lost_reason": chance.choice((*names.LOST, None)) if status == "lost" else None,
        "visible_to": chance.choices((1, 3), (1, 40))[0],
        **dict.fromkeys(times),
        "label_ids": chance.choice(([], [], [], [22], [23], [24], [22, 24])),
        "origin": chance.choice(("ManuallyCreated", "ManuallyCreated", "API", "Import", "WebForm")),
        "origin_id": None,
        "channel": channel,
        "channel_id": "Jun25 Billboards" if channel == 52 else None,
        **(dict.fromkeys(("acv", "arr", "mrr")) if has_revenue else {}),
    }  # fmt: skip


@cache
def _drafts(
    seed: int, kind: str, name: str, shares: tuple[int, int, int], owners: _Owners, *, has_revenue: bool
) -> tuple[_Draft, ...]:
    """Drawn once for all companies of a process that have the same seed: that is two thirds of the making of one."""
    return Dice(seed, kind).drawn(name, _drafter(owners, shares, has_revenue=has_revenue), size=_DRAFTS)


class Deals:
    """Every deal of the company by its id; which list it stands in follows from the id."""

    def __init__(
        self, count: int, dice: Dice, contacts: Contacts, customs: CustomFields, staff: Staff, *, has_revenue: bool
    ) -> None:
        self._contacts = contacts
        self._customs = customs
        self._has_revenue = has_revenue
        self._timeline = Timeline(ids.last_deleted(count) + 1)
        owners = (staff.owners, staff.weights)
        self._old = _drafts(dice.seed, dice.kind, "old", (15, 50, 35), owners, has_revenue=has_revenue)
        self._recent = _drafts(dice.seed, dice.kind, "recent", (75, 15, 10), owners, has_revenue=has_revenue)
        self._recent_from = bisect_left(range(ids.last_deleted(count) + 2), NOW - _RECENT, key=self._timeline.added)
        self._person_jump = dice.between("person", 0, 10**9)
        self._amount = dice.column("value", _amount)
        self._wish = dice.pick("wish", names.WISHES)
        self._tally = dice.between("tally", 0, 9)
        self.optional = self._make_optional()

    # facts: what lists are filtered and sorted by -----------------------------------------

    def draft(self, n: int) -> _Draft:
        """Old deals are mostly decided, recent ones mostly open."""
        return (self._old if n < self._recent_from else self._recent)[n % _DRAFTS]

    def status(self, n: int) -> str:
        return self.draft(n).status

    def person(self, n: int) -> int | None:
        count = self._contacts.persons
        return (self._person_jump(n) + n * 31) % count + 1 if count and self.draft(n).has_person else None

    def org(self, n: int) -> int | None:
        return self._org(n, self.draft(n), self.person(n))

    def _org(self, n: int, draft: _Draft, person: int | None) -> int | None:
        """Mostly where the person works."""
        count = self._contacts.organizations
        if not count or draft.org_jump < 0:
            return None
        org = self._contacts.person_org(person) if person else None
        return org or (draft.org_jump + n * 17) % count + 1

    def value(self, n: int) -> float | int:
        amount = self._amount(n)
        return amount if amount < 1000 else amount + n % 89 * 10

    def is_deleted(self, n: int) -> bool:
        return n % ids.BLOCK == ids.BLOCK - 1

    def added(self, n: int) -> int:
        return self._timeline.added(n)

    def updated(self, n: int) -> int:
        added = self._timeline.added(n)
        if self.is_deleted(n):
            return max(added, NOW - 3600 - n * 7919 % _REACH)
        updated = added + self.draft(n).delay
        return updated if updated < NOW else max(added, NOW - n * 7919 % (3 * DAY) - 60)

    def facts(self) -> Mapping[str, Fact]:
        return {
            "owner_id": lambda n: self.draft(n).owner,
            "person_id": self.person,
            "org_id": self.org,
            "pipeline_id": lambda n: self.draft(n).stage.pipeline,
            "stage_id": lambda n: self.draft(n).stage.id,
            "status": lambda n: "deleted" if self.is_deleted(n) else self.status(n),
            "value": self.value,
            "currency": lambda n: self.draft(n).currency,
            "add_time": lambda n: moments.iso(self.added(n)),
            "update_time": lambda n: moments.iso(self.updated(n)),
        }

    # the record ---------------------------------------------------------------------------

    def title(self, n: int) -> str:
        return self._titled(n, self.org(n))

    def _titled(self, n: int, org: int | None) -> str:
        if n % _ODD_EVERY == 17:
            return names.ODD_TITLES[n // _ODD_EVERY % len(names.ODD_TITLES)]
        whom = self._contacts.organization_name(org) if org else f"Walk-in {n}"
        return f"{whom} – {self._wish(n)}"

    def row(self, n: int, view: View) -> dict[str, Any]:
        draft, added, updated = self.draft(n), self._timeline.added(n), self.updated(n)
        row = draft.row.copy()
        person = self.person(n)
        org = self._org(n, draft, person)
        row["id"], row["title"], row["value"] = n, self._titled(n, org), self.value(n)
        row["person_id"], row["org_id"] = person, org
        row["add_time"], row["update_time"] = moments.iso(added), moments.iso(updated)
        if not draft.is_stale:
            row["stage_change_time"] = moments.iso(added + (updated - added) // 2)
        if draft.expected is not None:
            row["expected_close_date"] = moments.day(added + draft.expected * DAY)
        if draft.status != "open":
            _close(row, draft.status, moments.iso(min(added + draft.closing, updated)))
        if self._has_revenue and draft.term is not None:
            _add_revenue(row, draft.term)
        self._move(n, row)
        return self._shown(n, row, view)

    def _move(self, n: int, row: dict[str, Any]) -> None:
        """Say that it is archived or deleted."""
        place = n % ids.BLOCK
        if place == 0:
            row["is_archived"], row["archive_time"] = True, row["update_time"]
        elif place == ids.BLOCK - 1:
            row["is_deleted"], row["status"] = True, "deleted"

    def _shown(self, n: int, row: dict[str, Any], view: View) -> dict[str, Any]:
        for name in view.include:
            row[name] = self.optional[name](n)
        if view.labels:
            row["labels"] = [_LABELS[label] for label in row["label_ids"]]
        row["custom_fields"] = self._customs.values(n, view)
        return row

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
        return round(chance.randint(1, 99_999) / 100 + chance.randint(0, 300), 2)
    if kind < 0.75:
        return chance.randint(4, 80) * 125
    return chance.randint(40, 400) * 250 if kind < 0.98 else chance.randint(2, 40) * 100_000


def _close(row: dict[str, Any], status: str, moment: str) -> None:
    row["close_time"] = row[f"{status}_time"] = moment
    row["local_close_date"] = row[f"local_{status}_date"] = moment[:10]


def _add_revenue(row: dict[str, Any], term: int) -> None:
    value = row["value"]
    row["acv"], row["arr"], row["mrr"] = (
        round(value / max(term // 12, 1), 2),
        round(value * 12 / term, 2),
        round(value / term, 2),
    )


def numbers(count: int) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    """The ids of the main list, of the deleted and of the archived deals."""
    return ids.DealIds(count), ids.deleted_ids(count), ids.archived_ids(count)
