"""
Names of related records, without a request per row.

Users, stages and pipelines are read whole the first time one is needed.
Persons, organizations and deals may be many, so they are asked for by need,
in batches of 100 ids. Both ways of asking cost the same per request, and a
page of the whole list holds 500: as soon as reading on in the list (which is
sorted by id) up to the highest id needed is no dearer than the batches,
counting those already sent, we read on instead. While more rows will follow,
as many batches again are expected. Only ids and names are kept.

Where all ids are known beforehand, nothing needs to be expected: `learn_all`
asks for each relation as it costs least, with many requests under way. And
where names are remembered from the last run, only what changed is asked for;
that a record was removed is then not noticed, and its name stays.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

from importers.errors import AccessDenied, ImporterError, NotThere
from importers.http.ahead import read_abreast
from importers.interfaces import Stop, Tell
from importers.sources.pipedrive.answers import Named
from importers.sources.pipedrive.changes import asked_since, latest
from importers.sources.pipedrive.client import Params, PipedriveClient
from importers.sources.pipedrive.mirror import as_moment, moment_of
from importers.sources.pipedrive.pages import List, VendorPage, first_position, next_position, walk
from importers.sources.pipedrive.walks import Asked, Walker

T = TypeVar("T")

_BATCH = 100

_Job = tuple[str, Callable[[PipedriveClient], None]]
"""What to ask for, and of which relation it is."""


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
        missing = self._missing(ids)
        if not missing:
            return
        batches = self._batches_sent + len(_batches(missing))
        pages = math.ceil((missing[-1] - self._known_up_to) / self._where.page_size)
        if pages <= (batches if is_last else 2 * batches):
            self._read_on(missing[-1], client)
        else:
            self._ask_for(missing, client)

    def get(self, record_id: int) -> str | None:
        return self._names.get(record_id)

    def learn_all(self, ids: set[int], client: PipedriveClient, *, abreast: int) -> list[list[int]]:
        """Read the whole list where that takes no more requests than batches; which batches are left to ask for."""
        missing = self._missing(ids)
        if missing and math.ceil(missing[-1] / self._where.page_size) <= len(_batches(missing)):
            self._read_whole(ids, client, abreast=abreast, most=2 * len(_batches(missing)))
        return _batches(self._missing(ids))

    def recall(self, names: Mapping[int, str], since: str, client: PipedriveClient) -> str | None:
        """
        Start from *names* as they were at *since*, and from what changed after;
        the moment as of which they are right now. None where so much changed
        that it costs less to ask afresh, or *since* has not come yet.
        """
        until = latest(client.clock.now())
        if since > until:
            return None
        pages = Walker(client, stop=client.stop).pages(
            self._only_names, Asked(own={"updated_since": asked_since(since)})
        )
        first = next(pages)
        self._names.update(names)
        self._keep_page(first)
        if not first.is_last and not self._keep_pages(pages, 1 + len(names) // self._where.page_size):
            self._names.clear()
            return None
        moments = map(moment_of, first.records)
        return max((moment for moment in moments if moment <= until), default="")

    @property
    def can_recall(self) -> bool:
        return "updated_since" in self._where.windows

    @property
    def known(self) -> dict[int, str]:
        return {record_id: name for record_id, name in self._names.items() if name}

    def ask_for(self, batch: list[int], client: PipedriveClient) -> None:
        """Ids that are not answered belong to records that are gone, or hidden: asking again would not help."""
        where = replace(self._only_names, page_size=_BATCH, may_be_silent=True)
        found = [*walk(client, where, {"ids": ",".join(map(str, batch))})]
        self._names.update(dict.fromkeys(batch))
        for page in found:
            self._keep_page(page)

    def _missing(self, ids: set[int]) -> list[int]:
        return sorted(record_id for record_id in ids if record_id > self._known_up_to and record_id not in self._names)

    def _read_whole(self, ids: set[int], client: PipedriveClient, *, abreast: int, most: int) -> None:
        """Give up after *most* pages: the list is much longer than the ids let expect."""
        walker = Walker(client, stop=client.stop, abreast=abreast)
        until = latest(client.clock.now())
        if not self._keep_pages(walker.pages(self._only_names, Asked()), most):
            return
        if walker.began_at and self._missing(ids):
            # What changed while the list was read may have been missed.
            asked = Asked(own={"updated_since": asked_since(min(as_moment(walker.began_at), until))})
            self._keep_pages(Walker(client, stop=client.stop).pages(self._only_names, asked), most)
        self._known_up_to = math.inf

    @property
    def _only_names(self) -> List:
        return replace(self._where, only_names=True)

    def _keep_pages(self, pages: Iterator[VendorPage], most: int) -> bool:
        """Whether these were all."""
        for number, page in enumerate(pages, start=1):
            self._keep_page(page)
            if number >= most and not page.is_last:
                return False
        return True

    def _keep_page(self, page: VendorPage) -> None:
        self._keep(Named(record.get("id"), record.get("name"), record.get("title")) for record in page.records)

    def _ask_for(self, ids: list[int], client: PipedriveClient) -> None:
        for batch in _batches(ids):
            self._batches_sent += 1
            self.ask_for(batch, client)

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


def _batches(ids: list[int]) -> list[list[int]]:
    return [ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH)]


class Directory:
    """The names of several relations. A relation this user may not read has no names, which is noted once."""

    def __init__(self, relations: Iterable[str], lists: dict[str, List], small: frozenset[str]) -> None:
        self.names = {name: SmallNames(lists[name]) if name in small else ManyNames(lists[name]) for name in relations}
        self.notes: list[str] = []
        self._closed: set[str] = set()
        self._closing = threading.Lock()

    def learn(self, relation: str, ids: set[int], client: PipedriveClient, *, is_last: bool) -> None:
        """Make the names of *ids* known; *is_last* says that no more ids will come."""
        self._unless_closed(relation, lambda: self.names[relation].learn(ids, client, is_last=is_last))

    def learn_all(self, needed: Mapping[str, set[int]], client: PipedriveClient, *, abreast: int) -> None:
        """Make all these names known, by relation; no other ids will come."""
        jobs: deque[_Job] = deque()
        for relation, ids in needed.items():
            jobs += self._unless_closed(relation, partial(self._jobs, relation, ids, client, abreast)) or ()

        def work(tell: Tell, stop: Stop) -> Iterator[None]:
            heard = client.heard_by(tell=tell, stop=stop)
            with suppress(IndexError):
                while True:
                    relation, ask = jobs.popleft()
                    self._unless_closed(relation, partial(ask, heard))
                    yield

        threads = min(abreast, len(jobs))
        for _ in read_abreast(work, threads=threads, tell=client.tell, stop=client.stop) if threads else ():
            pass
        self.notes.sort()

    def recall(self, relation: str, names: Mapping[int, str], since: str, client: PipedriveClient) -> str | None:
        """As `ManyNames.recall`; None, too, where there is nothing to be recalled."""
        known = self.names[relation]
        if not isinstance(known, ManyNames) or not names or not since:
            return None
        return self._unless_closed(relation, lambda: known.recall(names, since, client))

    @property
    def worth_remembering(self) -> dict[str, dict[int, str]]:
        """The names that the next run can start from, by relation."""
        many = {relation: names for relation, names in self.names.items() if isinstance(names, ManyNames)}
        return {relation: names.known for relation, names in many.items() if names.can_recall}

    def _jobs(self, relation: str, ids: set[int], client: PipedriveClient, abreast: int) -> list[_Job]:
        """What is left to ask for, a request each, after the whole list was read if that pays."""
        names = self.names[relation]
        if isinstance(names, SmallNames):
            return [(relation, partial(names.learn, ids, is_last=True))]
        batches = names.learn_all(ids, client, abreast=abreast)
        return [(relation, partial(names.ask_for, batch)) for batch in batches]

    def _unless_closed(self, relation: str, do: Callable[[], T]) -> T | None:
        """What is refused once is not asked for again."""
        if relation in self._closed:
            return None
        try:
            return do()
        except (AccessDenied, NotThere) as error:
            self._close(relation, error)
            return None

    def _close(self, relation: str, error: ImporterError) -> None:
        with self._closing:
            if relation not in self._closed:
                self._closed.add(relation)
                self.notes.append(f"The names of {relation} are missing: {error.message}")
