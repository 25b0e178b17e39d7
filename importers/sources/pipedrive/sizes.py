"""
How many records there are, by the cheapest question Pipedrive answers.

Its lists do not say how long they are. Where one can be sorted by id, its
highest id is one request, and never less than the number of records; deals
can be counted, at four times the price, which is paid where it is little
beside what it is about.
"""

from __future__ import annotations

from collections.abc import Iterator

from importers.errors import AccessDenied, NotThere
from importers.model import Selection, Size
from importers.sources.pipedrive.chosen import as_chosen
from importers.sources.pipedrive.client import PipedriveClient
from importers.sources.pipedrive.entities import BY_NAME, RELATIONS, SMALL_RELATIONS, Entity
from importers.sources.pipedrive.estimates import BY_ID, Sizes, main_lists, name_of, specs_of
from importers.sources.pipedrive.pages import List
from importers.sources.pipedrive.totals import deals_in

_WORTH_COUNTING = 400
"""Tokens: ten times what counting deals costs."""


def sizes_for(selection: Selection, client: PipedriveClient) -> Sizes:
    """
    What an estimate for *selection* needs to know, where it can be found out
    for a few tokens. A list this user may not see is left out.
    """
    entity, selection = as_chosen(BY_NAME[selection.entity], selection)
    found = {}
    for where in _lists(entity, selection):
        size = _highest(where, client)
        if where.path == "/deals" and size and _price(entity, size) > _WORTH_COUNTING:
            size = _counted(client) or size
        if size:
            found[name_of(where)] = size
    return found


def _lists(entity: Entity, selection: Selection) -> Iterator[List]:
    relations = {spec.relation for spec in specs_of(entity, selection) if spec.relation} - SMALL_RELATIONS
    lists = {where.path: where for where in (*main_lists(entity), *(RELATIONS[name] for name in sorted(relations)))}
    yield from (where for path, where in lists.items() if path in BY_ID)


def _price(entity: Entity, size: Size) -> int:
    where = entity.where
    return -(-size.records // (where.per.batch if where.per else where.page_size)) * where.cost


def _highest(where: List, client: PipedriveClient) -> Size | None:
    try:
        records = client.get(where.path, BY_ID[where.path], version=where.version, cost=where.cost).data
    except (AccessDenied, NotThere):
        return None
    newest = records[0] if isinstance(records, list) and records else {}
    highest = newest.get("id", 0) if isinstance(newest, dict) else None
    return _at_most(where, highest) if isinstance(highest, int) else None


def _at_most(where: List, highest: int) -> Size:
    label = BY_NAME[name_of(where)].label.lower()
    return Size(
        highest, is_exact=False, why=f"There are at most {highest:,} {label}: Pipedrive numbers them from 1 on."
    )


def _counted(client: PipedriveClient) -> Size | None:
    total = deals_in(Selection("deals"), client)
    return None if total is None else Size(total, why=f"Pipedrive counts {total:,} deals.")
