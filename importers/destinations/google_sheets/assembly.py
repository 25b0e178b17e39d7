"""A table with more scattered changes than one batch can name is put together in a hidden tab first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from importers.destinations.google_sheets import layout
from importers.destinations.google_sheets.a1 import Box
from importers.destinations.google_sheets.client import SheetsClient
from importers.destinations.google_sheets.cutover import Json, Plan, copied, emptied
from importers.destinations.google_sheets.staging import Staging


def parts_of(plan: Plan) -> int:
    """About how many requests show the rows."""
    pieces = sum(1 for _ in layout.runs(plan.positions)) + len(layout.spans(plan.blanks))
    return pieces * len(layout.groups([plan.at[column.key] for column in plan.columns]))


def assembled(client: SheetsClient, spreadsheet: str, plan: Plan, image: Staging, *, batch: int) -> Plan:
    """
    The same plan, with all of its rows in the tab *image*: the rows that are
    there, and over them those of the plan's own staging tab. Nobody sees any of
    it. What the cut-over has to do is then the same for any number of changes.
    """
    rows = max(plan.length, plan.place.rows)
    image.open(max(1, rows), len(plan.columns))
    steps = _steps(plan, image.sheet_id)
    while requests := list(islice(steps, batch)):
        client.batch_update(spreadsheet, requests, repeatable=True)
    return replace(
        plan,
        stage=image.sheet_id,
        positions=range(plan.length),
        blanks=range(plan.length, plan.place.rows),
        guards=(*plan.guards, image.sheet_id),
    )


def _steps(plan: Plan, image: int) -> Iterator[Json]:
    places = [plan.place.at.get(column.key) for column in plan.columns]
    for index, at in enumerate(places):
        if at is not None and plan.place.rows and plan.place.tab is not None:
            top = plan.top - plan.place.is_mended
            there = Box(top, at, top + plan.place.rows, at + 1)
            yield copied(plan.place.tab.id, there, image, Box(0, index, plan.place.rows, index + 1))
    width = len(plan.columns)
    for run in layout.runs(plan.positions):
        source = Box(run.first, 0, run.first + run.count, width)
        yield copied(plan.stage or 0, source, image, Box(run.at, 0, run.at + run.count, width))
    for first, last in layout.spans(plan.blanks):
        yield emptied(image, Box(first, 0, last, width))
