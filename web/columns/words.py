"""What became of a field, and what one can do about it, as the pages say it."""

from __future__ import annotations

from dataclasses import dataclass

from importers.model import FieldChange, Frozen, Happening

TAKE = "take"
"""The answer that takes what Pipedrive has; any other leaves the sheet as it is."""


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, what that means for the sheet, and the two answers: to take what Pipedrive has, or to leave it."""

    happened: str
    meaning: str
    take: str
    leave: str


def words_of(change: FieldChange, frozen: Frozen) -> Words:
    return _WORDS[change.what](change, frozen)


def _renamed(change: FieldChange, frozen: Frozen) -> Words:
    headers = _headers(change, frozen)
    return Words(
        f"“{change.before}” is now called “{change.name}” in Pipedrive.",
        f"The sheet still says {_listed(headers)}.",
        f"Take “{change.name}”",
        f"Keep “{headers[0]}”" if len(headers) == 1 else "Keep the headers",
    )


def _added(change: FieldChange, frozen: Frozen) -> Words:
    one = len(change.columns) == 1
    there = "There is a new field" if change.columns[0].field else "There is a new column to choose:"
    return Words(
        f"{there} “{change.name}”{'' if one else f' ({len(change.columns)} columns)'}.",
        "It is not in the sheet.",
        "Add as last column" if one else "Add as last columns",
        "Leave out",
    )


def _deleted(change: FieldChange, frozen: Frozen) -> Words:
    headers = _headers(change, frozen)
    gone = "was deleted in Pipedrive" if change.columns[0].field else "is no longer there to read"
    if len(headers) == 1:
        meaning = f"Its column {_listed(headers)} stays where it is, empty."
        return Words(f"“{change.name}” {gone}.", meaning, "Drop the column", "Keep it empty")
    meaning = f"Its columns {_listed(headers)} stay where they are, empty."
    return Words(f"“{change.name}” {gone}.", meaning, "Drop the columns", "Keep them empty")


def _replaced(change: FieldChange, frozen: Frozen) -> Words:
    return Words(
        f"“{change.name}” was deleted in Pipedrive and a new field with the same name was created.",
        "The sheet has the old one, which stays where it is, empty.",
        "Put the new one in its place",
        "Keep it empty",
    )


_WORDS = {
    Happening.RENAMED: _renamed,
    Happening.ADDED: _added,
    Happening.DELETED: _deleted,
    Happening.REPLACED: _replaced,
}


def _headers(change: FieldChange, frozen: Frozen) -> list[str]:
    """Those in the sheet that it is about."""
    keys = {column.key for column in change.columns}
    return [column.header for column in frozen.columns if column.key in keys]


def _listed(headers: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(f"“{header}”" for header in headers[:-1]), f"“{headers[-1]}”"]))
