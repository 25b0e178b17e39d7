"""What becomes of the rows of removed records: gone, kept, marked, or in a table of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from importers.model import Cell, Column, ColumnKind, Row, Vanished
from importers.tables.columns import Wish, unique_headers

_KEY = "removed_from_pipedrive"
_HEADER = "Removed from Pipedrive"


class Removal:
    """
    The owner's choice for one table. `columns` are those of the table,
    `removed_columns` those of the second one, if there is to be one.
    """

    def __init__(self, columns: Sequence[Column], choice: Vanished, zone: ZoneInfo) -> None:
        self._zone = zone
        self._choice = choice
        plain = tuple(columns)
        marked = (*plain, _column(plain))
        self.columns = marked if choice is Vanished.MARK else plain
        self.removed_columns = marked if choice is Vanished.MOVE else ()

    @property
    def shown(self) -> bool | None:
        """Which records of a mirror stand in the table: those that are there (False), or (None) removed ones, too."""
        return None if self._choice in (Vanished.KEEP, Vanished.MARK) else False

    @property
    def is_marked(self) -> bool:
        return self._choice is Vanished.MARK

    def marked(self, rows: Sequence[Row], gone: Sequence[str | None]) -> list[Row]:
        """*rows* with the moments in which their records were found removed."""
        return [(*row, self._moment(gone_at)) for row, gone_at in zip(rows, gone, strict=True)]

    def _moment(self, gone_at: str | None) -> Cell:
        if gone_at is None:
            return None
        return datetime.fromisoformat(gone_at).astimezone(self._zone).replace(tzinfo=None, microsecond=0)


def _column(columns: Sequence[Column]) -> Column:
    headers = unique_headers([*(Wish(column.header) for column in columns), Wish(_HEADER)])
    return Column(_KEY, headers[-1], ColumnKind.MOMENT)
