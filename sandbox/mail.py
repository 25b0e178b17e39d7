"""The administrator's mailbox: threads in four folders, and their messages."""

from __future__ import annotations

from functools import cache
from typing import Any

from sandbox import letters, moments, names
from sandbox.contacts import Contacts
from sandbox.deals import Deals
from sandbox.dice import Dice
from sandbox.ids import Ids
from sandbox.moments import Timeline
from sandbox.staff import ME

FOLDERS = ("inbox", "drafts", "sent", "archive")
_PLACES, _MANY = 8, 10_000
"""Ids of messages begin at eight times the thread's; what would be the ninth is numbered far away."""
_ACCOUNT = "ao5gpry0zykr1"


class Mail:
    def __init__(self, count: int, dice: Dice, deals: Deals, deal_ids: Ids, contacts: Contacts) -> None:
        self.ids = range(1, count + 1)
        self._deals, self._deal_ids, self._contacts = deals, deal_ids, contacts
        self._timeline = Timeline(count)
        self._kind = dice.pick(
            "folder", (("inbox",), ("sent",), ("archive",), ("drafts",), ("inbox", "sent")), (50, 20, 14, 6, 10)
        )
        self._subject = dice.pick("subject", names.WISHES)
        self._jump = dice.between("deal", 0, 10**9)
        self._arrived: dict[int, list[int]] = {}

    def folders(self, n: int) -> tuple[str, ...]:
        """Where a thread stands; one we answered stands in two. The first four make sure that no folder is empty."""
        if n <= len(FOLDERS):
            return (FOLDERS[n - 1],)
        kind: tuple[str, ...] = self._kind(n)
        return kind

    @cache  # noqa: B019 - it lives as long as the world
    def in_folder(self, folder: str) -> list[int]:
        return [n for n in self.ids if folder in self.folders(n)]

    def arrive(self, n: int, moment: int) -> None:
        """One more message in thread n."""
        self._arrived.setdefault(n, []).append(moment)

    def size(self, n: int) -> int:
        return self._made_size(n) + len(self._arrived.get(n, ()))

    def _made_size(self, n: int) -> int:
        return 1 if "drafts" in self.folders(n) else 1 + n % 4

    def _sent(self, n: int, place: int) -> int:
        """When a message of thread n was sent."""
        made = self._made_size(n)
        return self._timeline.added(n) + place * 3600 if place < made else self._arrived[n][place - made]

    def deal(self, n: int) -> int | None:
        return self._deal_ids[self._jump(n) % len(self._deal_ids)] if n % 3 else None

    def _party(self, n: int, *, is_me: bool, number: int) -> dict[str, Any]:
        if is_me:
            who: dict[str, Any] = {
                "name": "Liis Tamm",
                "email_address": "liis@acme.test",
                "linked_person_id": None,
                "linked_person_name": None,
            }
        else:
            person = n * 5 % self._contacts.persons + 1
            name = self._contacts.person_name(person)
            who = {
                "name": name,
                "email_address": f"p{person}@example.test",
                "linked_person_id": person,
                "linked_person_name": name,
            }
        sent = self._timeline.added(n) * 1000
        return {
            "id": number,
            **who,
            "latest_sent": not is_me,
            "message_time": sent,
            "mail_message_party_id": 5000 + number,
            "linked_organization_id": None,
        }

    def _common(self, n: int) -> dict[str, Any]:
        flags = (
            "has_inline_attachments_flag",
            "has_real_attachments_flag",
            "deleted_flag",
            "smart_bcc_flag",
            "mail_link_tracking_enabled_flag",
        )
        return {
            "account_id": _ACCOUNT,
            "user_id": ME,
            "subject": self._subject(n),
            "snippet": names.SENTENCES[n % len(names.SENTENCES)],
            "read_flag": n % 2,
            "mail_tracking_status": "opened" if n % 5 == 0 else None,
            "has_attachments_flag": int(n % 6 == 0),
            **dict.fromkeys(flags, 0),
            "synced_flag": 1,
        }

    def thread(self, n: int) -> dict[str, Any]:
        first, folders, deal = self._timeline.added(n), self.folders(n), self.deal(n)
        last = self._sent(n, self.size(n) - 1)
        flags = ("shared_flag", "external_deleted_flag", "all_messages_sent_flag")
        return {
            "id": n,
            **self._common(n),
            "parties": {
                "to": [self._party(n, is_me=True, number=2 * n)],
                "from": [self._party(n, is_me=False, number=2 * n + 1)],
            },
            "drafts_parties": [],
            "folders": list(folders),
            "version": 3 + len(self._arrived.get(n, ())),
            "snippet_draft": None,
            "snippet_sent": "",
            "message_count": self.size(n),
            "has_draft_flag": int("drafts" in folders),
            "has_sent_flag": int("sent" in folders),
            "archived_flag": int("archive" in folders),
            **dict.fromkeys(flags, 0),
            "first_message_to_me_flag": 1,
            "last_message_timestamp": moments.iso_ms(last),
            "first_message_timestamp": moments.iso_ms(first),
            "last_message_sent_timestamp": moments.iso_ms(last) if "sent" in folders else None,
            "last_message_received_timestamp": moments.iso_ms(last),
            "add_time": moments.iso_ms(first + 12),
            "update_time": moments.iso_ms(last + 20),
            "deal_id": deal,
            "deal_status": deal and self._deals.status(deal),
            "lead_id": None,
        }

    def messages(self, n: int) -> list[dict[str, Any]]:
        return [self._message(n, place) for place in range(self.size(n))]

    def message(self, number: int, *, with_body: bool) -> dict[str, Any] | None:
        n, place = _thread_and_place(number)
        if n not in self.ids or place >= self.size(n):
            return None
        found = self._message(n, place)
        return {**found, "body": self._body(n, place)} if with_body else found

    def _body(self, n: int, place: int) -> str:
        texts = [names.SENTENCES[(n + before) % len(names.SENTENCES)] for before in range(place + 1)]
        writers = [self._message(n, before)["from"][0]["name"] for before in range(place + 1)]
        return letters.body(texts, writers)

    def _message(self, n: int, place: int) -> dict[str, Any]:
        sent, is_mine = self._sent(n, place), bool(place % 2)
        number = _number(n, place)
        return {
            "id": number,
            **self._common(n),
            "from": [self._party(n, is_me=is_mine, number=2 * number)],
            "to": [self._party(n, is_me=not is_mine, number=2 * number + 1)],
            "cc": [],
            "bcc": [],
            "body_url": f"https://mail.example.test/{number}",
            "mail_thread_id": n,
            "draft": None,
            "draft_flag": 0,
            "has_body_flag": 1,
            "sent_flag": int(is_mine),
            "sent_from_pipedrive_flag": 0,
            "message_time": moments.iso_ms(sent),
            "add_time": moments.iso_ms(sent + 12),
            "update_time": moments.iso_ms(sent + 12),
        }


def _number(n: int, place: int) -> int:
    return n * _PLACES + place if place < _PLACES else (n * _MANY + place) * _MANY


def _thread_and_place(number: int) -> tuple[int, int]:
    return divmod(number, _PLACES) if number < _MANY**2 else divmod(number // _MANY, _MANY)
