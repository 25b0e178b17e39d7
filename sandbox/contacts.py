"""Persons and organizations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import fields, moments, names
from sandbox.customs import CustomFields
from sandbox.dice import Dice
from sandbox.moments import DAY, NOW, Timeline
from sandbox.shelf import Fact, View
from sandbox.staff import Staff


def _labels(options: tuple[fields.Option, ...]) -> dict[Any, dict[str, Any]]:
    return {option.id: {"id": option.id, "label": option.label} for option in options}


PERSON_LABELS, ORGANIZATION_LABELS = _labels(fields.PERSON_LABELS), _labels(fields.ORGANIZATION_LABELS)


class Contacts:
    """How many there are, what they are called, who works where."""

    def __init__(self, persons: int, organizations: int, dice: Dice) -> None:
        self.persons, self.organizations = persons, organizations
        self.person = dice.column("person", names.person)
        self._firm = dice.column("firm", names.firm)
        self._branch = dice.pick("branch", ("", "", "", "", " Zuid", " Nord", " II"))
        self._jump = dice.between("employer", 0, 10**9)
        self._is_employed = dice.chance("employed", 0.85)

    def organization_name(self, n: int) -> str:
        name: str = self._firm(n) + self._branch(n)
        return name

    def person_name(self, n: int) -> str:
        return self.person(n).name

    def person_org(self, n: int) -> int | None:
        if not self.organizations or not self._is_employed(n):
            return None
        return (self._jump(n) + n * 13) % self.organizations + 1


class _Kept:
    """What persons and organizations have in common."""

    def __init__(self, count: int, dice: Dice, customs: CustomFields, staff: Staff) -> None:
        self._customs = customs
        self._timeline = Timeline(count)
        self.owner = dice.pick("owner", staff.owners, staff.weights)
        self._delay = dice.between("delay", 60, 500 * DAY)
        self._tally = dice.between("tally", 0, 9)

    def added(self, n: int) -> int:
        return self._timeline.added(n)

    def updated(self, n: int) -> int:
        added = self._timeline.added(n)
        updated = added + self._delay(n)
        return updated if updated < NOW else max(added, NOW - n * 7919 % (5 * DAY) - 60)

    def _times(self) -> dict[str, Fact]:
        return {
            "owner_id": self.owner,
            "add_time": lambda n: moments.iso(self.added(n)),
            "update_time": lambda n: moments.iso(self.updated(n)),
        }

    def _finish(
        self, n: int, row: dict[str, Any], view: View, optional: Mapping[str, Fact], labels: Mapping[Any, Any]
    ) -> dict[str, Any]:
        for name in view.include:
            row[name] = optional[name](n)
        if view.labels:
            row["labels"] = [labels[label] for label in row["label_ids"]]
        row["custom_fields"] = self._customs.values(n, view)
        return row

    def _counts(self, defined: tuple[fields.Field, ...], **others: Fact) -> dict[str, Fact]:
        """Every optional field of the entity: counts by chance, the rest as given."""

        def tally(factor: int) -> Fact:
            return lambda n: (self._tally(n) * factor + n) % 6

        wanted = [field.code for field in defined if field.is_optional]
        counts = {code: tally(place + 1) for place, code in enumerate(wanted) if code.endswith("_count")}
        empty: dict[str, Fact] = {code: lambda n: None for code in wanted if not code.endswith("_count")}
        return {**counts, **empty, **others}


class Persons(_Kept):
    def __init__(self, dice: Dice, contacts: Contacts, customs: CustomFields, staff: Staff) -> None:
        super().__init__(contacts.persons, dice, customs, staff)
        self._contacts = contacts
        self._reach = dice.pick("emails", ("work", "work", "work", "both", "none", "blank"))
        self._phone = dice.pick("phones", ("work", "work", "two", "none", "none"))
        self._number = dice.between("number", 1000000, 9999999)
        self._labels = dice.pick("labels", ([], [], [], [1], [2], [3, 1], [4]))
        self._picture = dice.pick("picture", (None, None, None, 1))
        self.optional = self._counts(fields.PERSON, **self._special())

    def _special(self) -> dict[str, Fact]:
        return {
            "smart_bcc_email": lambda n: f"acme+person{n}@pipedrivemail.com",
            "marketing_status": lambda n: "no_consent",
            "next_activity_id": lambda n: n if self._tally(n) > 6 else None,
            "last_incoming_mail_time": lambda n: moments.iso(self.updated(n)) if self._tally(n) > 6 else None,
        }

    def facts(self) -> Mapping[str, Fact]:
        return {**self._times(), "org_id": self._contacts.person_org, "update_time": self._updated_or_never}

    def _updated_or_never(self, n: int) -> str | None:
        """Rows of the account's first days have no update time."""
        return None if n % 97 == 0 else moments.iso(self.updated(n))

    def row(self, n: int, view: View) -> dict[str, Any]:
        person = self._contacts.person(n)
        picture = self._picture(n)
        row = {
            "id": n,
            "name": person.name,
            "first_name": person.first,
            "last_name": person.last,
            "owner_id": self.owner(n),
            "org_id": self._contacts.person_org(n),
            "add_time": moments.iso(self.added(n)),
            "update_time": self._updated_or_never(n),
            "emails": self._emails(n, person.mailbox),
            "phones": self._phones(n),
            "is_deleted": False,
            "visible_to": 1 if n % 53 == 0 else 3,
            "label_ids": self._labels(n),
            "picture_id": picture and n * 3 + 7,
        }
        return self._finish(n, row, view, self.optional, PERSON_LABELS)

    def _emails(self, n: int, mailbox: str) -> list[dict[str, Any]]:
        kind = self._reach(n)
        if kind == "none":
            return []
        work = {"value": "" if kind == "blank" else f"{mailbox}{n}@example.test", "primary": True, "label": "work"}
        return (
            [work, {"value": f"{mailbox}@home.test", "primary": False, "label": "home"}] if kind == "both" else [work]
        )

    def _phones(self, n: int) -> list[dict[str, Any]]:
        kind = self._phone(n)
        if kind == "none":
            return []
        work = {"value": f"+31 20 {self._number(n)}", "primary": True, "label": "work"}
        return (
            [work, {"value": f"06{self._number(n + 1)}", "primary": False, "label": "mobile"}]
            if kind == "two"
            else [work]
        )


