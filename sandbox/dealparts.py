"""What hangs on a deal: its products, installments, discounts, participants, followers and changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import moments, names
from sandbox.deals import Deals
from sandbox.moments import DAY
from sandbox.shelf import PLAIN, Shelf
from sandbox.staff import COMPANY, Staff

_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
_PLACES = 8
"""Ids of what hangs on deal n begin at eight times n, so they tell the deal."""

Row = dict[str, Any]


class DealParts:
    def __init__(self, deals: Deals, shelves: Mapping[str, Shelf], staff: Staff, custom_keys: tuple[str, ...]) -> None:
        self._deals, self._shelves, self._staff, self._custom_keys = deals, shelves, staff, custom_keys

    def exists(self, n: int) -> bool:
        return any(n in self._shelves[name].ids for name in ("deals", "deals/archived", "deals/deleted"))

    def products(self, n: int) -> list[Row]:
        products = len(self._shelves["products"].made)
        count = n * 7 % 4 if products else 0
        return [self._product(n, place, (n * 5 + place * 11) % products + 1) for place in range(count)]

    def _product(self, n: int, place: int, product: int) -> Row:
        row = self._shelves["products"].row(product, PLAIN)
        price = row["prices"][0]["price"] if row["prices"] else 0
        quantity, discount = 1 + (n + place) % 12, (0, 0, 10, 12.5)[(n + place) % 4]
        added = moments.iso(self._deals.added(n) + place * 60)
        return {
            "id": n * _PLACES + place,
            "sum": round(price * quantity * (100 - discount) / 100, 2),
            "tax": row["tax"],
            "deal_id": n,
            "name": row["name"],
            "product_id": None if n % 97 == 5 else product,
            "product_variation_id": None,
            "order_nr": place,
            "add_time": added,
            "update_time": added,
            "comments": "" if n % 3 else names.SENTENCES[n % len(names.SENTENCES)],
            "currency": self._deals.draft(n).currency,
            "discount": discount,
            "discount_type": "percentage",
            "quantity": quantity,
            "item_price": price,
            "tax_method": ("exclusive", "inclusive", "none")[n % 3],
            "is_enabled": n % 13 != 0,
            "billing_frequency": row["billing_frequency"],
            "billing_frequency_cycles": row["billing_frequency_cycles"],
            "billing_start_date": moments.day(self._deals.added(n) + 30 * DAY) if n % 2 else None,
        }

    def installments(self, n: int) -> list[Row]:
        count = n % 5 if n % 3 == 0 else 0
        return [
            {
                "id": n * _PLACES + place,
                "amount": round(self._deals.value(n) / count, 2),
                "billing_date": moments.day(self._deals.added(n) + (place + 1) * 30 * DAY),
                "description": f"Part {place + 1} of {count}",
                "deal_id": n,
            }
            for place in range(count)
        ]

    def discounts(self, n: int) -> list[Row]:
        if n % 7:
            return []
        made, user = moments.iso(self._deals.added(n) + 3600), self._deals.draft(n).owner
        return [
            {
                "id": f"{n:08x}-6b0e-4752-a5cf-f3ee39b9d1e0",
                "type": "percentage" if n % 2 else "amount",
                "amount": 10 if n % 2 else 99.5,
                "description": "Loyalty",
                "deal_id": n,
                "created_at": made,
                "created_by": user,
                "updated_at": made,
                "updated_by": user,
            }
        ]

    def participants(self, n: int) -> list[Row]:
        first, count = self._deals.person(n), len(self._shelves["persons"].made)
        if first is None:
            return []
        people = dict.fromkeys((first + place * 7) % count + 1 if place else first for place in range(1 + n % 3))
        return [self._participant(n, place, person) for place, person in enumerate(people)]

    def _participant(self, n: int, place: int, person: int) -> Row:
        row = self._shelves["persons"].row(person, PLAIN)
        contact = {"name": row["name"], "email": row["emails"], "phone": row["phones"]}
        owner = self._staff.user(row["owner_id"]) or {}
        org = row["org_id"] and self._shelves["organizations"].row(row["org_id"], PLAIN)
        return {
            "id": n * _PLACES + place,
            "person_id": {"active_flag": True, **contact, "owner_id": row["owner_id"], "value": person},
            "add_time": moments.plain(self._deals.added(n) + place * 3600),
            "active_flag": True,
            "related_item_data": {"deal_id": n, "title": self._deals.title(n)},
            "person": {
                "id": person,
                **contact,
                "company_id": COMPANY["company_id"],
                "first_name": row["first_name"],
                "last_name": row["last_name"],
                "active_flag": True,
                "owner_id": {"id": row["owner_id"], "name": owner.get("name"), "value": row["owner_id"]},
                "org_id": org and {"name": org["name"], "value": org["id"], "address": None},
                "label_ids": row["label_ids"],
                "visible_to": "3",
            },
            "added_by_user_id": {"success": True, "data": self._staff.user(self._deals.draft(n).owner)},
            "related_item_type": "deal",
            "related_item_id": n,
        }

    def followers(self, n: int) -> list[Row]:
        owners = self._staff.owners
        users = dict.fromkeys(
            (self._deals.draft(n).owner, *(owners[(n + place) % len(owners)] for place in range(n % 3)))
        )
        added = self._deals.added(n)
        return [{"user_id": user, "add_time": moments.iso(added + place * DAY)} for place, user in enumerate(users)]

    def changes(self, n: int) -> list[Row]:
        """Newest first."""
        found = [
            ("title", None, self._deals.title(n)),
            ("value", "0", str(self._deals.value(n))),
            ("stage_id", "1", str(self._deals.draft(n).stage.id)),
            *((key, None, "41") for key in self._custom_keys[:1]),
            *((f"{key}_currency", "EUR", "USD") for key in self._custom_keys[1:2]),
        ]
        added, actor = self._deals.added(n), self._deals.draft(n).owner
        return [
            {
                "field_key": key,
                "old_value": old,
                "new_value": new,
                "actor_user_id": actor,
                "time": moments.plain(added + place * 3600),
                "change_source": "api" if n % 4 == 0 else "app",
                "change_source_user_agent": None if n % 4 == 0 else _AGENT,
                "is_bulk_update_flag": n % 17 == 0,
            }
            for place, (key, old, new) in reversed(list(enumerate(found[: 1 + n % 5])))
        ]
