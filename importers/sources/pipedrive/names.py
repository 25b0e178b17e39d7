"""
Names of related records, without a request per row.

Users, stages and pipelines are read whole the first time one is needed.
Persons, organizations and deals may be many, so they are asked for by need,
in batches of 100 ids. Both ways of asking cost the same per request, and a
page of the whole list holds 500: as soon as reading on in the list (which is
sorted by id) up to the highest id needed is no dearer than the batches,
counting those already sent, we read on instead. While more rows will follow,
as many batches again are expected. Only ids and names are kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from importers.errors import AccessDenied, NotThere
from importers.sources.pipedrive.answers import Named
from importers.sources.pipedrive.client import Params, PipedriveClient
from importers.sources.pipedrive.pages import List, first_position, next_position
from importers.sources.pipedrive.walks import Asked, Walker

_BATCH = 100


class SmallNames:
    """Names of records that are few: one list, read when first needed."""

    def __init__(self, where: List) -> None:
        self._where = where
        self._names: dict[int, str] | None = None

    def learn(self, ids: set[int], client: PipedriveClient, *, is_last: bool) -> None:
        if self._names is not None or not ids:
            return
        records = (record for page in Walker(client).pages(self._where, Asked()) for record in page.records)
        self._names = {
            record["id"]: str(record["name"])
            for record in records
            if record.get("name") and isinstance(record.get("id"), int)
        }

    def get(self, record_id: int) -> str | None:
        return self._names.get(record_id) if self._names else None


class ManyNames:
    """Names of records that may be many: by batches of ids, or by reading on in the whole list."""

    def __init__(self, where: List) -> None:
        self._where = where
        self._names: dict[int, str | None] = {}
        self._known_up_to: float = 0
        self._position: Params = first_position(where)
        self._batches_sent = 0

    def learn(self, ids: set[int], client: PipedriveClient, *, is_last: bool) -> None:
        missing = sorted(
            record_id for record_id in ids if record_id > self._known_up_to and record_id not in self._names
        )
        if not missing:
            return
        batches = self._batches_sent + math.ceil(len(missing) / _BATCH)
        pages = math.ceil((missing[-1] - self._known_up_to) / self._where.page_size)
        if pages <= (batches if is_last else 2 * batches):
            self._read_on(missing[-1], client)
        else:
            self._ask_for(missing, client)

    def get(self, record_id: int) -> str | None:
        return self._names.get(record_id)

    def _ask_for(self, ids: list[int], client: PipedriveClient) -> None:
        # Ids that are not answered belong to records that were deleted or are
        # hidden from this user: asking again would not help.
        self._names.update(dict.fromkeys(ids))
        for start in range(0, len(ids), _BATCH):
            batch = ",".join(map(str, ids[start : start + _BATCH]))
            self._batches_sent += 1
            params: Params = {"ids": batch, "limit": _BATCH}
            self._keep(
                client.get_names(self._where.path, params, version=self._where.version, cost=self._where.cost).data
            )

    def _read_on(self, up_to: int, client: PipedriveClient) -> None:
        self._batches_sent = 0
        while self._known_up_to < up_to:
            answer = client.get_names(
                self._where.path, self._position, version=self._where.version, cost=self._where.cost
            )
            last = self._keep(answer.data)
            after = next_position(self._where, answer, self._position)
            if after is None or last <= self._known_up_to:
                self._known_up_to = math.inf
                return
            self._position, self._known_up_to = after, last

    def _keep(self, found: Iterable[Named] | None) -> int:
        last = 0
        for record in found or ():
            if isinstance(record.id, int):
                self._names[record.id] = str(record.name or record.title or "") or None
                last = max(last, record.id)
        return last


class Directory:
    """The names of several relations. A relation this user may not read has no names, which is noted once."""

    def __init__(self, relations: Iterable[str], lists: dict[str, List], small: frozenset[str]) -> None:
        self.names = {name: SmallNames(lists[name]) if name in small else ManyNames(lists[name]) for name in relations}
        self.notes: list[str] = []
        self._closed: set[str] = set()

    def learn(self, relation: str, ids: set[int], client: PipedriveClient, *, is_last: bool) -> None:
        """Make the names of *ids* known; *is_last* says that no more ids will come."""
        if relation in self._closed:
            return
        try:
            self.names[relation].learn(ids, client, is_last=is_last)
        except (AccessDenied, NotThere) as error:
            self._closed.add(relation)
            self.notes.append(f"The names of {relation} are missing: {error.message}")
