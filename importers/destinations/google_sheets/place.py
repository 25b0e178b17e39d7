"""A place of a table in a spreadsheet. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from importers.destinations.google_sheets.survey import Known, Tab


@dataclass(frozen=True, slots=True)
class Place:
    """
    A table in a sheet: its header row, how many data rows there are below, and
    in which columns (by their keys) it stands. `tab` is None where that has yet
    to be created.

    `is_claimed`: nothing there bears our marks yet. `has_header`: the header
    row is there. `gone` are columns of ours that are no longer imported.
    """

    tab: Tab | None
    head: int
    rows: int
    at: Mapping[str, int]
    edge: int
    """Where new columns go."""
    gone: Mapping[int, int] = field(default_factory=dict)
    """By their place, the ids of their marks."""
    is_claimed: bool = False
    has_header: bool = True
    is_mended: bool = False
    """The header row was deleted, and has to be put back."""
    known: Known | None = None
    displaced: tuple[int, ...] = ()
    """The ids of the marks of other tables, whose cells are taken over."""

    @property
    def bottom(self) -> int:
        """The first row below the table as it is."""
        return self.head + 1 + self.rows

    @property
    def columns(self) -> list[int]:
        return sorted(self.at.values())
