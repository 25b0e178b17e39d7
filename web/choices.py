"""The choices of an importer that have no field in Pipedrive, in words for the editor and for its pages."""

from __future__ import annotations

from flask import Flask

from importers.model import EntityInfo, Importer, Mode, Refresh, Vanished

REFRESHES = {
    Refresh.EVERYTHING: "Everything, every time",
    Refresh.DAILY: "Only what changed, and everything once a day",
    Refresh.WEEKLY: "Only what changed, and everything once a week",
}
VANISHED = {
    Vanished.REMOVE: "Its row is removed",
    Vanished.KEEP: "Its row is kept as it was",
    Vanished.MARK: "Its row is kept, with the moment in a column “Removed from Pipedrive”",
    Vanished.MOVE: "Its row moves to a second sheet, “… (removed)”",
}
MODES = {
    Mode.REPLACE: ("Replace", "The table is written anew: after a run it holds exactly what was read."),
    Mode.APPEND: ("Append", "Every run adds what it read below the rows that are there, and changes none of them."),
    Mode.UPDATE: ("Update", "Rows are found by a key column: changed where they stand, new ones go below."),
}
"""What becomes of a table at Google, each with its sentence."""
OPTIONS = {
    "skips_unchanged": ("Write only what changed", "Rows that are there already are left alone; a run is quicker."),
    "stamps_rows": (
        "Add a column with the time of each row’s last change",
        "It is called “Written at”, and is in the time zone of the spreadsheet.",
    ),
    "fills_formulas": ("Continue my formulas in new rows", "Those in columns right beside the table."),
    "explains_headers": ("Put notes on the headers", "They say which field in Pipedrive a column shows."),
    "takes_over": ("Write over what is there", "Otherwise cells that Pipesheet did not write are in the way."),
}
"""What a table at Google may do besides, by the names in `Target`."""


def register(app: Flask) -> None:
    app.add_template_filter(REFRESHES.__getitem__, "refresh_in_words")
    app.add_template_filter(VANISHED.__getitem__, "vanished_in_words")
    app.add_template_filter(refresh_help)
    app.add_template_filter(way_of_writing)


def refresh_help(info: EntityInfo) -> str:
    """What one should know before choosing, which depends on what Pipedrive tells of this entity."""
    removals = (
        "What was deleted or left the list is noticed by the next run."
        if info.tells_removals
        else "Pipedrive does not tell which ones were deleted: their rows stay until everything is read."
    )
    return (
        f"What changed takes a few requests, whatever the size. {removals} "
        "With a filter, or a column that can change without Pipedrive telling, everything is read every time."
    )


def way_of_writing(importer: Importer) -> str:
    """Of a table at Google, in a line."""
    target, frozen = importer.target, importer.selection.frozen
    key_header = frozen.headers.get(target.key, target.key) if frozen else target.key
    options = [OPTIONS[name][0].lower() for name in ("stamps_rows", "fills_formulas") if getattr(target, name)]
    key = f" by the column “{key_header}”" if target.mode is Mode.UPDATE else ""
    return "; ".join([f"{MODES[target.mode][0]}{key}, from {target.start} on", *options])
