"""How the catalogue writes its columns: one short word for each sort of column."""

from __future__ import annotations

from importers.model import Column, ColumnKind
from importers.sources.pipedrive import recipes
from importers.sources.pipedrive.pages import PARENT
from importers.sources.pipedrive.recipes import Recipe, Spec
from importers.tables.flatten import Path

TEXT, WHOLE, NUMBER, MONEY = ColumnKind.TEXT, ColumnKind.WHOLE, ColumnKind.NUMBER, ColumnKind.MONEY
BOOLEAN, DATE, MOMENT, LIST = ColumnKind.BOOLEAN, ColumnKind.DATE, ColumnKind.MOMENT, ColumnKind.LIST
DURATION, TIME = ColumnKind.DURATION, ColumnKind.TIME

MAIN, MORE, CUSTOM = "Main", "More", "Custom fields"


def column(
    key: str,
    header: str,
    kind: ColumnKind = TEXT,
    *,
    path: Path = (),
    usual: bool = True,
    recipe: Recipe | None = None,
) -> Spec:
    shown = Column(key, header, kind, group=MAIN if usual else MORE, usual=usual)
    return Spec(shown, path or (key,), recipe or recipes.of_kind(kind))


def rare(key: str, header: str, kind: ColumnKind = TEXT, *, path: Path = (), recipe: Recipe | None = None) -> Spec:
    """A column few people want."""
    return column(key, header, kind, path=path, usual=False, recipe=recipe)


def extra(key: str, header: str, kind: ColumnKind = WHOLE, recipe: Recipe | None = None) -> Spec:
    """A column that Pipedrive only works out when asked to."""
    shown = Column(key, header, kind, group=MORE, usual=False)
    return Spec(shown, (key,), recipe or recipes.of_kind(kind), include=key)


def related(id_key: str, key: str, header: str, relation: str, *, usual: bool = True) -> tuple[Spec, Spec]:
    """The name of a related record, and its id beside it."""
    group = MAIN if usual else MORE
    return (
        Spec(Column(key, header, TEXT, group, usual), (id_key,), recipes.named(relation), relation=relation),
        Spec(Column(id_key, f"{header} ID", WHOLE, group, usual), (id_key,), recipes.identified),
    )


def enclosed(key: str, header: str, path: Path, id_key: str) -> tuple[Spec, Spec]:
    """A related record whose name comes with the record itself."""
    return column(key, header, path=path), column(id_key, f"{header} ID", WHOLE)


def labelled(key: str, header: str, kind: ColumnKind = TEXT, *, where: str = "", usual: bool = True) -> Spec:
    shown = Column(key, header, kind, group=MAIN if usual else MORE, usual=usual)
    return Spec(shown, (key,), recipes.labelled(where or key), labels=where or key)


def address(key: str, header: str, *, usual: bool = True) -> tuple[Spec, ...]:
    whole = column(key, header, usual=usual, recipe=recipes.part("value"))
    parts = (
        rare(f"{key}.{name}", f"{header}: {words}", path=(key,), recipe=recipes.part(name))
        for name, words in ADDRESS_PARTS
    )
    return (whole, *parts)


ADDRESS_PARTS = (
    ("street_number", "house number"),
    ("route", "street"),
    ("subpremise", "apartment"),
    ("sublocality", "district"),
    ("locality", "city"),
    ("admin_area_level_1", "state or county"),
    ("admin_area_level_2", "region"),
    ("country", "country"),
    ("postal_code", "postal code"),
    ("formatted_address", "formatted"),
)


def of_parent(one: str, header: str, name: str = "title") -> tuple[Spec, Spec]:
    """The record this one was read for: its name, which came with it, and its id."""
    return (
        column(one, header, path=(PARENT, name)),
        column(f"{one}_id", f"{header} ID", WHOLE, path=(PARENT, "id")),
    )


def several(id_key: str, key: str, header: str, relation: str, *, path: Path = ()) -> Spec:
    """The names of related records of which there may be many."""
    return Spec(Column(key, header, LIST, MAIN), path or (id_key,), recipes.named(relation), relation=relation)
