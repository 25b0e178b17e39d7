"""One list with several requests under way: threads that read what `windows` plans."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

from importers.http.ahead import read_abreast
from importers.interfaces import Stop, Tell
from importers.sources.pipedrive.client import Params, PipedriveClient
from importers.sources.pipedrive.pages import List, VendorPage, walk
from importers.sources.pipedrive.windows import Seen, Walk, Windows, second_of, seen, text_of

_LOOK_UP_EVERY = 0.5
"""Seconds a thread without work waits for some before it asks whether to stop."""

_Begun = dict[Walk, Params | None]
"""Walks that wait for a thread, and where each goes on."""


class WindowedList:
    """
    A list that is sorted and bounded by update time, read by several walks at once.

    Records without an update time stand at one of its ends: whichever it is,
    they are read before there are windows. `began_at` is the newest update
    time there was by then; None where one walk gave everything.
    """

    def __init__(self, client: PipedriveClient, where: List, params: Params, *, abreast: int) -> None:
        self._client = client
        self._where = where
        self._params = params
        self._abreast = abreast
        self.began_at: str | None = None

    def pages(self) -> Iterator[VendorPage]:
        """In any order; every record that nobody changes meanwhile at least once."""
        lowest, after_lowest = yield from self._end(is_rising=True)
        if after_lowest is None:
            return
        highest, after_highest = yield from self._end(is_rising=False)
        if after_highest is not None:
            windows, rising, falling = Windows.between(lowest, highest, page_size=self._where.page_size)
            board = _Board(windows, {rising: after_lowest, falling: after_highest})
            yield from self._between(board)
        yield VendorPage([], is_last=True)

    def _end(self, *, is_rising: bool) -> Generator[VendorPage, None, tuple[Seen, Params | None]]:
        """The pages of one end, up to the first that tells a time; what it tells, and how to go on if that was not all."""
        for page in walk(self._client, self._where, self._asked(is_rising=is_rising)):
            there = _seen(page)
            if not is_rising and there.last is not None:
                self.began_at = _newest(page)
            yield page if is_rising else replace(page, is_last=False)
            if there.last is not None or page.is_last:
                break
        return there, page.after

    def _asked(self, *, is_rising: bool, since: int | None = None, until: int | None = None) -> Params:
        bounds = {"updated_since": since, "updated_until": until}
        return {
            **self._params,
            "sort_by": "update_time",
            "sort_direction": "asc" if is_rising else "desc",
            **{name: text_of(second) for name, second in bounds.items() if second is not None},
        }

    def _between(self, board: _Board) -> Iterator[VendorPage]:
        def work(tell: Tell, stop: Stop) -> Iterator[VendorPage]:
            client = self._client.heard_by(tell=tell, stop=stop)
            while (found := board.take(stop)) is not None:
                yield from self._follow(*found, client, board)

        return read_abreast(work, threads=self._abreast, tell=self._client.tell, stop=self._client.stop)

    def _follow(
        self, found: Walk, after: Params | None, client: PipedriveClient, board: _Board
    ) -> Iterator[VendorPage]:
        asked = self._asked(is_rising=found.is_rising, since=found.since, until=found.until)
        for page in walk(client, self._where, asked, after=after):
            goes_on = board.read(found, _seen(page), is_last=page.is_last)
            yield replace(page, is_last=False)
            if not goes_on:
                break


class _Board:
    """Where threads look for work and note what they read."""

    def __init__(self, windows: Windows, begun: _Begun) -> None:
        self._windows = windows
        self._begun = begun
        self._changed = threading.Condition()

    def take(self, stop: Stop) -> tuple[Walk, Params | None] | None:
        """Wait for a walk that nobody follows; None when everything is read."""
        while True:
            with self._changed:
                if self._windows.are_read:
                    return None
                found = self._next()
                if found is not None:
                    return found
                is_news = self._changed.wait(_LOOK_UP_EVERY)
            if not is_news:
                stop()

    def read(self, by: Walk, there: Seen, *, is_last: bool) -> bool:
        """Note a page; whether its walk should go on."""
        with self._changed:
            goes_on = self._windows.read(by, there, is_last=is_last)
            self._changed.notify_all()
            return goes_on

    def _next(self) -> tuple[Walk, Params | None] | None:
        if self._begun:
            return self._begun.popitem()
        fresh = self._windows.begin()
        return None if fresh is None else (fresh, None)


def _seen(page: VendorPage) -> Seen:
    return seen(record.get("update_time") for record in page.records)


def _newest(page: VendorPage) -> Any:
    times = (record.get("update_time") for record in page.records)
    return next(text for text in times if second_of(text) is not None)
