"""Create, change, copy, pause, preview and delete importers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice

from importers import schedule as timetable
from importers.errors import ImporterError, InvalidSettings
from importers.interfaces import Clock, Source, Store
from importers.model import (
    EXCEL,
    GOOGLE_SHEETS,
    Actor,
    Choice,
    Column,
    Connection,
    Draft,
    EntityInfo,
    Every,
    Forecast,
    Frozen,
    Glance,
    Importer,
    Mode,
    Preview,
    Refresh,
    Role,
    Row,
    Run,
    Schedule,
    Selection,
    Size,
    Target,
    Vanished,
)
from importers.questions import answered
from importers.services import mirrors
from importers.services.access import require
from importers.services.accounts import Accounts
from importers.services.kinds import Kinds
from importers.services.outlook import Outlook, outlook
from importers.services.targets import USUAL_KEY, aimed, check_apart, check_key, places
from importers.tables.frozen import first_sight, fitted, selected

LONGEST_NAME = 200
MOST_PREVIEW_ROWS = 100
_ASK = "ask Pipedrive"


@dataclass(frozen=True, slots=True)
class ImporterCard:
    """
    One line of the list: an importer, the connection it reads from, its newest
    run (None before the first), and the connection it writes with (None for a
    workbook, which needs none).
    """

    importer: Importer
    connection: Connection
    last_run: Run | None
    writes_with: Connection | None = None

    @property
    def refused(self) -> Connection | None:
        """The connection that must be reconnected before it goes on by itself."""
        both = (self.connection, self.writes_with)
        return next((one for one in both if one is not None and not one.works), None)


Sizes = Callable[[Actor, int], Mapping[str, Size]]


class Importers:
    """*sizes* says how many records a connection has of each entity, as far as anybody remembers; it asks nobody."""

    def __init__(self, *, store: Store, accounts: Accounts, kinds: Kinds, sizes: Sizes, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._kinds = kinds
        self._sizes = sizes
        self._clock = clock

    def glances(self, actor: Actor) -> Sequence[Glance]:
        """Every importer of the workspace, by name, as much of it as there may be thousands of."""
        return self._store.glances(actor.workspace.id)

    def cards(self, actor: Actor, *, only: Collection[int] | None = None) -> Sequence[ImporterCard]:
        """Every importer of the workspace, by name; or of *only* these."""
        workspace_id = actor.workspace.id
        connections = {connection.id: connection for connection in self._store.connections(workspace_id)}
        last_runs = self._store.last_runs(workspace_id, only=only)
        return [
            ImporterCard(
                importer,
                connections[importer.connection_id],
                last_runs.get(importer.id),
                connections.get(importer.target.connection_id or 0),
            )
            for importer in self._store.importers(workspace_id, only=only)
            if importer.connection_id in connections
        ]

    def get(self, actor: Actor, importer_id: int) -> Importer:
        return self._store.importer(actor.workspace.id, importer_id)

    def create(self, actor: Actor, draft: Draft, *, start_anyway: bool = False) -> Importer:
        """
        Its schedule begins after the first run that succeeds, or at once with *start_anyway*.

        Raises InvalidSettings: a name that is empty or another importer's (the
        fact `field` is then "name"), unknown entity or column, bad sheet name,
        target taken by another importer (names it), bad schedule; a mode that
        the destination does not know ("mode"), no column that tells rows apart
        ("key"), no account to write with ("destination").

        A target at Google may name the spreadsheet by its address, or none
        (`place` is empty): then one called `place_name` is created, last of
        all, once everything else is right. What is saved has its id and title.
        """
        require(actor, Role.EDITOR, "create importers")
        draft = self._checked(actor, draft, before=None)
        now = self._clock.now()
        next_run_at = timetable.next_run_after(draft.schedule, now) if start_anyway else None
        importer = self._store.add_importer(
            actor.workspace.id, draft, next_run_at=next_run_at, now=now, starts_after_success=not start_anyway
        )
        try:
            # The store guards the first sheet only; of two made at once, each sees the other by now.
            self._check_apart(actor, draft, importer)
        except InvalidSettings:
            self._store.remove_importer(actor.workspace.id, importer.id)
            raise
        return importer

    def change(self, actor: Actor, importer_id: int, draft: Draft, *, start_anyway: bool = False) -> Importer:
        """
        As `create`; a schedule that stays the same keeps its next turn. One
        that has begun goes on, unless from now on something else is read or
        written: then that has to succeed first.
        """
        require(actor, Role.EDITOR, "change importers")
        before = self.get(actor, importer_id)
        draft = self._checked(actor, draft, before=before)
        # Others were asked for a while: what becomes of its turns is for the store, which knows what happened meanwhile.
        now = self._clock.now()
        return self._store.change_importer(
            actor.workspace.id,
            importer_id,
            draft,
            next_turn=partial(timetable.next_run_after, now=now),
            now=now,
            start_anyway=start_anyway,
        )

    def copy_of(self, actor: Actor, importer_id: int) -> Draft:
        """A draft like the importer, name and sheet made free ("Copy of ...", "Deals (2)"); nothing is saved."""
        importer = self.get(actor, importer_id)
        others = self._store.importers(actor.workspace.id)
        place = importer.target.place.casefold()
        taken = [target for other in others for target in places(self._kinds, other.target, other.selection)]
        sheets = [target.sheet for target in taken if target.place.casefold() == place]
        sheet = self._kinds.free_sheet_name(importer.target.kind, importer.target.sheet, sheets)
        return Draft(
            name=_free_name(importer.name, {other.name.casefold() for other in others}),
            connection_id=importer.connection_id,
            selection=importer.selection,
            target=replace(importer.target, sheet=sheet, table="", takes_over=False),
            schedule=importer.schedule,
        )

    def pause(self, actor: Actor, importer_id: int) -> Importer:
        """It is no longer run by its schedule; by hand it still can be."""
        require(actor, Role.EDITOR, "pause importers")
        return self._store.pause_importer(actor.workspace.id, importer_id, now=self._clock.now())

    def resume(self, actor: Actor, importer_id: int) -> Importer:
        """Its schedule counts again, from now: turns missed in the pause are not made up for."""
        require(actor, Role.EDITOR, "resume importers")
        now = self._clock.now()
        return self._store.resume_importer(
            actor.workspace.id, importer_id, next_turn=partial(timetable.next_run_after, now=now), now=now
        )

    def followers(self, actor: Actor, importer_id: int) -> Sequence[Importer]:
        """Those that run after it, and keep it from being deleted."""
        schedules = [(one, one.schedule) for one in self._store.importers(actor.workspace.id)]
        return [one for one, its in schedules if its.every is Every.AFTER and its.after_id == importer_id]

    def delete(self, actor: Actor, importer_id: int) -> None:
        """Forgets the importer and its runs; the sheet it wrote stays. Raises InvalidSettings while others follow it."""
        require(actor, Role.EDITOR, "delete importers")
        importer = self.get(actor, importer_id)
        self._store.remove_importer(actor.workspace.id, importer_id)
        mirrors.forget(self._kinds.mirror(importer))

    def sweep(self) -> int:
        """Forget what is remembered of importers that are gone, across all workspaces; of how many."""
        return mirrors.sweep(self._kinds.mirrors(), self._store)

    def entities(self) -> Sequence[EntityInfo]:
        return self._kinds.entities()

    def columns(self, actor: Actor, connection_id: int, entity: str) -> tuple[Column, ...]:
        require(actor, Role.EDITOR, _ASK)
        self._check_entity(entity)
        with self._accounts.source(self._store.connection(actor.workspace.id, connection_id)) as source:
            return source.columns(entity)

    def filters(self, actor: Actor, connection_id: int, entity: str) -> Sequence[Choice]:
        require(actor, Role.EDITOR, _ASK)
        self._check_entity(entity)
        with self._accounts.source(self._store.connection(actor.workspace.id, connection_id)) as source:
            return source.filters(entity)

    def preview(self, actor: Actor, draft: Draft, *, rows: int = 20) -> Preview:
        """The first rows exactly as a run would write them; writes nothing. Editors only: nobody else chooses what is read."""
        require(actor, Role.EDITOR, _ASK)
        draft = _in_one_zone(draft)
        self._check_entity(draft.selection.entity)
        wanted = min(rows, MOST_PREVIEW_ROWS, draft.selection.limit or MOST_PREVIEW_ROWS)
        selection = replace(draft.selection, limit=wanted, time_zone=self._zone_shown(actor, draft))
        with self._accounts.source(self._store.connection(actor.workspace.id, draft.connection_id)) as source:
            found = _first_rows(source, selection, wanted)
        is_limit = len(found.rows) == draft.selection.limit
        return replace(found, is_whole=not found.notes and (is_limit or len(found.rows) < wanted))

    def _zone_shown(self, actor: Actor, draft: Draft) -> str:
        """In which moments will be written, where the place says so at once; else that of the importer."""
        zone = draft.selection.time_zone
        if draft.target.kind != GOOGLE_SHEETS or not draft.target.place.strip():
            return zone
        with (
            suppress(ImporterError),
            self._accounts.destination(actor.workspace.id, draft.target, hurries=True) as destination,
        ):
            return destination.zone_of(draft.target) or zone
        return zone

    def forecast(
        self, actor: Actor, draft: Draft, *, importer_id: int | None = None, preview: Preview | None = None
    ) -> Outlook:
        """
        What a write would do to the place of *draft*, which is or will be that
        importer. A *preview* of it tells which columns there will be, and how
        many records where it is whole; else what is remembered of earlier
        counts is taken. Asks the destination, unless that is to be created;
        errors as `create`: also where cells are in the way.
        """
        require(actor, Role.EDITOR, "ask the destination")
        before = None if importer_id is None else self.get(actor, importer_id)
        target = aimed(draft.target, before.target if before else None, self._kinds)
        is_whole = preview is not None and preview.is_whole
        records = Size(len(preview.rows)) if preview and is_whole else self._size_of(actor, draft)
        columns = draft.selection.frozen.columns if draft.selection.frozen else preview.columns if preview else ()
        return outlook(
            target, self._met(actor, target, columns, before), records, keeps_missing=draft.selection.keeps_missing
        )

    def address(self, actor: Actor, importer_id: int, *, finds_tab: bool = False) -> str:
        """
        Where a browser shows what the importer wrote; empty where only our own
        pages can. Asks nobody, unless it is to find the tab wherever its owner
        moved it; where that does not work, the spreadsheet has to do.
        """
        target = self.get(actor, importer_id).target
        if target.kind != GOOGLE_SHEETS:
            return ""
        found = ""
        if finds_tab:
            with (
                suppress(ImporterError),
                self._accounts.destination(actor.workspace.id, target, hurries=True) as destination,
            ):
                found = destination.address(target)
        return self._kinds.google_address(target, found)

    def _met(self, actor: Actor, target: Target, columns: Sequence[Column], before: Importer | None) -> Forecast:
        if target.kind == GOOGLE_SHEETS and not target.place:
            return Forecast(0, (f"A spreadsheet called “{target.place_name}” will be created.",))
        with self._accounts.destination(actor.workspace.id, target, hurries=True) as destination:
            found = aimed(destination.prepare(target), before.target if before else None, self._kinds)
            return destination.forecast(found, columns)

    def _size_of(self, actor: Actor, draft: Draft) -> Size | None:
        """How many records *draft* reads, at most where it picks some of them."""
        selection = draft.selection
        size = self._sizes(actor, draft.connection_id).get(selection.entity)
        picks = selection.filter_id is not None or bool(selection.statuses)
        if size is not None:
            size = replace(size, is_exact=size.is_exact and not picks)
        if selection.limit is None:
            return size
        if size is None:
            return Size(selection.limit, is_exact=False)
        return replace(size, records=min(size.records, selection.limit))

    def _checked(self, actor: Actor, draft: Draft, *, before: Importer | None) -> Draft:
        """The destination comes last: a spreadsheet is created only for what will be saved."""
        draft = _thawed(_in_one_zone(replace(draft, name=_checked_name(draft.name))), before)
        self._check_name_is_free(actor, draft.name, before)
        timetable.check(draft.schedule)
        if before is None or not _is_due_the_same(before, draft):
            timetable.check_goes_on(draft.schedule, self._clock.now())
        self._check_chain(actor, draft.schedule, before)
        self._check_selection(draft.selection)
        draft = replace(draft, target=aimed(draft.target, before.target if before else None, self._kinds))
        if draft.target.kind == EXCEL:
            self._check_place(actor, draft, before)
            return self._with_columns(actor, draft, before)
        self._accounts.writes_with(actor.workspace.id, draft.target)
        draft = self._with_key(actor, self._with_columns(actor, draft, before))
        if before and _writes_the_same(before, draft):
            self._check_apart(actor, draft, before)
            return draft
        return self._placed(actor, draft, before)

    def _check_selection(self, selection: Selection) -> None:
        """What can be judged without asking Pipedrive."""
        entity = self._check_entity(selection.entity)
        unknown = [status for status in selection.statuses if status not in entity.statuses]
        if unknown:
            raise InvalidSettings(
                f"{entity.label} have no status {', '.join(unknown)}.",
                hint=f"Choose from: {', '.join(entity.statuses)}." if entity.statuses else "Choose no status.",
            )
        if selection.filter_id is not None and not entity.takes_filter:
            raise InvalidSettings(f"{entity.label} take no filter.", hint="Choose none.")
        answered(entity.label, entity.questions, selection.options)
        if selection.refresh is not Refresh.EVERYTHING and not entity.tells_changes:
            raise InvalidSettings(
                f"Pipedrive does not tell what changed among {entity.label.lower()}.",
                hint="Choose to read everything, every time.",
            )
        if selection.vanished is not Vanished.REMOVE and not entity.tells_apart:
            raise InvalidSettings(
                f"{entity.label} have no ids, so nobody can tell which ones were removed.",
                hint="Choose to remove their rows.",
            )
        if selection.limit is not None and selection.limit < 1:
            raise InvalidSettings("The number of rows must be at least 1.", hint="Leave it empty to import all.")

    def _check_entity(self, name: str) -> EntityInfo:
        by_name = {entity.name: entity for entity in self._kinds.entities()}
        if name not in by_name:
            raise InvalidSettings(
                f"There is nothing called {name!r} to import.", hint=f"Choose one of: {', '.join(by_name)}."
            )
        return by_name[name]

    def _check_chain(self, actor: Actor, schedule: Schedule, before: Importer | None) -> None:
        """The store looks once more when it is saved: of two that are saved at once, each may have missed the other."""
        if schedule.every is not Every.AFTER or schedule.after_id is None:
            return
        ours = self._store.importers(actor.workspace.id)
        pairs = [(one.id, one.schedule.after_id) for one in ours if one.schedule.every is Every.AFTER]
        leaders = {follower: leader for follower, leader in pairs if leader is not None}
        names = {one.id: one.name for one in ours}
        timetable.check_chain(names, leaders, before.id if before else None, schedule.after_id)

    def _check_name_is_free(self, actor: Actor, name: str, before: Importer | None) -> None:
        """A name that stays the same stays, even one that two importers share from before."""
        if before and before.name.casefold() == name.casefold():
            return
        taken = [other.name for other in self._store.importers(actor.workspace.id)]
        if found := next((other for other in taken if other.casefold() == name.casefold()), None):
            raise InvalidSettings(
                f"There is an importer called “{found}” already.", hint="Give this one another name.", field="name"
            )

    def _check_place(self, actor: Actor, draft: Draft, before: Importer | None) -> None:
        """Whether its tables are nobody else's, and could be written."""
        self._check_apart(actor, draft, before)
        with self._accounts.destination(actor.workspace.id, draft.target, hurries=True) as destination:
            for target in places(self._kinds, draft.target, draft.selection):
                destination.check(target)

    def _check_apart(self, actor: Actor, draft: Draft, before: Importer | None) -> None:
        others = self._store.importers(actor.workspace.id)
        check_apart(self._kinds, draft, [one for one in others if before is None or one.id != before.id])

    def _placed(self, actor: Actor, draft: Draft, before: Importer | None) -> Draft:
        """With the target as it is kept: found, or created."""
        with self._accounts.destination(actor.workspace.id, draft.target, hurries=True) as destination:
            target = destination.prepare(draft.target, time_zone=draft.schedule.time_zone)
        # An address out of a browser is another way to write a place that stays the same.
        draft = replace(draft, target=aimed(target, before.target if before else None, self._kinds))
        self._check_place(actor, draft, before)
        return draft

    def _with_key(self, actor: Actor, draft: Draft) -> Draft:
        """With the column that tells rows apart, where that counts."""
        if draft.target.mode is not Mode.UPDATE:
            return replace(draft, target=replace(draft.target, key=""))
        target = replace(draft.target, key=draft.target.key or USUAL_KEY)
        headers = self._kinds.headers(draft.selection.entity)
        check_key(target, self._chosen_keys(actor, draft), headers.get(target.key, target.key))
        return replace(draft, target=target)

    def _chosen_keys(self, actor: Actor, draft: Draft) -> Sequence[str]:
        selection = draft.selection
        if selection.columns is not None:
            return selection.columns
        if selection.frozen is not None:
            return selection.frozen.keys
        columns = self.columns(actor, draft.connection_id, selection.entity)
        return [column.key for column in columns if column.usual]

    def _with_columns(self, actor: Actor, draft: Draft, before: Importer | None) -> Draft:
        """Those chosen, fitted to the sheet there is. Asks Pipedrive, so only when there is something new to ask."""
        connection = self._store.connection(actor.workspace.id, draft.connection_id)
        selection = draft.selection
        if selection.columns is None or (before and _asks_for_the_same(before, draft)):
            return draft
        if not selection.columns:
            raise InvalidSettings("No column is chosen.", hint="Choose at least one column.", field="columns")
        with self._accounts.source(connection) as source:
            columns = source.columns(selection.entity)
        return replace(draft, selection=_fitted(selection, selection.columns, columns))


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidSettings("The importer has no name.", hint="Give it one, such as “Deals to Excel”.", field="name")
    if len(name) > LONGEST_NAME:
        raise InvalidSettings(
            "The importer's name is too long.", hint=f"Use at most {LONGEST_NAME} characters.", field="name"
        )
    return name


