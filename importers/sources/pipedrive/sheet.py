"""The columns of one sheet: those that were asked for, as the sheet has them, and where their values lie by now."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from importers.errors import InvalidSettings
from importers.model import Column, Frozen, Selection, Sight
from importers.sources.pipedrive import recipes
from importers.sources.pipedrive.entities import Entity
from importers.sources.pipedrive.hints import did_you_mean, list_of
from importers.sources.pipedrive.recipes import Spec
from importers.tables.frozen import changes_since, first_sight, fitted

_KEY_LENGTH = 40
_MOST_LISTED = 20
_NOWHERE = ("",)


@dataclass(frozen=True, slots=True)
class Sheet:
    """How each column is filled, what was seen of them, and what to note about it."""

    specs: tuple[Spec, ...]
    sight: Sight
    notes: tuple[str, ...]


def sheet_of(entity: Entity, specs: tuple[Spec, ...], selection: Selection) -> Sheet:
    """
    The sheet of *selection*, *specs* being all that can be read of *entity*.

    A frozen sheet keeps its columns, their order and headers; one whose field
    is gone stays empty.
    """
    columns = [spec.column for spec in specs]
    frozen = selection.frozen
    chosen = _chosen(entity, columns, selection)
    if frozen is None:
        sight = Sight(first_sight(chosen, columns))
    else:
        frozen = fitted(frozen, [column.key for column in chosen], columns)
        sight = Sight(frozen, changes_since(frozen, columns))
    by_key = {spec.column.key: spec for spec in specs}
    filled = (_filled(column, by_key.get(column.key)) for column in sight.frozen.columns)
    return Sheet(tuple(filled), sight, _notes(sight.frozen, by_key))


def _filled(column: Column, spec: Spec | None) -> Spec:
    if spec is None:
        return Spec(column, _NOWHERE, recipes.of_kind(column.kind))
    return replace(spec, column=column)


def _notes(frozen: Frozen, there: Container[str]) -> tuple[str, ...]:
    """A field that is gone, as long as its owner has not said what is to become of its column."""
    lost = [column for column in frozen.columns if column.key not in there and column.key not in frozen.empty]
    if not lost:
        return ()
    shown = ", ".join(f"“{column.header}”" for column in lost)
    stays = "The column stays where it is" if len(lost) == 1 else "The columns stay where they are"
    return (f"No longer in Pipedrive: {shown}. {stays}, empty, until you choose otherwise.",)


def _chosen(entity: Entity, columns: Sequence[Column], selection: Selection) -> tuple[Column, ...]:
    """
    The columns asked for by key or header, in that order and each once.

    Without a choice those the sheet has, else the usual ones.
    """
    frozen = selection.frozen or Frozen(())
    if selection.columns is None:
        return frozen.columns or tuple(column for column in columns if column.usual)
    by_header = {column.header.casefold(): column for column in columns}
    by_key = {column.key.casefold(): column for column in (*frozen.columns, *columns)}
    known = by_header | by_key
    chosen = {}
    for name in selection.columns:
        column = known.get(name.strip().casefold())
        if column is None:
            raise _no_column(entity, name, columns)
        chosen[column.key] = column
    if not chosen:
        raise InvalidSettings("No column is chosen.", hint="Choose at least one, or leave the choice open.")
    return tuple(chosen.values())


def _no_column(entity: Entity, name: str, columns: Sequence[Column]) -> InvalidSettings:
    if len(name.partition(".")[0]) == _KEY_LENGTH:
        return InvalidSettings(
            f"A custom field chosen here no longer exists in Pipedrive (its key began with {name[:8]}).",
            hint="Open the importer and save its columns again.",
        )
    keys = [column.key for column in columns if len(column.key) < _KEY_LENGTH]
    headers = [column.header for column in columns]
    return InvalidSettings(
        f"There is no column {name!r}.{did_you_mean(name, [*keys, *headers])}", hint=_some_of(headers, entity)
    )


def _some_of(headers: Sequence[str], entity: Entity) -> str:
    if len(headers) <= _MOST_LISTED:
        return list_of(headers)
    shown, more = ", ".join(headers[:_MOST_LISTED]), len(headers) - _MOST_LISTED
    return f"There is: {shown} … and {more} more: pipesheet columns {entity.name}"
