"""An entity as the options of a selection make it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from importers.model import Selection
from importers.questions import Answers, answered
from importers.sources.pipedrive.entities import Entity
from importers.sources.pipedrive.options import arranged, brought_by, implied_by


def as_chosen(entity: Entity, selection: Selection) -> tuple[Entity, Selection]:
    """
    The entity with the list that *selection* means, and the selection with
    the columns that come along. Raises InvalidSettings for an option there is not.
    """
    answers = answered(entity.label, entity.questions, selection.options)
    selection = _with_brought(entity, answers, selection)
    answers = implied_by(entity.options, answers, set(_keys(entity, selection)))
    return replace(entity, where=arranged(entity.where, entity.options, answers)), selection


def _with_brought(entity: Entity, answers: Answers, selection: Selection) -> Selection:
    """
    With the columns that come with the answers. Where no columns are chosen,
    those that came with an answer before go with it, too.
    """
    ever = {key for option in entity.options for keys in option.brings.values() for key in keys}
    if not ever:
        return selection
    brought = brought_by(entity.options, answers)
    if selection.columns is not None:
        return replace(selection, columns=(*selection.columns, *brought))
    if selection.frozen is not None:
        return replace(selection, columns=(*(key for key in selection.frozen.keys if key not in ever), *brought))
    usual = (spec.column.key for spec in entity.columns if spec.column.usual or spec.column.key in brought)
    return replace(selection, columns=tuple(usual))


def _keys(entity: Entity, selection: Selection) -> Iterator[str]:
    """The keys of the entity's own columns that are chosen, by key or by header."""
    chosen = {name.strip().casefold() for name in selection.columns or ()}
    for spec in entity.columns:
        if {spec.column.key.casefold(), spec.column.header.casefold()} & chosen:
            yield spec.column.key
