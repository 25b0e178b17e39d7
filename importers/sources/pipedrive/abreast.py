"""One list with several requests under way: threads that read what `windows` and `offsets` plan."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from importers.errors import ServiceTrouble
from importers.http.ahead import read_abreast
from importers.interfaces import Stop, Tell
from importers.sources.pipedrive.client import Params, PipedriveClient
from importers.sources.pipedrive.offsets import Offsets, RestlessListError, Sheet
from importers.sources.pipedrive.pages import List, VendorPage, first_position, page_at, walk
from importers.sources.pipedrive.seen import SeenIds
from importers.sources.pipedrive.windows import Seen, Walk, Windows, second_of, text_of

J = TypeVar("J", covariant=True)
T = TypeVar("T")
R = TypeVar("R")

_LOOK_UP_EVERY = 0.5
"""Seconds a thread without work waits for some before it asks whether to stop."""

_AHEAD = 2
"""Pages, for each thread, that may wait for one before them: a slow answer does not fill the memory."""


class Plan(Protocol[J]):
    """What threads do, one job each."""

    @property
    def are_read(self) -> bool:
        """Whether there will be no more to do."""

    def begin(self) -> J | None:
        """A job, or None for now."""


class Board(Generic[J]):
    """Where threads look for work and note what they did: a plan that is safe to share."""

    def __init__(self, plan: Plan[J]) -> None:
        self._plan = plan
        self._changed = threading.Condition()

    def jobs(self, stop: Stop) -> Iterator[J]:
        """Waits for each; ends when there will be no more."""
        while (found := self._take(stop)) is not None:
            yield found

    def note(self, do: Callable[[], T]) -> T:
        """Change the plan, and wake those who wait for it to change."""
        with self._changed:
            result = do()
            self._changed.notify_all()
        return result

    def wait_until(self, is_so: Callable[[], bool], stop: Stop) -> None:
        while not self._is(is_so):
            stop()

    def _take(self, stop: Stop) -> J | None:
        while True:
            with self._changed:
                if self._plan.are_read:
                    return None
                found = self._plan.begin()
                if found is not None:
                    return found
                is_news = self._changed.wait(_LOOK_UP_EVERY)
            if not is_news:
                stop()

    def _is(self, is_so: Callable[[], bool]) -> bool:
        with self._changed:
            return self._changed.wait_for(is_so, _LOOK_UP_EVERY)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Abreast:
    """A list, what is asked of it, and how many threads read it."""

    client: PipedriveClient
    where: List
    params: Params
    abreast: int

    def read(self, work: Callable[[PipedriveClient, Stop], Iterator[R]]) -> Iterator[R]:
        def produce(tell: Tell, stop: Stop) -> Iterator[R]:
            return work(self.client.heard_by(tell=tell, stop=stop), stop)

        return read_abreast(produce, threads=self.abreast, tell=self.client.tell, stop=self.client.stop)


class ContradictionError(ServiceTrouble):
    """A page that does not keep to the order or the bounds it was asked for: what it says about the rest is no use."""

    def __init__(self) -> None:
        super().__init__(
            "Pipedrive's answer is not in the order, or not of the time, that was asked for, so we stopped.",
            hint="Run it again in a few minutes; a proxy between this server and Pipedrive may be the cause.",
        )


class WindowedList:
    """
    A list that is sorted and bounded by update time, read by several walks at once.

    Records without an update time stand at one of its ends: whichever it is,
    they are read before there are windows. `began_at` is the newest update
    time there was by then; None where one walk gave everything. Where an
    answer contradicts what was asked, all is read again in the list's own order.
    """

    def __init__(self, client: PipedriveClient, where: List, params: Params, *, abreast: int) -> None:
        self._list = _Abreast(client=client, where=where, params=params, abreast=abreast)
        self.began_at: str | None = None

    def pages(self) -> Iterator[VendorPage]:
        """In any order; every record that nobody changes meanwhile at least once."""
        try:
            yield from self._in_windows()
        except ContradictionError:
            self._list.client.tell(
                "Pipedrive's answers were not in the order we asked for, so the list is read again, one page at a time."
            )
            yield from walk(self._list.client, self._list.where, self._list.params)

    def _in_windows(self) -> Iterator[VendorPage]:
        # The newest first: whatever happens after that answer is no older than what it tells.
        highest, after_highest = yield from self._end(is_rising=False)
        if after_highest is None:
            return
        lowest, after_lowest = yield from self._end(is_rising=True)
        if after_lowest is not None:
            # A list may give less at once than it was asked for.
            page_size = max(len(lowest.marks), len(highest.marks))
            windows, rising, falling = Windows.between(lowest, highest, page_size=page_size)
            yield from self._between(_Walks(windows, {rising: after_lowest, falling: after_highest}))
        yield VendorPage([], is_last=True)

    def _end(self, *, is_rising: bool) -> Generator[VendorPage, None, tuple[Seen, Params | None]]:
        """The pages of one end, up to the first that tells a time; what it tells, and how to go on if that was not all."""
        for page in walk(self._list.client, self._list.where, self._asked(is_rising=is_rising)):
            there = _seen(page)
            if not is_rising and not page.is_last and there.last is not None:
                self.began_at = _newest(page)
            if not page.is_last and there.contradicts(is_rising=is_rising):
                raise ContradictionError
            yield replace(page, is_last=False) if is_rising else page
            if page.after is None and not page.is_last:
                continue  # the walk says what is wrong with such an answer
            if there.last is not None or page.is_last:
                break
        return there, page.after

    def _asked(self, *, is_rising: bool, since: int | None = None, until: int | None = None) -> Params:
        bounds = {"updated_since": since, "updated_until": until}
        return {
            **self._list.params,
            "sort_by": "update_time",
            "sort_direction": "asc" if is_rising else "desc",
            **{name: text_of(second) for name, second in bounds.items() if second is not None},
        }

    def _between(self, walks: _Walks) -> Iterator[VendorPage]:
        board = Board(walks)

        def work(client: PipedriveClient, stop: Stop) -> Iterator[VendorPage]:
            for found, after in board.jobs(stop):
                asked = self._asked(is_rising=found.is_rising, since=found.since, until=found.until)
                for page in walk(client, self._list.where, asked, after=after):
                    goes_on = board.note(partial(walks.read, found, page))
                    yield replace(page, is_last=False)
                    if not goes_on:
                        break

        return self._list.read(work)


class _Walks:
    """A plan of walks: those that were begun go on, each at its place, before there are new ones."""

    def __init__(self, windows: Windows, begun: dict[Walk, Params]) -> None:
        self._windows = windows
        self._begun = [(found, after) for found, after in begun.items() if windows.goes_on(found)]

    @property
    def are_read(self) -> bool:
        return self._windows.are_read

    def begin(self) -> tuple[Walk, Params | None] | None:
        if self._begun:
            return self._begun.pop()
        fresh = self._windows.begin()
        return None if fresh is None else (fresh, None)

    def read(self, by: Walk, page: VendorPage) -> bool:
        """Whether the walk goes on."""
        there = _seen(page)
        if there.contradicts(is_rising=by.is_rising, since=by.since, until=by.until):
            raise ContradictionError
        self._windows.read(by, there, is_last=page.is_last)
        return self._windows.goes_on(by)


def _seen(page: VendorPage) -> Seen:
    marks = ((second_of(record.get("update_time")), record.get("id")) for record in page.records)
    return Seen(tuple((second, number) for second, number in marks if second is not None))


def _newest(page: VendorPage) -> Any:
    times = (record.get("update_time") for record in page.records)
    return next(text for text in times if second_of(text) is not None)


def offset_pages(client: PipedriveClient, where: List, params: Params, *, abreast: int) -> Iterator[VendorPage]:
    """
    A list by offsets, its pages side by side, in their order; each record once.

    Records that are there all the while are never missed, whatever is removed
    before them. Raises ServiceTrouble where the list never comes to rest.
    """
    seen = SeenIds()
    for page in _OffsetList(client=client, where=where, params=params, abreast=abreast).pages():
        records = [record for record in page.records if seen.is_new(record.get(where.key))]
        yield replace(page, records=records)


class _OffsetList(_Abreast):
    def pages(self) -> Iterator[VendorPage]:
        first = page_at(first_position(self.where), self.client, self.where, self.params)
        yield first
        if not first.is_last:
            plan = Offsets(int(first.leads_to["start"]), ahead=_AHEAD * self.abreast)
            self._note(plan, plan.first, first)
            yield from self._in_order(plan)
            yield VendorPage([], is_last=True)

    def _in_order(self, plan: Offsets) -> Iterator[VendorPage]:
        board = Board(plan)
        come: dict[Sheet, VendorPage] = {}
        ready: deque[Sheet] = deque()
        for sheet, page in self.read(partial(self._behind_first, plan, board)):
            come[sheet] = page
            ready += board.note(lambda: list(plan.in_order()))
            while ready and ready[0] in come:
                yield come.pop(ready.popleft())

    def _behind_first(
        self, plan: Offsets, board: Board[Sheet], client: PipedriveClient, stop: Stop
    ) -> Iterator[tuple[Sheet, VendorPage]]:
        for sheet in board.jobs(stop):
            position = {**first_position(self.where), "start": sheet.start}
            page = page_at(position, client, self.where, self.params)
            board.note(partial(self._note, plan, sheet, page))
            yield sheet, replace(page, is_last=False)

    def _note(self, plan: Offsets, sheet: Sheet, page: VendorPage) -> None:
        keys = (record.get(self.where.key) for record in page.records)
        more = bool(not page.is_last and page.leads_to)
        try:
            plan.read(sheet, filter(None, keys), more=more)
        except RestlessListError as error:
            raise ServiceTrouble(
                "Pipedrive's list changes faster than it can be read, or leads in a circle.",
                hint="Run it again; if it happens again, report it to Pipedrive.",
            ) from error


class Handed(Generic[T]):
    """A plan that one thread makes while others carry it out; what comes of it is told in the order it was made."""

    def __init__(self, *, room: int, ahead: int) -> None:
        """At most *room* jobs wait; at most *ahead* are carried out while the one before them is not."""
        self._waiting: deque[tuple[int, T]] = deque()
        self._room = room
        self._ahead = ahead
        self._made = self._told = 0
        self._is_complete = False
        self.board: Board[tuple[int, T]] = Board(self)

    @property
    def are_read(self) -> bool:
        return self._is_complete and not self._waiting

    def begin(self) -> tuple[int, T] | None:
        if self._waiting and self._waiting[0][0] < self._told + self._ahead:
            return self._waiting.popleft()
        return None

    def hand(self, job: T, stop: Stop) -> None:
        """Add one as soon as there is room."""
        self.board.wait_until(lambda: len(self._waiting) <= self._room, stop)
        self.board.note(partial(self._add, job))

    def wait(self, stop: Stop) -> None:
        """Until all that were handed over are carried out."""
        self.board.wait_until(lambda: self._told == self._made, stop)

    def complete(self) -> None:
        """There will be no more."""
        self.board.note(self._end)

    def in_order(self, results: Iterator[tuple[int, R]]) -> Iterator[R]:
        come: dict[int, R] = {}
        for number, result in results:
            come[number] = result
            while self._told in come:
                yield come.pop(self._told)
                self.board.note(self._tell)

    def _add(self, job: T) -> None:
        self._waiting.append((self._made, job))
        self._made += 1

    def _end(self) -> None:
        self._is_complete = True

    def _tell(self) -> None:
        self._told += 1
