"""What must hold of every table: at any moment, and once nothing changes any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from importers.model import Mode, Vanished
from tests.chaos.company import Company
from tests.chaos.importers import Made
from tests.chaos.visitor import Row, Sheet, Visitor

_SHOWN = 5
_GONE = 1_000_000
"""More versions than any record has: what is gone does not come back."""


def at_any_moment(one: Made, sheet: Sheet | None, company: Company) -> list[str]:
    """
    A table is one that some run could have seen: no record twice, none as it
    never was, none missing that was there all the time.
    """
    if sheet is None:
        return [f"{one.plot.name}: the table is not there"]
    return [problem for rows in blocks(one, sheet) for problem in _of_one_run(one, rows, company)]


def blocks(one: Made, sheet: Sheet) -> list[tuple[Row, ...]]:
    """What was written at once: the whole table, or for what is appended the rows with the same moment."""
    if one.plot.mode is not Mode.APPEND:
        return [sheet.rows]
    return [tuple(rows) for _, rows in groupby(sheet.rows, key=lambda row: row.more)]


class Progress:
    """
    What was seen of each table. A table never goes back: each run reads after the one before was over, and one that was
    taken from a frozen worker is no longer that worker's to write.
    """

    def __init__(self, company: Company) -> None:
        self._company = company
        self._seen: dict[str, dict[int, int]] = {}

    def goes_back(self, one: Made, sheet: Sheet) -> list[str]:
        """Records that show an older version than they did, or are there again after they had gone."""
        if one.plot.mode is Mode.APPEND:
            return []
        kind = one.plot.kind
        ages = {row.id: self._company.age(kind, row.id, row.version) or 0 for row in sheet.rows}
        seen = self._seen.get(one.plot.name, {})
        older = [number for number, age in ages.items() if age < seen.get(number, 0)]
        gone = dict.fromkeys(seen.keys() - ages.keys(), _GONE)
        self._seen[one.plot.name] = {**seen, **ages, **gone}
        return [f"{one.plot.name}: went back to how it was before: {_some(older)}"] if older else []


def in_the_end(one: Made, visitor: Visitor, company: Company) -> list[str]:
    """The table is what the source is now, and what was removed is where its owner wants it."""
    sheet = visitor.sheet(one)
    problems = at_any_moment(one, sheet, company)
    if sheet is not None:
        problems += _equal(one, blocks(one, sheet)[-1], company)
    if one.plot.vanished is Vanished.MOVE:
        problems += _moved(one, visitor, company)
    return problems


def _of_one_run(one: Made, rows: tuple[Row, ...], company: Company) -> Iterator[str]:
    kind, sheet = one.plot.kind, Sheet((), rows)
    if sheet.doubled:
        yield f"{one.plot.name}: twice {_some(sheet.doubled)}"
    never = [row for row in rows if company.age(kind, row.id, row.version) is None]
    if never:
        yield f"{one.plot.name}: never was {_some(never)}"
    missing = company.always_there(kind) - sheet.versions.keys()
    if missing:
        yield f"{one.plot.name}: missing {_some(missing)} of {len(company.always_there(kind))}"


def _equal(one: Made, rows: tuple[Row, ...], company: Company) -> Iterator[str]:
    now, shown = company.now[one.plot.kind], Sheet((), rows).versions
    if lost := now.keys() - shown.keys():
        yield f"{one.plot.name}: lost {_some(lost)}"
    wrong = [number for number, version in now.items() if number in shown and shown[number] != version]
    if wrong:
        yield f"{one.plot.name}: not as they are now: {_some((shown[number], now[number]) for number in wrong)}"
    more = shown.keys() - now.keys()
    if more and not one.plot.keeps:
        yield f"{one.plot.name}: there are no (more) {_some(more)}"
    if one.plot.keeps:
        yield from _kept(one, rows, company)


def _kept(one: Made, rows: tuple[Row, ...], company: Company) -> Iterator[str]:
    gone, first = company.gone(one.plot.kind), company.first[one.plot.kind]
    if lost := (gone & first) - {row.id for row in rows}:
        yield f"{one.plot.name}: removed records are lost: {_some(lost)}"
    if one.plot.vanished is Vanished.MARK:
        marked = {row.id for row in rows if any(row.more)}
        if marked != {row.id for row in rows} & gone:
            yield f"{one.plot.name}: marked as removed {_some(marked)}, removed are {_some(gone)}"


def _moved(one: Made, visitor: Visitor, company: Company) -> Iterator[str]:
    gone, first = company.gone(one.plot.kind), company.first[one.plot.kind]
    second = visitor.sheet(one, removed=True)
    rows = second.rows if second else ()
    ids = {row.id for row in rows}
    if second and second.doubled:
        yield f"{one.plot.name}: twice among the removed {_some(second.doubled)}"
    if lost := (gone & first) - ids:
        yield f"{one.plot.name}: removed records were not moved: {_some(lost)}"
    if wrong := ids - gone:
        yield f"{one.plot.name}: among the removed, but there: {_some(wrong)}"


def _some(those: Iterable[object]) -> str:
    listed = list(those)
    shown = ", ".join(map(str, listed[:_SHOWN]))
    return f"{shown} … ({len(listed)})" if len(listed) > _SHOWN else shown
