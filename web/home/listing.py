"""The list of importers, which may be thousands: which of them a page shows, and what about these is new to it."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from importers.model import Connection, Glance, Status
from importers.services.manage import ImporterCard
from importers.services.queueing import Holdup
from web.troubles import is_of_the_connection

ON_A_PAGE = 50
_SEEN = re.compile(r"(\d{1,9})\.([0-9a-f]{1,8})")


@dataclass(frozen=True, slots=True)
class Listing:
    """
    One page of the importers whose names hold every word of `query`, those in
    trouble first. `counts` and `broken` are of all importers: how many there
    are of each status, and the connections of theirs that are refused.
    """

    ids: Sequence[int]
    query: str
    page: int
    pages: int
    found: int
    counts: Mapping[str, int]
    broken: Sequence[Connection]

    @property
    def place(self) -> dict[str, str | int]:
        """What an address needs to lead here."""
        return {**({"q": self.query} if self.query else {}), **({"page": self.page} if self.page > 1 else {})}

    @property
    def is_long(self) -> bool:
        """Whether there is more to it than one sees at once."""
        return self.counts["all"] > ON_A_PAGE


def listing_of(glances: Sequence[Glance], connections: Sequence[Connection], *, query: str, page: int) -> Listing:
    """A *page* beyond the last one is the last one."""
    refused = {one.id: one for one in connections if not one.works}
    troubled = {one.importer_id for one in glances if _has_trouble(one, refused)}
    words = query.casefold().split()
    found = [one for one in glances if all(word in one.name.casefold() for word in words)]
    found.sort(key=lambda one: (one.importer_id not in troubled, one.name.casefold()))
    pages = max(1, -(-len(found) // ON_A_PAGE))
    page = min(max(1, page), pages)
    shown = found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    return Listing(
        ids=[one.importer_id for one in shown],
        query=query,
        page=page,
        pages=pages,
        found=len(found),
        counts=_counts(glances, len(troubled)),
        broken=broken_of(glances, list(refused.values())),
    )


def broken_of(glances: Sequence[Glance], refused: Sequence[Connection]) -> Sequence[Connection]:
    """Those of *refused* that any importer needs."""
    used = {one for glance in glances for one in (glance.connection_id, glance.destination_id)}
    return [one for one in refused if one.id in used]


def in_order(cards: Sequence[ImporterCard], ids: Sequence[int]) -> Sequence[ImporterCard]:
    """One that was deleted meanwhile is left out."""
    by_id = {card.importer.id: card for card in cards}
    return [by_id[one] for one in ids if one in by_id]


def seen_of(text: str) -> dict[int, str]:
    """The importers a page shows, and the mark of what it shows of each: "7.1c291ca3,8.5f0b"."""
    return {int(key): mark for key, mark in _SEEN.findall(text)[:ON_A_PAGE]}


def mark_of(card: ImporterCard, holdups: Mapping[int, Holdup]) -> str:
    """Another one as soon as what the list shows of an importer is."""
    importer = card.importer
    # A heart that beats is not seen.
    run = replace(card.last_run, heartbeat_at=None) if card.last_run else None
    holdup = holdups.get(run.id) if run else None
    works = [one.works for one in (card.connection, card.writes_with) if one]
    state = (importer.paused, importer.starts_after_success, importer.changes)
    own = (importer.updated_at, importer.next_run_at, state)
    return f"{zlib.crc32(repr((own, run, works, holdup)).encode()):08x}"


def _has_trouble(glance: Glance, refused: Mapping[int, Connection]) -> bool:
    if glance.connection_id in refused or glance.destination_id in refused:
        return True
    return glance.status is Status.FAILED and not is_of_the_connection(glance.trouble)


def _counts(glances: Sequence[Glance], troubled: int) -> dict[str, int]:
    last = Counter(one.status.value for one in glances if one.status)
    return {"all": len(glances), "trouble": troubled, **last}
