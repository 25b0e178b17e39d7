"""Names to begin with. A proposal that was not typed over follows the entity and the kind of destination."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from importers.model import EXCEL, GOOGLE_SHEETS, EntityInfo, Target
from importers.services.manage import ImporterCard
from web.editor.answers import spreadsheet_from
from web.editor.forms import EditorForm

FIRST_WORKBOOK = "Pipedrive"
_LONGEST_SHEET = 31
_LONGEST_TAB = 100
_CALLED = {EXCEL: "Excel", GOOGLE_SHEETS: "Google Sheets"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """`names` are the importer's, for each kind of destination."""

    names: Mapping[str, str]
    sheet: str
    tab: str


def propose(entity: EntityInfo, form: EditorForm, cards: Sequence[ImporterCard]) -> Proposal:
    """A sheet that is free in the workbook of *form*, and a tab that is in its spreadsheet."""
    taken = {card.importer.name.casefold() for card in cards}
    names = {kind: _free(f"{entity.label} to {called}", taken) for kind, called in _CALLED.items()}
    workbook, (spreadsheet, _) = form.place.data or "", spreadsheet_from(form)
    return Proposal(
        names,
        _free(entity.label, _sheets_in(workbook, EXCEL, cards), longest=_LONGEST_SHEET),
        _free(entity.label, _sheets_in(spreadsheet, GOOGLE_SHEETS, cards), longest=_LONGEST_TAB),
    )


def adopt(form: EditorForm, proposal: Proposal) -> None:
    """Put *proposal* where nothing was typed, and remember it with the form."""
    form.names = proposal.names
    form.proposed_kind.data = form.kind.data
    for field, kept, proposed in (
        (form.name, form.proposed_name, proposal.names.get(form.kind.data or EXCEL, "")),
        (form.sheet, form.proposed_sheet, proposal.sheet),
        (form.tab, form.proposed_tab, proposal.tab),
    ):
        if not field.data or field.data == kept.data:
            field.data = proposed
        kept.data = proposed


def workbooks(cards: Sequence[ImporterCard]) -> list[str]:
    """The workbooks in use, the most used first."""
    return [place for place, _ in Counter(target.place for target in _targets(cards, EXCEL)).most_common()]


def first_target(cards: Sequence[ImporterCard]) -> Target:
    """Where the next importer goes: beside the newest one."""
    newest = max((card.importer for card in cards), key=lambda importer: importer.id, default=None)
    if newest and newest.target.kind == GOOGLE_SHEETS:
        there = newest.target
        return Target(GOOGLE_SHEETS, there.place, "", there.connection_id, there.place_name)
    return Target(EXCEL, first_workbook(cards), "")


def first_workbook(cards: Sequence[ImporterCard]) -> str:
    return next(iter(workbooks(cards)), FIRST_WORKBOOK)


def _sheets_in(place: str, kind: str, cards: Sequence[ImporterCard]) -> set[str]:
    there = _targets(cards, kind)
    return {target.sheet.casefold() for target in there if target.place.casefold() == place.casefold()}


def _targets(cards: Sequence[ImporterCard], kind: str) -> list[Target]:
    return [card.importer.target for card in cards if card.importer.target.kind == kind]


def _free(wanted: str, taken: set[str], longest: int = 120) -> str:
    """*wanted*, or "wanted (2)" and so on where that is taken."""
    name, number = wanted[:longest], 1
    while name.casefold() in taken:
        number += 1
        ending = f" ({number})"
        name = wanted[: longest - len(ending)] + ending
    return name
