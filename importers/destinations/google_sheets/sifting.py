"""Which of the rows that come have to be written, and where: one way for each mode. No I/O of its own."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Protocol

import msgspec

from importers.destinations.google_sheets.cells import NO_KEY, Encoded
from importers.destinations.google_sheets.there import RowsThere
from importers.errors import InvalidSettings
from importers.model import Column, Mode, Target


class Found:
    """
    Rows to write, in the order they came: `positions` says where each goes,
    counted in data rows from 0. The rows themselves are taken away as they
    become many.
    """

    def __init__(self) -> None:
        self.rows: list[bytes] = []
        self.size = 0
        self.positions = array("q")

    def put(self, row: bytes, position: int) -> None:
        self.rows.append(row)
        self.size += len(row)
        self.positions.append(position)

    def take(self) -> list[bytes]:
        """The rows that nobody took yet."""
        rows, self.rows, self.size = self.rows, [], 0
        return rows


class Sift(Protocol):
    """`length` is how many data rows the table has in the end, `blanks` which of them are to be emptied."""

    found: Found
    added: int
    changed: int | None

    @property
    def removed(self) -> int: ...

    def feed(self, encoded: Encoded) -> None: ...

    def settle(self, there: RowsThere) -> None:
        """
        All rows came. *there* is the table as it is by now, which may have been
        moved or sorted since; places are those there. Raises ChangedMeanwhileError
        where what was found no longer fits.
        """

    @property
    def length(self) -> int: ...

    @property
    def blanks(self) -> Sequence[int]: ...


class ChangedMeanwhileError(Exception):
    """Somebody changed the table while it was being compared."""


def sift_for(target: Target, columns: Sequence[Column], there: RowsThere, *, keeps_missing: bool) -> Sift:
    if target.mode is Mode.APPEND:
        return _Appending(there)
    if target.mode is Mode.UPDATE:
        key = next(place for place, column in enumerate(columns) if column.key == target.key)
        naming = _Naming(key, columns[key].header)
        may_use_all = target.takes_over and there.is_claimed
        return _Updating(
            there, naming, skips=target.skips_unchanged, keeps_missing=keeps_missing, may_use_all=may_use_all
        )
    return _Replacing(there, skips=target.skips_unchanged)


class _Replacing:
    """Row N of the table is row N below the header; what is more is emptied."""

    def __init__(self, there: RowsThere, *, skips: bool) -> None:
        self.found = Found()
        self.added = 0
        self.changed: int | None = 0 if skips or not there.rows else None
        self._there = there
        self._skips = skips
        self._rows = 0
        self._skipped = False

    @property
    def removed(self) -> int:
        return max(0, self._there.rows - self._rows)

    @property
    def length(self) -> int:
        return self._rows

    @property
    def blanks(self) -> Sequence[int]:
        return range(self._rows, self._there.rows)

    def feed(self, encoded: Encoded) -> None:
        there, old = self._there, self._there.rows
        digests = encoded.digests() if self._skips and self._rows < old else None
        for number, row in enumerate(encoded.rows):
            position = self._rows
            self._rows += 1
            if position >= old:
                self.added += 1
            elif digests and there.digest(position) == digests[number]:
                self._skipped = True
                continue
            elif self.changed is not None:
                self.changed += 1
            self.found.put(row, position)

    def settle(self, there: RowsThere) -> None:
        """Rows left alone must still be where they were, as far as one column of them tells."""
        before = self._there
        if self._skipped and there is not before:
            compared = before.known
            if before.rows != there.rows or before.keys(compared) != there.keys(compared):
                raise ChangedMeanwhileError
        if not self._skipped:
            self._there = there


class _Appending:
    """All rows go below those that are there."""

    def __init__(self, there: RowsThere) -> None:
        self.found = Found()
        self.added = 0
        self.changed: int | None = 0
        self._there = there

    @property
    def removed(self) -> int:
        return 0

    @property
    def blanks(self) -> Sequence[int]:
        return ()

    @property
    def length(self) -> int:
        return self._there.rows + self.added

    def feed(self, encoded: Encoded) -> None:
        for row in encoded.rows:
            self.found.put(row, self._there.rows + self.added)
            self.added += 1

    def settle(self, there: RowsThere) -> None:
        moved = there.rows - self._there.rows
        if moved:
            self.found.positions = array("q", [position + moved for position in self.found.positions])
        self._there = there


class _Updating:
    """
    A row with the same key is overwritten where it stands, new ones go below.
    Of rows there that have the same key, the first one counts.

    Where the table was just taken over (`may_use_all`), rows without a key are
    nobody's: new rows take their places, and what is left of them is blanked.
    """

    def __init__(
        self, there: RowsThere, naming: _Naming, *, skips: bool, keeps_missing: bool, may_use_all: bool
    ) -> None:
        self.found = Found()
        self.added = 0
        self.changed: int | None = 0
        if there.have_lost_their_keys():
            raise naming.nobody_has_a_key()
        self._there = there
        self._naming = naming
        self._skips = skips
        self._keeps_missing = keeps_missing
        self._may_use_all = may_use_all
        self._free = self._free_rows()
        self._at = _first_places(there)
        self._seen = bytearray(there.rows)
        self._fed_at, self._fed_seen = self._at, self._seen
        """As the rows were compared: what a later look tells may itself be out of date."""
        self._new: set[int] = set()
        self._keys = array("q")
        self._gone: Sequence[int] | None = None

    @property
    def removed(self) -> int:
        return len(self._removed_rows)

    @property
    def length(self) -> int:
        length = self._there.rows + max(0, self.added - len(self._free))
        if self._may_use_all:  # what is blanked at its end is no part of it
            blanks = set(self.blanks)
            while length - 1 in blanks:
                length -= 1
        return length

    @property
    def blanks(self) -> Sequence[int]:
        return [*self._removed_rows, *self._free[self.added :]] if self._free else self._removed_rows

    @property
    def _removed_rows(self) -> Sequence[int]:
        if self._gone is None:
            self._gone = [] if self._keeps_missing else self._missing()
        return self._gone

    def _free_rows(self) -> array[int]:
        keys = self._there.keys() if self._may_use_all else ()
        return array("q", [row for row, key in enumerate(keys) if key == NO_KEY])

    def _place_of_new(self, number: int) -> int:
        return self._free[number] if number < len(self._free) else self._there.rows + number - len(self._free)

    def feed(self, encoded: Encoded) -> None:
        there = self._there
        digests = encoded.digests() if self._skips and there.rows else None
        for number, (row, key) in enumerate(zip(encoded.rows, encoded.keys, strict=True)):
            if key == NO_KEY:
                raise self._naming.without_key()
            position = self._at.get(key)
            if position is None:
                if key in self._new:
                    raise self._naming.twice(row)
                self._new.add(key)
                self._put(row, key, self._place_of_new(self.added))
                self.added += 1
                continue
            if self._seen[position]:
                raise self._naming.twice(row)
            self._seen[position] = 1
            if digests and there.digest(position) == digests[number]:
                continue
            self.changed = (self.changed or 0) + 1
            self._put(row, key, position)

    def settle(self, there: RowsThere) -> None:
        if there is self._there:
            return
        self._gone = None
        if there.keys() == self._there.keys():  # nobody moved anything
            self._there = there
            return
        at = _first_places(there)
        if self._fed_at and not at:
            raise ChangedMeanwhileError
        seen = bytearray(there.rows)
        for key, position in self._fed_at.items():
            if self._fed_seen[position] and key in at:
                seen[at[key]] = 1
        self._there, self._at, self._seen = there, at, seen
        self._free = self._free_rows()
        self._place_again()

    def _place_again(self) -> None:
        """Where the rows that were found go now: others may have been sorted, added or deleted meanwhile."""
        self.added = 0
        self.changed = 0
        for number, key in enumerate(self._keys):
            position = self._at.get(key)
            if position is None:
                position = self._place_of_new(self.added)
                self.added += 1
            else:
                self._seen[position] = 1
                self.changed += 1
            self.found.positions[number] = position

    def _put(self, row: bytes, key: int, position: int) -> None:
        self.found.put(row, position)
        self._keys.append(key)

    def _missing(self) -> list[int]:
        """Rows with a key that did not come; rows without one are not ours to empty."""
        return [row for row, key in enumerate(self._there.keys()) if key != NO_KEY and not self._seen[row]]


def _first_places(there: RowsThere) -> dict[int, int]:
    places: dict[int, int] = {}
    for row, key in enumerate(there.keys()):
        if key != NO_KEY:
            places.setdefault(key, row)
    return places


class _Naming:
    """Says which record is wrong."""

    def __init__(self, key: int, header: str) -> None:
        self._key = key
        self._header = header

    def twice(self, row: bytes) -> InvalidSettings:
        return InvalidSettings(
            f"Two of the rows have {msgspec.json.decode(row)[self._key]!r} as their {self._header}, by which rows are "
            "told apart, so one would be lost. Nothing was changed.",
            hint="Choose another column to update by, one in which no value occurs twice, such as the ID.",
            field="key",
        )

    def without_key(self) -> InvalidSettings:
        return InvalidSettings(
            f"A row has no {self._header}, by which rows are told apart, so it could not be found again. "
            "Nothing was changed.",
            hint="Choose another column to update by, one that is never empty, such as the ID.",
            field="key",
        )

    def nobody_has_a_key(self) -> InvalidSettings:
        return InvalidSettings(
            f"The rows in the sheet have no {self._header}, by which rows are told apart: that column is new, or it was "
            "deleted or emptied. All rows would be there twice if they were written again, so nothing was changed.",
            hint="Bring the column back in Google Sheets (File, Version history), or let the importer replace the table "
            "once instead of updating it.",
            field="key",
        )
