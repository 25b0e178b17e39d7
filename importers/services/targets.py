"""Where an importer writes: what of it is kept, and whom it must not get in the way of."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace

from importers.errors import InvalidSettings
from importers.model import EXCEL, Draft, Importer, Mode, Selection, Target, Vanished
from importers.services.kinds import Kinds

USUAL_KEY = "id"
"""The column that tells rows apart where the owner named none."""


def aimed(target: Target, before: Target | None, kinds: Kinds) -> Target:
    """
    *target* with the name its table has in the place, which is a new one for
    every other place; what only other kinds ask is left out.

    Raises InvalidSettings for a mode that the kind does not know.
    """
    if target.kind == EXCEL:
        _check_workbook(target)
        return Target(EXCEL, target.place, target.sheet)
    if before is not None and before.table and kinds.is_same_place(before, target):
        return replace(target, table=before.table, place_name=target.place_name or before.place_name)
    return replace(target, table=secrets.token_hex(6))


def check_key(target: Target, chosen: Sequence[str], label: str) -> None:
    """*chosen* are the keys of the columns, *label* what the key column is called. Raises InvalidSettings."""
    if target.mode is Mode.UPDATE and target.key not in chosen:
        raise InvalidSettings(
            f"Rows cannot be told apart: the column {label} is not among those chosen.",
            hint="Choose it as well, or another column whose value every record has for itself alone.",
            field="key",
        )


def places(kinds: Kinds, target: Target, selection: Selection) -> list[Target]:
    """The tables of an importer."""
    return [target, kinds.beside(target)] if selection.vanished is Vanished.MOVE else [target]


def check_apart(kinds: Kinds, draft: Draft, others: Iterable[Importer]) -> None:
    """No place may be two importers', nor the one that either keeps for removed rows. Raises InvalidSettings."""
    ours = places(kinds, draft.target, draft.selection)
    if len(ours) > 1 and kinds.is_same_place(*ours):
        raise InvalidSettings(
            f"The removed rows of {draft.target.sheet} would go to a {_word(draft.target)} of the same name.",
            hint=f"Choose another name for the {_word(draft.target)}.",
            field="sheet",
        )
    width = _width(draft.target, draft.selection)
    for other in others:
        their_width = _width(other.target, other.selection)
        for theirs in places(kinds, other.target, other.selection):
            for target in ours:
                if kinds.is_same_place(theirs, target) or kinds.overlap(theirs, their_width, target, width):
                    raise _taken(other, target, theirs, kinds)


def _width(target: Target, selection: Selection) -> int | None:
    """How many columns its table has; None where that is not known before it was read."""
    keys = selection.frozen.keys if selection.frozen else selection.columns
    return None if keys is None else len(keys) + target.stamps_rows


def _word(target: Target) -> str:
    return "sheet" if target.kind == EXCEL else "tab"


def _taken(other: Importer, target: Target, theirs: Target, kinds: Kinds) -> InvalidSettings:
    place = target.place_name or target.place
    if kinds.is_same_place(theirs, target):
        return InvalidSettings(
            f"“{other.name}” writes to the {_word(target)} {target.sheet} in {place} already.",
            hint="Choose another sheet or workbook name." if target.kind == EXCEL else "Choose another tab or cell.",
            field="sheet",
        )
    return InvalidSettings(
        f"The columns of “{other.name}” on the tab {target.sheet} in {place}, from {theirs.start} on, "
        f"would be in the way of these, from {target.start} on.",
        hint="Choose another tab, or a cell further to the right.",
        field="start",
    )


def _check_workbook(target: Target) -> None:
    if target.mode is not Mode.REPLACE:
        raise InvalidSettings(
            "A worksheet in Excel is always replaced as a whole.",
            hint="Choose to replace the table, or write to Google Sheets, where rows can be added and updated.",
            field="mode",
        )
