"""Notes (v1): HTML, some of it long, some of it looking like a formula."""

from __future__ import annotations

import random
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

LONG = 65_000
_PLAIN = ("=1+1", "+31 20 123 4567", "-5", "@all please call", "<p></p>", "<div>&nbsp;</div>", "007")


def _content(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.1:
        return chance.choice(_PLAIN)
    if kind < 0.2:
        return f"<ul><li>{names.text(chance)}</li><li>12 × bike &amp; lock</li></ul><a href='https://example.test/?a=1&amp;b=2'>link</a>"
    return f"<b>{chance.choice(names.SENTENCES)}</b><br>{names.text(chance)}"


class Notes:
    def __init__(self, count: int, dice: Dice, deals: Deals, deal_ids: Ids, contacts: Contacts, staff: Staff) -> None:
        self._deals, self._deal_ids, self._contacts, self._staff = deals, deal_ids, contacts, staff
        self._timeline = Timeline(count)
        self.user = dice.pick("user", staff.owners, staff.weights)
        self._content = dice.column("content", _content)
        self._jump = dice.between("deal", 0, 10**9)
        self._is_on_deal = dice.chance("on deal", 0.8)
        self._pinned = dice.chance("pinned", 0.1)

    def deal(self, n: int) -> int | None:
        count = len(self._deal_ids)
        return self._deal_ids[(self._jump(n) + n * 11) % count] if count and self._is_on_deal(n) else None

    def person(self, n: int) -> int | None:
        deal, count = self.deal(n), self._contacts.persons
        if deal is not None:
            return self._deals.person(deal)
        return self._jump(n) % count + 1 if count and n % 2 else None

    def org(self, n: int) -> int | None:
        deal = self.deal(n)
        return None if deal is None else self._deals.org(deal)

    def content(self, n: int) -> str:
        """Note 7 and every 5,000th is as long as a note can be."""
        return f"<p>{names.long_text(LONG - 7)}</p>" if n % 5000 == 7 else self._content(n)

    def updated(self, n: int) -> int:
        return min(self._timeline.added(n) + n % 9 * DAY, NOW - 60)

    def facts(self) -> Mapping[str, Fact]:
        return {
            "user_id": self.user,
            "deal_id": self.deal,
            "person_id": self.person,
            "org_id": self.org,
            "lead_id": lambda n: None,
            "project_id": lambda n: None,
            "task_id": lambda n: None,
            "content": self.content,
            "pinned_to_deal_flag": lambda n: int(self._is_pinned(n)),
            "add_time": lambda n: moments.iso(self._timeline.added(n)),
            "update_time": lambda n: moments.iso(self.updated(n)),
        }

    def _is_pinned(self, n: int) -> bool:
        return self._pinned(n) and self.deal(n) is not None

    def row(self, n: int, view: View) -> dict[str, Any]:
        deal, person, org, user = self.deal(n), self.person(n), self.org(n), self._staff.user(self.user(n))
        flags = (
            "pinned_to_person_flag",
            "pinned_to_organization_flag",
            "pinned_to_lead_flag",
            "pinned_to_project_flag",
            "pinned_to_task_flag",
        )
        return {
            "id": n,
            "user_id": self.user(n),
            "deal_id": deal,
            "person_id": person,
            "org_id": org,
            "lead_id": None,
            "project_id": None,
            "task_id": None,
            "content": self.content(n),
            "add_time": moments.plain(self._timeline.added(n)),
            "update_time": moments.plain(self.updated(n)),
            "active_flag": True,
            "pinned_to_deal_flag": self._is_pinned(n),
            **dict.fromkeys(flags, False),
            "last_update_user_id": self.user(n) if n % 9 else None,
            "organization": {"name": self._contacts.organization_name(org)} if org else None,
            "person": {"name": self._contacts.person_name(person)} if person else None,
            "deal": {"title": self._deals.title(deal)} if deal else None,
            "lead": None,
            "project": None,
            "task": None,
            "user": user and {name: user[name] for name in ("email", "name", "icon_url", "is_you")},
        }
