"""The choices of an importer that have no field in Pipedrive, in words for the editor and for its pages."""

from __future__ import annotations

from flask import Flask

from importers.model import EntityInfo, Refresh, Vanished

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


def register(app: Flask) -> None:
    app.add_template_filter(REFRESHES.__getitem__, "refresh_in_words")
    app.add_template_filter(VANISHED.__getitem__, "vanished_in_words")
    app.add_template_filter(refresh_help)


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
