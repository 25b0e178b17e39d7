"""One tab of a spreadsheet: a grid, what lies on it, and the objects that know where they are."""

from __future__ import annotations

from typing import Any

from sandbox.google.areas import Area, Box
from sandbox.google.layers import Layer, Line, spliced

ROWS, COLUMNS = 1000, 26
"""The size of a tab nobody said the size of."""

CELL_LAYERS = {
    "userEnteredValue": "values",
    "userEnteredFormat": "formats",
    "note": "notes",
    "dataValidation": "validations",
    "textFormatRuns": "runs",
    "pivotTable": "pivots",
    "chipRuns": "chips",
}
"""Field of CellData -> the layer of the tab that keeps it."""

_OBJECTS = (
    "merges",
    "conditional_formats",
    "protected_ranges",
    "filter_views",
    "banded_ranges",
    "charts",
    "slicers",
    "tables",
    "row_groups",
    "column_groups",
    "metadata",
)
_PLAIN = (
    "title",
    "hidden",
    "rows",
    "columns",
    "frozen_rows",
    "frozen_columns",
    "tab_color",
    "right_to_left",
    "hide_gridlines",
    "row_group_after",
    "column_group_after",
    "filter",
)


class Formula(str):
    """A formula as typed, with its "="."""

    __slots__ = ()


class CellError(str):
    """An error that a cell shows, such as "#REF!", and why."""

    message: str

    def __new__(cls, text: str, message: str = "") -> CellError:
        error = super().__new__(cls, text)
        error.message = message
        return error