def _in_one_zone(draft: Draft) -> Draft:
    return replace(draft, selection=replace(draft.selection, time_zone=draft.schedule.time_zone))


def _thawed(draft: Draft, before: Importer | None) -> Draft:
    """Another account or another sort of record makes another sheet: nothing is left of its columns."""
    if before is None or _reads_the_same(before, draft):
        return draft
    return replace(draft, selection=replace(draft.selection, frozen=None))


def _fitted(selection: Selection, chosen: Sequence[str], columns: Sequence[Column]) -> Selection:
    frozen = selection.frozen or Frozen(())
    known = {*(column.key for column in columns), *frozen.keys}
    unknown = [key for key in chosen if key not in known]
    if unknown:
        raise InvalidSettings(
            f"These columns do not exist (any more): {', '.join(unknown)}.",
            hint="Choose from the columns there are.",
            field="columns",
        )
    if selection.frozen is None:
        by_key = {column.key: column for column in columns}
        return selected(selection, first_sight((by_key[key] for key in dict.fromkeys(chosen)), columns))
    return selected(selection, fitted(frozen, chosen, columns))


def _reads_the_same(before: Importer, draft: Draft) -> bool:
    return (before.connection_id, before.selection.entity) == (draft.connection_id, draft.selection.entity)


def _asks_for_the_same(before: Importer, draft: Draft) -> bool:
    return _reads_the_same(before, draft) and before.selection.columns == draft.selection.columns


def _is_due_the_same(before: Importer, draft: Draft) -> bool:
    """The zone is the one of the sheet, too: who changes it need not mean the schedule."""
    return replace(draft.schedule, time_zone=before.schedule.time_zone) == before.schedule


def _writes_the_same(before: Importer, draft: Draft) -> bool:
    """Nothing to ask the destination again: a name or a schedule can be changed while it does not answer."""
    return (before.target, before.selection.vanished) == (draft.target, draft.selection.vanished)


def _free_name(name: str, taken: set[str]) -> str:
    wanted = f"Copy of {name}"[: LONGEST_NAME - 10]
    names = (wanted if number == 1 else f"{wanted} ({number})" for number in count(1))
    return next(free for free in names if free.casefold() not in taken)


def _first_rows(source: Source, selection: Selection, wanted: int) -> Preview:
    reading = source.open(selection, is_glance=True)
    pages = reading.pages()
    rows: tuple[Row, ...] = tuple(islice((row for page in pages for row in page.rows), wanted))
    return Preview(reading.columns, rows, tuple(reading.notes))
