"""
What a full reading lacks that was there before: removed, or only not chosen any more.

Without a choice (a filter, statuses, folders) whatever is missing was removed.
With one, the list is asked again as if nothing were chosen: by ids where it
takes them, else by looking through it. What belongs to a parent is chosen by
it, so it is the parents that are asked for: as long as one is listed, what is
missing below it was removed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import replace
from itertools import islice

from importers.interfaces import Stop
from importers.sources.pipedrive.asking import Plan
from importers.sources.pipedrive.client import Params, PipedriveClient
from importers.sources.pipedrive.entities import BY_NAME
from importers.sources.pipedrive.mirror import Key, Mirror, Record
from importers.sources.pipedrive.pages import List
from importers.sources.pipedrive.walks import ABREAST, Asked, Walker

_IDS = 100
"""As many as one may ask for at once."""


class Missing:
    """
    Judges what is missing from the reading of *plan*, in which the parents
    *listed* were found. `only_left` takes a mirror and the one before it, and
    tells which records that the first lacks are still at Pipedrive.
    """

    def __init__(self, plan: Plan, listed: Set[Key], client: PipedriveClient, stop: Stop) -> None:
        self._plan = plan
        self._listed = listed
        self._client = client
        self._stop = stop

    def only_left(self, mirror: Mirror, last: Mirror) -> Set[Key]:
        missing = dict(mirror.missing(last)) if _has_choice(self._plan) else {}
        if not missing:
            return frozenset()
        where = self._plan.where
        if where.per is None:
            return self._still_there([replace(where, parts=BY_NAME[self._plan.entity.name].where.parts)], missing)
        unlisted = {parent for parent in missing.values() if parent is not None and parent not in self._listed}
        there = self._still_there(_parents(self._plan), unlisted)
        if where.per.picks:
            # One record stands for its parent; by now that may be another one.
            there = there | self._listed
        return {key for key, parent in missing.items() if parent in there}

    def _still_there(self, lists: Iterable[List], wanted: Collection[Key]) -> Set[Key]:
        """Which of *wanted* these lists hold, whatever is chosen of them."""
        left, there = set(wanted), set[Key]()
        for where in lists:
            found = self._asked_for(where, left) if _takes_ids(where) else self._looked_for(where, left)
            for key in found:
                left.discard(key)
                there.add(key)
                if not left:
                    break
        return there

    def _asked_for(self, where: List, wanted: Collection[Key]) -> Iterator[Key]:
        numbers = iter(sorted(key for key in wanted if isinstance(key, int)))
        while ids := list(islice(numbers, _IDS)):
            self._stop()
            asked: Params = {"ids": ",".join(map(str, ids)), "limit": _IDS}
            answer = self._client.get(where.path, asked, version=where.version, cost=where.cost)
            yield from _ids_among(ids, answer.data or ())

    def _looked_for(self, where: List, wanted: Collection[Key]) -> Iterator[Key]:
        # What moves from a part not read yet to one that was is in neither; it does not do so twice.
        for _ in range(min(len(where.parts), 2)):
            if not wanted:
                return
            for page in Walker(self._client, stop=self._stop, abreast=ABREAST).pages(where, Asked()):
                self._stop()
                yield from _ids_among(wanted, page.records)


def _ids_among(wanted: Collection[Key], records: Iterable[Record]) -> list[Key]:
    ids = (record.get("id") for record in records)
    return [found for found in ids if isinstance(found, int | str) and found in wanted]


def _has_choice(plan: Plan) -> bool:
    """Whether a record can leave the table and still be there."""
    chosen, where, whole = plan.selection, plan.where, BY_NAME[plan.entity.name].where
    if chosen.filter_id is not None or chosen.statuses or where.parts != whole.parts:
        return True
    return where.per is not None and (bool(where.per.picks) or _parts_of_parents(where) != _parts_of_parents(whole))


def _parents(plan: Plan) -> list[List]:
    """The lists of a plan's parents, whole."""
    where = plan.where
    parts = _parts_of_parents(BY_NAME[plan.entity.name].where)
    return [replace(each, parts=parts, then=None) for each in where.per.parents.chain] if where.per else []


def _parts_of_parents(where: List) -> tuple[Mapping[str, str], ...]:
    return where.per.parents.parts if where.per else ()


def _takes_ids(where: List) -> bool:
    return where.version == "v2" and "updated_since" in where.windows
