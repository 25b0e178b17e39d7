"""Names to begin with. A proposal that was not typed over follows the entity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from importers.model import EntityInfo, Target
from importers.services.manage import ImporterCard
from web.editor.forms import EditorForm

FIRST_WORKBOOK = "Pipedrive"
_LONGEST_SHEET = 31


@dataclass(frozen=True, slots=True)
class Proposal:
    name: str
    sheet: str


def propose(entity: EntityInfo, place: str, cards: Sequence[ImporterCard]) -> Proposal:
    names = {card.importer.name.casefold() for card in cards}
    sheets = {target.sheet.casefold() for target in _targets(cards) if target.place.casefold() == place.casefold()}
    return Proposal(_free(f"{entity.label} to Excel", names), _free(entity.label, sheets, longest=_LONGEST_SHEET))


def adopt(form: EditorForm, proposal: Proposal) -> None:
    """Put *proposal* where nothing was typed, and remember it with the form."""
    for field, kept, proposed in (
        (form.name, form.proposed_name, proposal.name),
        (form.sheet, form.proposed_sheet, proposal.sheet),
    ):
        if not field.data or field.data == kept.data:
            field.data = proposed
        kept.data = proposed


def workbooks(cards: Sequence[ImporterCard]) -> list[str]:
    """The workbooks in use, the most used first."""
    return [place for place, _ in Counter(target.place for target in _targets(cards)).most_common()]


def _targets(cards: Sequence[ImporterCard]) -> list[Target]:
    return [card.importer.target for card in cards]


def _free(wanted: str, taken: set[str], longest: int = 120) -> str:
    """*wanted*, or "wanted (2)" and so on where that is taken."""
    name, number = wanted[:longest], 1
    while name.casefold() in taken:
        number += 1
        ending = f" ({number})"
        name = wanted[: longest - len(ending)] + ending
    return name
