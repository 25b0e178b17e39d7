"""What people attach to records: files, logs of calls, comments on notes, relationships, variations of products."""

from __future__ import annotations

from typing import Any

from sandbox import moments, names
from sandbox.contacts import Contacts
from sandbox.deals import Deals
from sandbox.ids import Ids
from sandbox.moments import DAY, Timeline
from sandbox.staff import COMPANY, ME, Staff

_OUTCOMES = ("connected", "no_answer", "left_message", "left_voicemail", "wrong_number", "busy")
_COMPANY = COMPANY["company_id"]


class Attachments:
    def __init__(self, files: int, calls: int, deals: Deals, deal_ids: Ids, contacts: Contacts, staff: Staff) -> None:
        self.files, self.calls = range(1, files + 1), range(1, calls + 1)
        self._deals, self._deal_ids, self._contacts, self._staff = deals, deal_ids, contacts, staff
        self._file_times, self._call_times = Timeline(files), Timeline(calls)

    def _deal(self, n: int) -> int:
        return self._deal_ids[n * 29 % len(self._deal_ids)]

    def file(self, n: int) -> dict[str, Any]:
        deal, added = self._deal(n), self._file_times.added(n)
        person, org = self._deals.person(deal), self._deals.org(deal)
        name = ("offer.pdf", "Vertrag – unterschrieben.docx", "=photo.jpg", "plan 🗺.png")[n % 4]
        # one very old record has the date of a MySQL that was asked for none
        added_at = "0000-00-00 00:00:00" if n == 1 else moments.plain(added)
        others = ("product_id", "activity_id", "lead_id", "project_id", "log_id")
        empty = (
            "product_name",
            "lead_name",
            "project_name",
            "mail_message_id",
            "mail_template_id",
            "cid",
            "s3_bucket",
            "remote_id",
            "description",
        )
        return {
            "id": n, "user_id": self._deals.draft(deal).owner, "deal_id": deal, "person_id": person, "org_id": org,
            **dict.fromkeys(others),
            "add_time": added_at, "update_time": moments.plain(added + DAY),
            "file_name": f"{n:06d}_{name}", "file_type": name.rpartition(".")[2], "file_size": n * 7919 % 9_000_000,
            "active_flag": True, "inline_flag": n % 8 == 0, "remote_location": "s3",
            **dict.fromkeys(empty, ""),
            "deal_name": self._deals.title(deal),
            "person_name": self._contacts.person_name(person) if person else "",
            "org_name": self._contacts.organization_name(org) if org else "",
            "url": f"https://acme.pipedrive.com/v1/files/{n}/download", "name": name,
        }  # fmt: skip

    def call(self, n: int) -> dict[str, Any]:
        deal, began = self._deal(n), self._call_times.added(n)
        seconds = n * 61 % 900
        row = {
            "id": f"CAd92b224eb4a39b5ad8fea{n:06x}",
            "activity_id": n,
            "person_id": self._deals.person(deal),
            "org_id": self._deals.org(deal),
            "deal_id": deal,
            "subject": names.SUBJECTS[n % len(names.SUBJECTS)],
            "duration": str(seconds),
            "outcome": _OUTCOMES[n % len(_OUTCOMES)],
            "from_phone_number": "+31205550100",
            "to_phone_number": f"+3725550{n % 1000:03d}",
            "has_recording": n % 5 == 0,
            "start_time": moments.iso_ms(began),
            "end_time": moments.iso_ms(began + seconds),
            "user_id": ME,
            "company_id": _COMPANY,
            "note": "<p>Call back in <b>May</b></p>",
        }
        # what was not given is not there
        return {name: value for name, value in row.items() if value is not None}

    def comments(self, note: int) -> list[dict[str, Any]]:
        made = moments.START + 500 * DAY + note
        return [
            {
                "uuid": f"{note:08x}-db35-59ca-1828-{place:012x}",
                "active_flag": True,
                "add_time": moments.iso_ms(made + place * 60),
                "update_time": moments.iso_ms(made + place * 90),
                "content": names.SENTENCES[(note + place) % len(names.SENTENCES)],
                "object_id": str(note),
                "object_type": "note",
                "user_id": self._staff.owners[place],
                "updater_id": self._staff.owners[place],
                "company_id": _COMPANY,
            }
            for place in range(note % 3)
        ]

    def relationships(self, org: int) -> list[dict[str, Any]]:
        """Every third organization is the parent of the next; both of them list it."""
        count = self._contacts.organizations
        found = [owner for owner in (org, org - 1) if owner % 3 == 1 and owner < count]
        return [self._relationship(owner, org) for owner in found]

    def _relationship(self, owner: int, seen_from: int) -> dict[str, Any]:
        linked = owner + 1
        other = linked if seen_from == owner else owner
        made = moments.plain(moments.START + owner * 3600)
        return {
            "id": owner * 2,
            "type": "parent" if owner % 2 else "related",
            "rel_owner_org_id": self._organization(owner),
            "rel_linked_org_id": self._organization(linked),
            "add_time": made,
            "update_time": made,
            "active_flag": "true",
            "calculated_type": "related" if owner % 2 == 0 else "daughter" if seen_from == owner else "parent",
            "calculated_related_org_id": other,
            "related_organization_name": self._contacts.organization_name(other),
        }

    def _organization(self, number: int) -> dict[str, Any]:
        name = self._contacts.organization_name(number)
        return {"name": name, "people_count": 1, "owner_id": ME, "address": None, "cc_email": None, "value": number}


def variations(product: int) -> list[dict[str, Any]]:
    return [
        {
            "id": product * 4 + place,
            "name": ("Red", "Blue", "=Green")[place],
            "product_id": product,
            "prices": [
                {
                    "product_variation_id": product * 4 + place,
                    "price": 10.5 * product,
                    "currency": "EUR",
                    "cost": product,
                    "direct_cost": None,
                    "notes": "",
                }
            ],
        }
        for place in range(product % 4)
    ]
