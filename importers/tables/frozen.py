"""
What becomes of a sheet's columns when the fields behind them change.

A column that was written once stays where it is and keeps its header. What
changed since is told, and is for the owner to decide: nothing here moves,
renames or adds a column by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from importers.model import Column, FieldChange, Frozen, Happening, Selection
from importers.tables.columns import Wish, unique_headers

Fields = Mapping[str, tuple[Column, ...]]
"""Columns by the key of the field they show."""


def first_sight(chosen: Iterable[Column], columns: Iterable[Column]) -> Frozen:
    """A sheet of the *chosen* among all *columns* there are."""
    return Frozen(tuple(chosen), known=tuple(column.key for column in columns if column.usual))


def fitted(frozen: Frozen, wanted: Sequence[str] | None, columns: Sequence[Column]) -> Frozen:
    """
    *frozen* with the columns of the *wanted* keys, None meaning those it has.

    What stays, stays in its order and under its header; what is new comes
    last. Kinds follow *columns*, which are all there are by now.
    """
    now = {column.key: column for column in columns}
    keys = frozen.keys if wanted is None else tuple(dict.fromkeys(wanted))
    stay = tuple(_as_now(column, now) for column in frozen.columns if column.key in keys)
    come = [now[key] for key in keys if key in now and key not in frozen.headers]
    return _with(replace(frozen, columns=stay), come)


def selected(selection: Selection, frozen: Frozen) -> Selection:
    """*selection* for a sheet whose columns are *frozen*; "the usual ones" stay that."""
    return replace(selection, frozen=frozen, columns=None if selection.columns is None else frozen.keys)


def changes_since(frozen: Frozen, columns: Sequence[Column]) -> tuple[FieldChange, ...]:
    """What the owner has to decide now that there are these *columns*."""
    now = {column.key: column for column in columns}
    lost = _by_field(column for column in frozen.columns if column.key not in now)
    new = _by_field(column for column in columns if column.usual and _is_new(column, frozen))
    found = [*_renamed(frozen, now), *_lost(lost, new, columns), *_added(new)]
    taken = {change.key for change in found if change.what is Happening.REPLACED}
    return tuple(change for change in found if is_open(change, frozen) and not _is_twice(change, taken))


def is_open(change: FieldChange, frozen: Frozen | None) -> bool:
    """Whether *change* is still to be decided for a sheet whose columns are *frozen*."""
    if frozen is None:
        return False
    match change.what:
        case Happening.RENAMED:
            now = {column.key: column for column in change.columns}
            return any(_is_renamed(column, now) for column in frozen.columns)
        case Happening.DELETED:
            keys = {column.key for column in change.columns}.difference(frozen.empty)
            return not keys.isdisjoint(frozen.keys)
    return any(column.usual and _is_new(column, frozen) for column in change.columns)


def decided(frozen: Frozen, change: FieldChange, *, take: bool) -> Frozen:
    """
    *frozen* after the owner decided about *change*: to *take* what Pipedrive
    has now (the new name, the new field, a column less), or to leave the sheet
    as it is and not be asked again.
    """
    match change.what:
        case Happening.RENAMED:
            return _rename(frozen, change.columns, take=take)
        case Happening.DELETED:
            return _drop(frozen, change.columns) if take else _keep_empty(frozen, change.columns)
        case Happening.ADDED:
            return _with(frozen, change.columns) if take else _known(frozen, change.columns)
    kept = _put_in_place(frozen, change) if take else _known(frozen, change.columns)
    return _keep_empty(kept, [column for column in kept.columns if _field(column) == change.before])


def _as_now(column: Column, now: Mapping[str, Column]) -> Column:
    found = now.get(column.key, column)
    return replace(found, header=column.header, field=column.field if _is_renamed(column, now) else found.field)


def _with(frozen: Frozen, columns: Iterable[Column]) -> Frozen:
    """With *columns* behind the others, under headers that nobody has."""
    come = _told_apart([column for column in columns if column.key not in frozen.headers], frozen.columns)
    return _known(replace(frozen, columns=(*frozen.columns, *come)), come)


def _known(frozen: Frozen, columns: Iterable[Column]) -> Frozen:
    return replace(frozen, known=tuple(dict.fromkeys([*frozen.known, *(column.key for column in columns)])))


def _told_apart(columns: Sequence[Column], others: Iterable[Column]) -> tuple[Column, ...]:
    fixed = [Wish(column.header) for column in others]
    headers = unique_headers([*fixed, *(Wish(column.header, tag=column.key) for column in columns)])
    return tuple(replace(column, header=header) for column, header in zip(columns, headers[len(fixed) :], strict=True))


def _is_renamed(column: Column, now: Mapping[str, Column]) -> bool:
    """Whether its field has another name than was agreed to, and one that the sheet does not show already."""
    found = now.get(column.key, column)
    return found.field != column.field and found.header != column.header


def _is_new(column: Column, frozen: Frozen) -> bool:
    return column.key not in frozen.headers and column.key not in frozen.known


def _by_field(columns: Iterable[Column]) -> dict[str, tuple[Column, ...]]:
    found: dict[str, tuple[Column, ...]] = {}
    for column in columns:
        found[_field(column)] = (*found.get(_field(column), ()), column)
    return found


def _field(column: Column) -> str:
    return column.key.partition(".")[0]


def _part(column: Column) -> str:
    return column.key.partition(".")[2]


def _name(columns: Sequence[Column]) -> str:
    return columns[0].field or columns[0].header


def _renamed(frozen: Frozen, now: Mapping[str, Column]) -> Iterator[FieldChange]:
    differ = [column for column in frozen.columns if _is_renamed(column, now)]
    for key, columns in _by_field(differ).items():
        fresh = tuple(now[column.key] for column in columns)
        yield FieldChange(Happening.RENAMED, key, _name(fresh), fresh, before=columns[0].field)


def _lost(lost: Fields, new: Fields, columns: Sequence[Column]) -> Iterator[FieldChange]:
    """A field that is gone; replaced, where a new one has its name."""
    heirs = {_name(found).casefold(): key for key, found in new.items() if found[0].field}
    every = _by_field(columns)
    for key, gone in lost.items():
        heir = heirs.pop(_name(gone).casefold(), None) if gone[0].field else None
        if heir is None:
            yield FieldChange(Happening.DELETED, key, _name(gone), gone)
        else:
            yield FieldChange(Happening.REPLACED, heir, _name(new[heir]), every[heir], before=key)


def _added(new: Fields) -> Iterator[FieldChange]:
    for key, columns in new.items():
        yield FieldChange(Happening.ADDED, key, _name(columns), columns)


def _is_twice(change: FieldChange, taken: set[str]) -> bool:
    return change.what is Happening.ADDED and change.key in taken


def _rename(frozen: Frozen, fresh: Sequence[Column], *, take: bool) -> Frozen:
    """The owner has seen the new name; the headers follow where it is taken."""
    keys = {column.key for column in fresh}
    others = [column for column in frozen.columns if column.key not in keys]
    headers = {column.key: column.header for column in _told_apart(fresh, others)} if take else {}
    names = {column.key: column.field for column in fresh}
    renamed = (
        replace(column, field=names.get(column.key, column.field), header=headers.get(column.key, column.header))
        for column in frozen.columns
    )
    return replace(frozen, columns=tuple(renamed))


def _drop(frozen: Frozen, columns: Iterable[Column]) -> Frozen:
    keys = {column.key for column in columns}
    return replace(frozen, columns=tuple(column for column in frozen.columns if column.key not in keys))


def _keep_empty(frozen: Frozen, columns: Iterable[Column]) -> Frozen:
    return replace(frozen, empty=tuple(dict.fromkeys([*frozen.empty, *(column.key for column in columns)])))


def _put_in_place(frozen: Frozen, change: FieldChange) -> Frozen:
    """The new field's columns where those of the old one stand, under their headers; what has no place comes last."""
    heirs = {_part(column): column for column in change.columns}
    columns = []
    for column in frozen.columns:
        heir = heirs.pop(_part(column), None) if _field(column) == change.before else None
        columns.append(column if heir is None else replace(heir, header=column.header))
    return _with(replace(frozen, columns=tuple(columns)), (column for column in heirs.values() if column.usual))
