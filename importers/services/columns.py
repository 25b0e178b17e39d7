"""The columns of an importer's sheet: what becomes of them when fields change, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from importers.errors import InvalidSettings, TemporaryError
from importers.interfaces import Store
from importers.model import Actor, Column, Frozen, Happening, Importer, Role
from importers.services.access import require
from importers.services.kinds import Kinds
from importers.tables.frozen import decided, selected

LONGEST_HEADER = 200
_TRIES = 5


class Columns:
    """
    What owners decide about the columns of a sheet that was written.

    Nothing is asked of the source: the next run writes what was decided.
    """

    def __init__(self, *, store: Store, kinds: Kinds) -> None:
        self._store = store
        self._kinds = kinds

    def names(self, actor: Actor, importer_id: int) -> dict[str, str]:
        """
        What Pipedrive calls the columns of the sheet, by key: of an own field
        its name as of the last run, or when it was deleted; of any other
        column the header it has unless somebody gave it another.
        """
        importer = self._store.importer(actor.workspace.id, importer_id)
        selection = importer.selection
        columns = selection.frozen.columns if selection.frozen else ()
        own = self._kinds.headers(selection.entity)
        now = {
            column.key: column.field
            for change in importer.changes
            if change.what is Happening.RENAMED
            for column in change.columns
        }
        known = ((column.key, now.get(column.key) or column.field or own.get(column.key, "")) for column in columns)
        return {key: name for key, name in known if name}

    def decide(self, actor: Actor, importer_id: int, change_id: str, *, take: bool) -> Importer:
        """
        Take what Pipedrive has now, or leave the sheet as it is.

        Raises InvalidSettings where that is decided by now, and where no
        column would be left.
        """

        def decide(importer: Importer, frozen: Frozen) -> Frozen:
            found = next((change for change in importer.changes if change.id == change_id), None)
            if found is None:
                raise InvalidSettings(
                    "That is decided already, or no longer so.", hint="See what the importer's page says now."
                )
            return decided(frozen, found, take=take)

        return self._change(actor, importer_id, decide)

    def rename(self, actor: Actor, importer_id: int, headers: Mapping[str, str]) -> Importer:
        """
        Give columns headers of the owner's own, by key; keys that the sheet does not have count for nothing.

        Raises InvalidSettings (the fact `key` names the column) for a header
        that is empty, too long, or another column's.
        """

        def rename(_: Importer, frozen: Frozen) -> Frozen:
            asked = {key: " ".join(header.split()) for key, header in headers.items()}
            columns = (replace(column, header=asked.get(column.key, column.header)) for column in frozen.columns)
            renamed = replace(frozen, columns=tuple(columns))
            for column in set(renamed.columns) - set(frozen.columns):
                _check(column, renamed)
            return renamed

        return self._change(actor, importer_id, rename)

    def _change(self, actor: Actor, importer_id: int, change: Callable[[Importer, Frozen], Frozen]) -> Importer:
        """Somebody else may change the importer at the same moment, or a run of it end: look again then."""
        require(actor, Role.EDITOR, "change importers")
        for _ in range(_TRIES):
            importer = self._store.importer(actor.workspace.id, importer_id)
            if importer.selection.frozen is None:
                raise InvalidSettings(
                    "The importer has no columns of its own yet.", hint="Run it first: it keeps those it writes."
                )
            frozen = change(importer, importer.selection.frozen)
            if not frozen.columns:
                raise InvalidSettings("No column would be left.", hint="Choose other columns in the editor first.")
            if self._store.keep_columns(importer, selected(importer.selection, frozen), importer.changes):
                return self._store.importer(actor.workspace.id, importer_id)
        raise TemporaryError("The importer is being changed by somebody else.", hint="Try again in a moment.")


def _check(column: Column, sheet: Frozen) -> None:
    """Raises InvalidSettings where *column* cannot be called what it is in *sheet*."""
    header = column.header
    if not header:
        raise InvalidSettings("A column has no header.", hint="Give it one.", key=column.key)
    if len(header) > LONGEST_HEADER:
        raise InvalidSettings(
            "That header is too long.", hint=f"Use at most {LONGEST_HEADER} characters.", key=column.key
        )
    if [other.header.casefold() for other in sheet.columns].count(header.casefold()) > 1:
        raise InvalidSettings(
            f"Two columns would be called “{header}”.", hint="Give one of them another header.", key=column.key
        )