class Tab:
    """
    Values are plain: None, str, int, float, bool, Formula; CellError where an error was pasted as a value. Indexes start at 0, ends are not included.

    The objects are lists of their JSON as answers show it. They are values:
    replaced, never changed in place, as are formats and notes in the layers.
    """

    def __init__(self, sheet_id: int, title: str, rows: int = ROWS, columns: int = COLUMNS) -> None:
        self.sheet_id = sheet_id
        self.title = title
        self.rows = rows
        self.columns = columns
        self.hidden = False
        self.frozen_rows = 0
        self.frozen_columns = 0
        self.tab_color: dict[str, Any] | None = None
        """A ColorStyle."""
        self.right_to_left = False
        self.hide_gridlines = False
        self.row_group_after = False
        self.column_group_after = False
        self.merges: list[dict[str, Any]] = []
        self.conditional_formats: list[dict[str, Any]] = []
        self.protected_ranges: list[dict[str, Any]] = []
        self.filter: dict[str, Any] | None = None
        """The basicFilter."""
        self.filter_views: list[dict[str, Any]] = []
        self.banded_ranges: list[dict[str, Any]] = []
        self.charts: list[dict[str, Any]] = []
        self.slicers: list[dict[str, Any]] = []
        self.tables: list[dict[str, Any]] = []
        self.row_groups: list[dict[str, Any]] = []
        self.column_groups: list[dict[str, Any]] = []
        self.metadata: list[dict[str, Any]] = []
        """Developer metadata of the tab itself, without the location."""
        self.row_properties = Line()
        """DimensionProperties of rows that have any; their developerMetadata without the location."""
        self.column_properties = Line()
        for layer in CELL_LAYERS.values():
            setattr(self, layer, Layer())

    values: Layer
    formats: Layer
    notes: Layer
    validations: Layer
    runs: Layer
    pivots: Layer
    chips: Layer

    # -- cells

    def value(self, row: int, column: int) -> Any:
        return self.values.at(row, column)

    def set_value(self, row: int, column: int, value: Any) -> None:
        self.values.put_at(row, column, None if value == "" else value)

    def block(self, top: int, left: int, bottom: int, right: int) -> list[list[Any]]:
        """The values of a rectangle, padded with None."""
        return self.values.block(top, left, bottom, right)

    def put_block(self, row: int, column: int, rows: list[list[Any]]) -> None:
        """Write values that are coerced already: None leaves a cell as it is, "" empties it. Rows may be ragged."""
        for layer in (self.runs, self.chips):
            if len(layer) > row:
                for place, new in enumerate(rows):
                    layer[row + place] = _bared(layer[row + place], column, new)
        old = self.values.part(row, row + len(rows))
        self.values.put(row, [_overlaid(was, column, new) for was, new in zip(old, rows, strict=True)])

    def clear_values(self, top: int, left: int, bottom: int, right: int) -> None:
        self.values.clear(top, left, bottom, right)

    def used(self) -> Box:
        """From the first cell up to the last row and column that hold a value."""
        width = max((len(things) for _, things in self.values.items()), default=0)
        return Box(0, 0, len(self.values), width)

    def format_at(self, row: int, column: int) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.formats.at(row, column)
        return found

    def set_format(self, row: int, column: int, cell_format: dict[str, Any] | None) -> None:
        """Give a cell this userEnteredFormat; what is laid down must not be changed afterwards."""
        self.formats.put_at(row, column, cell_format or None)

    def note_at(self, row: int, column: int) -> str | None:
        note: str | None = self.notes.at(row, column)
        return note

    def validation_at(self, row: int, column: int) -> dict[str, Any] | None:
        rule: dict[str, Any] | None = self.validations.at(row, column)
        return rule

    def layer(self, field: str) -> Layer:
        """The layer behind a field of CellData."""
        layer: Layer = getattr(self, CELL_LAYERS[field])
        return layer

    def layers(self) -> list[Layer]:
        return [getattr(self, name) for name in CELL_LAYERS.values()]

    # -- the whole

    @property
    def cell_count(self) -> int:
        return self.rows * self.columns

    def box(self, area: Area) -> Box:
        """The cells of this tab that an area covers."""
        return area.within(self.rows, self.columns)

    def copied(self, sheet_id: int, title: str) -> Tab:
        """The same grid under another id; objects still name the old id."""
        twin = Tab(sheet_id, title)
        twin.restore(self.snapshot() | {"title": title})
        return twin

    def snapshot(self) -> dict[str, Any]:
        """All there is to know; costs little however many cells there are."""
        kept: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        kept |= {name: list(getattr(self, name)) for name in _OBJECTS}
        lines = ("row_properties", "column_properties", *CELL_LAYERS.values())
        return kept | {name: getattr(self, name).copy() for name in lines}

    def restore(self, kept: dict[str, Any]) -> None:
        for name, thing in kept.items():
            setattr(self, name, thing)

    def properties_json(self, index: int) -> dict[str, Any]:
        """SheetProperties as answers show them."""
        properties: dict[str, Any] = {
            "sheetId": self.sheet_id,
            "title": self.title,
            "index": index,
            "sheetType": "GRID",
            "gridProperties": self._grid_json(),
        }
        if self.hidden:
            properties["hidden"] = True
        if self.tab_color is not None:
            properties["tabColor"] = self.tab_color.get("rgbColor", {})
            properties["tabColorStyle"] = self.tab_color
        if self.right_to_left:
            properties["rightToLeft"] = True
        return properties

    def _grid_json(self) -> dict[str, Any]:
        grid: dict[str, Any] = {"rowCount": self.rows, "columnCount": self.columns}
        extra = {
            "frozenRowCount": self.frozen_rows,
            "frozenColumnCount": self.frozen_columns,
            "hideGridlines": self.hide_gridlines,
            "rowGroupControlAfter": self.row_group_after,
            "columnGroupControlAfter": self.column_group_after,
        }
        return grid | {name: setting for name, setting in extra.items() if setting}


def _overlaid(was: tuple[Any, ...] | None, left: int, new: list[Any]) -> tuple[Any, ...] | None:
    """A row with new values over it; None leaves, "" empties."""
    if None in new and was is not None:
        old = was[left : left + len(new)] + (None,) * len(new)
        return spliced(was, left, tuple(b if a is None else (None if a == "" else a) for a, b in zip(new, old)))  # noqa: B905 # old is long enough
    return spliced(was, left, tuple(None if value == "" else value for value in new))


def _bared(was: tuple[Any, ...] | None, left: int, new: list[Any]) -> tuple[Any, ...] | None:
    """What was said about parts of the texts goes with the texts."""
    if was is None:
        return None
    kept = was[left : left + len(new)] + (None,) * len(new)
    return spliced(was, left, tuple(old if value is None else None for value, old in zip(new, kept, strict=False)))
