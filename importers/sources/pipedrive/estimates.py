"""
What reading will cost, judged before it begins from how many records there
are. Pure; `sizes.py` asks. Where something is not known the estimate is a
range, and where it has no upper end, it says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from importers.errors import InvalidSettings
from importers.model import Cost, Estimate, Selection, Size
from importers.sources.pipedrive.chosen import as_chosen
from importers.sources.pipedrive.entities import (
    BY_NAME,
    ENTITIES,
    LABEL_LISTS,
    RELATIONS,
    SMALL_RELATIONS,
    Entity,
)
from importers.sources.pipedrive.pages import List
from importers.sources.pipedrive.recipes import Spec
from importers.sources.pipedrive.walks import LOOKS

_NEWEST: dict[str, str | int] = {"sort_by": "id", "sort_direction": "desc", "limit": 1}
BY_ID: dict[str, dict[str, str | int]] = {
    **dict.fromkeys(("/deals", "/deals/archived", "/persons", "/organizations", "/activities", "/products"), _NEWEST),
    "/notes": {"sort": "id DESC", "limit": 1},
}
"""The lists that can be asked for their highest id, and how."""

Sizes = Mapping[str, Size]
"""By the name of the entity."""

_NAME_OF = {entity.where.path: entity.name for entity in ENTITIES}
_FILTER_COST, _TOTAL_COST = 2, 40
_TOTAL_AFTER = 20
_BATCH = 100
_FEW = 30
"""As many boards, folders and the like as anybody will have."""


@dataclass(frozen=True, slots=True)
class Span:
    """From so many to so many; no upper end is None."""

    least: int
    most: int | None

    def __add__(self, other: Span) -> Span:
        most = None if self.most is None or other.most is None else self.most + other.most
        return Span(self.least + other.least, most)

    def times(self, least: int, most: int) -> Span:
        return Span(self.least * least, None if self.most is None else self.most * most)

    def in_groups_of(self, size: int) -> Span:
        return Span(math.ceil(self.least / size), None if self.most is None else math.ceil(self.most / size))

    def at_least(self, number: int) -> Span:
        return Span(max(self.least, number), None if self.most is None else max(self.most, number))

    def at_most(self, number: int | None) -> Span:
        if number is None:
            return self
        return Span(min(self.least, number), number if self.most is None else min(self.most, number))


@dataclass(frozen=True, slots=True)
class Asked:
    """So many requests at one price."""

    requests: Span
    cost: int


ONCE, PERHAPS = Span(1, 1), Span(0, 1)


def estimate(selection: Selection, sizes: Sizes) -> Estimate:
    """What *selection* will cost, where *sizes* is all that is known."""
    entity = BY_NAME.get(selection.entity)
    if entity is None:
        return Estimate(Cost(), None, f"Nobody knows what {selection.entity!r} would be.")
    try:
        entity, selection = as_chosen(entity, selection)
    except InvalidSettings as error:
        return Estimate(Cost(), None, error.message)  # a run says so, too; a page must go on
    specs = specs_of(entity, selection)
    rows, reading = _reading(entity, selection, sizes)
    asked = [*_before(entity, selection, specs), *reading, *_names(entity, selection, specs, rows, sizes)]
    least = _sum((one.requests.least, one.cost) for one in asked)
    bounded = [(one.requests.most, one.cost) for one in asked if one.requests.most is not None]
    most = _sum(bounded) if len(bounded) == len(asked) else None
    can_ask = can_be_asked(entity) and any(name_of(where) not in sizes for where in main_lists(entity))
    return Estimate(least, most, _why(entity, selection, sizes), can_ask)


def name_of(where: List) -> str:
    """The entity whose records a list holds, as `Sizes` names it."""
    return _NAME_OF.get(where.path, "")


def main_lists(entity: Entity) -> Sequence[List]:
    """Those on whose length the price depends most: of the records, or of what they are read from."""
    return entity.where.per.parents.chain if entity.where.per else (entity.where,)


def can_be_asked(entity: Entity) -> bool:
    """Whether Pipedrive tells for a few tokens how long these are."""
    return all(where.path in BY_ID for where in main_lists(entity))


def specs_of(entity: Entity, selection: Selection) -> list[Spec]:
    """The chosen columns among those every account has."""
    if selection.columns is None:
        return [spec for spec in entity.columns if spec.column.usual]
    wanted = {name.casefold() for name in selection.columns}
    return [spec for spec in entity.columns if {spec.column.key.casefold(), spec.column.header.casefold()} & wanted]


def _sum(parts: Iterable[tuple[int, int]]) -> Cost:
    total = Cost()
    for requests, cost in parts:
        total += Cost(requests, requests * cost)
    return total


def _before(entity: Entity, selection: Selection, specs: Iterable[Spec]) -> Iterator[Asked]:
    """What is asked for before the records: the filter, the fields and the lists of labels."""
    if selection.filter_id is not None:
        yield Asked(ONCE, _FILTER_COST)
    labels = {spec.labels for spec in specs if spec.labels}
    if entity.fields and (entity.custom or labels - LABEL_LISTS.keys()):
        yield Asked(ONCE, entity.fields.cost)
    for name in labels & LABEL_LISTS.keys():
        yield Asked(ONCE, LABEL_LISTS[name][0].cost)


def _reading(entity: Entity, selection: Selection, sizes: Sizes) -> tuple[Span, list[Asked]]:
    """How many rows there will be, and the requests that read them."""
    where = entity.where
    if where.per is None:
        rows = _records(where, selection, sizes)
        return rows, [Asked(_pages(where, rows, selection), where.cost), *_total(entity, selection, rows)]
    listing = [(each, _records(each, _of_parents(selection), sizes)) for each in where.per.parents.chain]
    pages = [_pages(each, parents, _of_parents(selection)) for each, parents in listing]
    known = sizes.get(entity.name)
    rows = Span(0, None) if known is None else Span(0, max(known.records, 1))
    groups = sum((parents for _, parents in listing), Span(0, 0)).in_groups_of(where.per.batch)
    if selection.limit is not None:
        groups, pages = Span(0, groups.most), [Span(min(each.least, 1), each.most) for each in pages]
    elif where.per.keeps:
        pages = [each.times(2, LOOKS) for each in pages]
    asked = [Asked(each, listed.cost) for each, (listed, _) in zip(pages, listing, strict=True)]
    total = _total_of_parents(where.per.parents, selection, pages[0])
    details = _details(where, groups, rows, selection)
    return rows.at_most(selection.limit), [*asked, Asked(groups, where.cost), *total, *details]


def _details(where: List, groups: Span, rows: Span, selection: Selection) -> Iterator[Asked]:
    """A request for each row, at most; with a limit the last parent may have had more."""
    if where.detail and where.per:
        one_each = groups if where.per.picks else rows
        yield Asked(Span(0, None if selection.limit is not None else one_each.most), where.detail.cost)


def _of_parents(selection: Selection) -> Selection:
    """The same without a limit, which is one of rows and not of their parents."""
    return Selection(selection.entity, filter_id=selection.filter_id, statuses=selection.statuses)


def _records(where: List, selection: Selection, sizes: Sizes) -> Span:
    known = sizes.get(name_of(where))
    if known is None or (known.is_exact and "deleted" in selection.statuses):
        return Span(0, _FEW if where.paging == "none" else None).at_most(selection.limit)
    picks = selection.filter_id is not None or bool(selection.statuses)
    least = known.records if known.is_exact and not picks else 0
    return Span(least, known.records).at_most(selection.limit)


def _pages(where: List, rows: Span, selection: Selection) -> Span:
    """The requests for a list of so many records, parts and smaller pages considered."""
    parts = len(where.parts)
    if where.paging == "none":
        return Span(parts, parts)
    if selection.filter_id is not None and selection.statuses:
        # Statuses are then picked out of what the filter gives: a limit does not bound what is read.
        return Span(parts, None if selection.limit is not None else rows.in_groups_of(where.page_size).most)
    size = where.page_size if selection.limit is None else min(where.page_size, selection.limit)
    pages = rows.in_groups_of(size).at_least(parts)
    return Span(pages.least, None if pages.most is None else pages.most + parts - 1)


def _total(entity: Entity, selection: Selection, rows: Span) -> Iterator[Asked]:
    """Long lists of deals are worth asking how many there are."""
    pages = rows.in_groups_of(entity.where.page_size)
    if entity.name == "deals" and selection.filter_id is None and len(selection.statuses) <= 1:
        is_long = pages.least > _TOTAL_AFTER
        may_be = pages.most is None or pages.most > _TOTAL_AFTER
        yield Asked(Span(int(is_long), int(may_be)), _TOTAL_COST)


def _total_of_parents(parents: List, selection: Selection, pages: Span) -> Iterator[Asked]:
    can_be_counted = parents.path == "/deals" and parents.then is None
    if can_be_counted and selection.filter_id is None and selection.limit is None:
        yield Asked(Span(int(pages.least > 1), int(pages.most is None or pages.most > 1)), _TOTAL_COST)


def _names(entity: Entity, selection: Selection, specs: Iterable[Spec], rows: Span, sizes: Sizes) -> Iterator[Asked]:
    """The names of related records. Custom fields may hold some, too."""
    chosen = {spec.relation for spec in specs if spec.relation}
    takes_custom = bool(entity.custom) and (selection.columns is None or _has_others(entity, selection))
    for relation in sorted(chosen | ({"users", "persons", "organizations"} if takes_custom else set())):
        where = RELATIONS[relation]
        if relation in SMALL_RELATIONS:
            yield from _small_names(where)
        else:
            yield Asked(_many_names(where, rows, sizes), where.cost)


def _has_others(entity: Entity, selection: Selection) -> bool:
    known = {name.casefold() for spec in entity.columns for name in (spec.column.key, spec.column.header)}
    return any(name.casefold() not in known for name in selection.columns or ())


def _small_names(where: List) -> Iterator[Asked]:
    if where.per is None:
        yield Asked(PERHAPS, where.cost)
    else:
        yield Asked(PERHAPS, where.per.parents.cost)
        yield Asked(Span(0, _FEW), where.cost)


def _many_names(where: List, rows: Span, sizes: Sizes) -> Span:
    """Batches of a hundred, or, as soon as that is no dearer, the whole list: see `names.py`."""
    batches = None if rows.most is None else math.ceil(rows.most / _BATCH)
    known = sizes.get(name_of(where))
    whole = None if known is None else math.ceil(1.5 * math.ceil(known.records / where.page_size)) + 5
    bounds = [bound for bound in (batches, whole) if bound is not None]
    return Span(0, min(bounds) if bounds else None)


def _why(entity: Entity, selection: Selection, sizes: Sizes) -> str:
    where = entity.where.per.parents if entity.where.per else entity.where
    if where.paging == "none" and not entity.where.per:
        parts = len(where.parts)
        return "One request gives all of them." if parts == 1 else f"{parts} requests give all of them."
    known = sizes.get(name_of(where))
    reasons = [known.why if known else _unknown(entity)]
    if entity.where.per and known:
        reasons.append(f"One request for {_each(entity)}.")
    if entity.where.detail:
        reasons.append(f"And {entity.where.detail.cost} tokens for the text of each message.")
    if known and (selection.filter_id is not None or selection.statuses):
        reasons.append("The filter picks some of them, so it may be less.")
    return " ".join(filter(None, reasons))


def _unknown(entity: Entity) -> str:
    where = entity.where
    price = (
        f"{where.cost} tokens for {_each(entity)}" if where.per else f"{where.cost} tokens for every {where.page_size}"
    )
    if can_be_asked(entity):
        return f"Nobody knows before the first run how many there are: {price}."
    return f"Pipedrive does not tell how many there are until they are read: {price}."


def _each(entity: Entity) -> str:
    per = entity.where.per
    if per is None:
        return ""
    return f"each {per.one}" if per.batch == 1 else f"every {per.batch} {per.one}s"