class Organizations(_Kept):
    def __init__(self, dice: Dice, contacts: Contacts, customs: CustomFields, staff: Staff) -> None:
        super().__init__(contacts.organizations, dice, customs, staff)
        self._contacts = contacts
        self._address = dice.column("address", lambda chance: names.address(chance) if chance.random() < 0.75 else None)
        self._labels = dice.pick("labels", ([], [], [5], [6], [7, 5], [8]))
        self._industry = dice.pick("industry", (None, 31, 32, 33, 34, 35))
        self._revenue = dice.pick("revenue", (None, None, 250_000, 1_200_000, 48_000_000))
        self._employees = dice.pick("employees", (None, 1, 12, 85, 240, 12_000))
        self.optional = self._counts(fields.ORGANIZATION, smart_bcc_email=lambda n: f"acme+org{n}@pipedrivemail.com")

    def facts(self) -> Mapping[str, Fact]:
        return self._times()

    def row(self, n: int, view: View) -> dict[str, Any]:
        row = {
            "id": n,
            "name": self._contacts.organization_name(n),
            "owner_id": self.owner(n),
            "add_time": moments.iso(self.added(n)),
            "update_time": moments.iso(self.updated(n)),
            "address": self._address(n),
            "is_deleted": False,
            "visible_to": 3,
            "label_ids": self._labels(n),
            "website": f"https://firm{n}.example.test" if n % 3 else None,
            "linkedin": f"https://www.linkedin.com/company/firm-{n}" if n % 5 == 0 else None,
            "industry": self._industry(n),
            "annual_revenue": self._revenue(n),
            "employee_count": self._employees(n),
        }
        return self._finish(n, row, view, self.optional, ORGANIZATION_LABELS)
