"""
The values everything else speaks in. All are frozen: a changed value is a new one.

Moments end in `_at`, are aware and in UTC. Ids are integers, unique within
their table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from importers.secret import Secret

PIPEDRIVE = "pipedrive"
"""The kind of source there is."""

EXCEL, GOOGLE_SHEETS = "excel", "google_sheets"
"""The kinds of destinations there are; to write to the latter one signs in with a connection."""

# --- tables -----------------------------------------------------------------

Cell = None | str | int | float | bool | date | datetime | time | timedelta
"""
What a destination receives. A `datetime` is naive and already in the
importer's time zone; a `time` is a time of day; a `timedelta` a duration.
"""

Row = Sequence[Cell]


class ColumnKind(StrEnum):
    """How the cells of a column are stored and shown."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"
    TIME = "time"
    DURATION = "duration"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column of a table.

    `key` is stable and never shown by default; `header` is what people read,
    unique within its table. `usual` columns are taken unless the owner chose.
    `field` is what the account calls the field it shows; empty for the
    vendor's own columns.
    """

    key: str
    header: str
    kind: ColumnKind = ColumnKind.TEXT
    group: str = ""
    usual: bool = True
    field: str = ""


@dataclass(frozen=True, slots=True)
class Frozen:
    """
    The columns of a sheet that was written, in its order and under its headers.

    Each column's `field` is the name the owner last agreed to, `header` what
    stands in the sheet. `known` holds the keys of the usual columns there were
    when the owner was last asked: only others are new. `empty` holds the keys
    of columns that are gone in Pipedrive and stay because the owner said so.
    """

    columns: tuple[Column, ...]
    known: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.key for column in self.columns)

    @property
    def headers(self) -> dict[str, str]:
        """By key."""
        return {column.key: column.header for column in self.columns}


class Happening(StrEnum):
    """What can become of a field."""

    RENAMED = "renamed"
    ADDED = "added"
    DELETED = "deleted"
    REPLACED = "replaced"  # deleted, and a new one of the same name created


@dataclass(frozen=True, slots=True)
class FieldChange:
    """
    Something to decide: a field is no longer what a sheet's columns were frozen for.

    `key` and `name` are those the field has now, or had before it was deleted;
    `before` is the name of a renamed field, the key of a replaced one.
    `columns` are the field's, as Pipedrive has them; those of the sheet, where
    it was deleted.
    """

    what: Happening
    key: str
    name: str
    columns: tuple[Column, ...]
    before: str = ""

    @property
    def id(self) -> str:
        """Names it among the changes of one importer."""
        return f"{self.what}:{self.key}"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reading saw: the sheet's columns from now on, and what there is to decide about them."""

    frozen: Frozen
    changes: tuple[FieldChange, ...] = ()


# --- recipes ----------------------------------------------------------------


class Refresh(StrEnum):
    """What a run reads again: everything, or only what changed, and everything now and then."""

    EVERYTHING = "everything"
    DAILY = "daily"
    WEEKLY = "weekly"


class Vanished(StrEnum):
    """What becomes of the row of a record that is no longer there."""

    REMOVE = "remove"
    KEEP = "keep"
    MARK = "mark"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Selection:
    """
    What to read. `columns` holds column keys in sheet order, or None for the
    usual ones; `filter_name` is kept beside `filter_id` so that it can be
    shown without asking Pipedrive. `time_zone` (IANA) is the zone moments are
    shown in. `frozen` is how the sheet has its columns, None until it was
    written for the first time; with it `columns` only says which are wanted.
    `options` answers the entity's own questions, by their names; what is left
    out is taken as usual.
    """

    entity: str
    columns: tuple[str, ...] | None = None
    filter_id: int | None = None
    filter_name: str = ""
    statuses: tuple[str, ...] = ()
    limit: int | None = None
    time_zone: str = "UTC"
    frozen: Frozen | None = None
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refresh: Refresh = Refresh.EVERYTHING
    vanished: Vanished = Vanished.REMOVE

    @property
    def keeps_missing(self) -> bool:
        """Whether a row that was not read may stay: its owner wants so, or not all was read."""
        return self.vanished in (Vanished.KEEP, Vanished.MARK) or self.limit is not None


@dataclass(frozen=True, slots=True)
class MirrorFile:
    """
    Where a source may keep what an importer read, for its next run. `account`
    says with whose eyes: others may see something else. `company` says whose
    records they are; empty where nobody knows.
    """

    path: Path
    account: str
    company: str = ""


class Mode(StrEnum):
    """How a table meets what is already there."""

    REPLACE = "replace"
    APPEND = "append"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Target:
    """
    Where to write, and how.

    For kind `excel`, `place` is the workbook's name without folder or ending,
    `sheet` the worksheet's name; the rest is not asked. For `google_sheets`,
    `place` is the id of the spreadsheet (empty: one called `place_name` is to
    be created), `sheet` the title of the tab and `connection_id` who signs in.
    `start` is the cell of the first header when the table is first written;
    from then on it is found by `table`, the name it has in the spreadsheet's
    metadata, wherever its owner moved it. `key` is the key of the column that
    tells rows apart for UPDATE.

    `stamps_rows` adds a column that says when each row was last written,
    `skips_unchanged` leaves alone what is there already, `fills_formulas`
    continues formulas beside the table in new rows, `explains_headers` puts
    notes on the headers, `takes_over` writes over what is not ours.

    `is_second` is the place for the rows of removed records: its owner did not
    name it, so what Pipesheet did not write is never replaced there.
    """

    kind: str
    place: str
    sheet: str
    connection_id: int | None = None
    place_name: str = ""
    start: str = "A1"
    mode: Mode = Mode.REPLACE
    key: str = ""
    table: str = ""
    stamps_rows: bool = False
    skips_unchanged: bool = True
    fills_formulas: bool = False
    explains_headers: bool = False
    takes_over: bool = False
    is_second: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One handing over of a table. `run` names it: however often it is tried, the
    table is written once. `at` is when the run began. `keeps_missing`: for
    UPDATE, rows of records that are not in the table stay as they are.
    """

    run: str = ""
    at: datetime | None = None
    keeps_missing: bool = False


class Every(StrEnum):
    """The rhythm of a schedule."""

    MANUAL = "manual"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    MONTHS = "months"
    CRON = "cron"
    AFTER = "after"


class Missed(StrEnum):
    """What becomes of runs that were due while nothing was running."""

    ONCE = "once"
    SKIP = "skip"


WORKING_DAY = 7
"""As a day of the week: any from Monday to Friday."""

LAST = -1
"""As a day, or the how-manieth weekday, of a month: the last."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    When to run, in the owner's zone.

    `number` is the N of "every N minutes/hours/days/months"; `weekdays` limits
    minutes, hours and days to those days (0 = Monday; empty = all). `at` is the
    time of day for DAYS and MONTHS, `more_times` are others.

    MINUTES and HOURS count from midnight, `minute` minutes later (so that not
    everybody's importers start at :00), or from `opens` to `closes`, both
    included; where it closes before it opens, that is on the next day.

    MONTHS falls on `month_day` (LAST, or 1 to 31; in shorter months the last
    day), or where `nth` is not 0 on the nth (1 to 4, LAST) `nth_day` of the
    week (0 = Monday, WORKING_DAY).

    CRON is due as `cron` says, AFTER when the importer `after_id` succeeded.
    Nothing is due before `starts_on` or after `ends_on`, in that zone.
    """

    every: Every = Every.MANUAL
    number: int = 1
    weekdays: tuple[int, ...] = ()
    at: time = time(9, 0)
    time_zone: str = "UTC"
    more_times: tuple[time, ...] = ()
    minute: int = 0
    opens: time | None = None
    closes: time | None = None
    month_day: int = 1
    nth: int = 0
    nth_day: int = 0
    cron: str = ""
    after_id: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    missed: Missed = Missed.ONCE

    @property
    def times(self) -> tuple[time, ...]:
        """Of the day, for DAYS and MONTHS, in order."""
        return tuple(sorted({self.at, *self.more_times}))


@dataclass(frozen=True, slots=True)
class Draft:
    """
    An importer as the editor holds it, before it has an id.

    An importer lives in one time zone, that of its schedule: whatever zone the
    selection holds, the one of the schedule takes its place when it is saved,
    shown or run.
    """

    name: str
    connection_id: int
    selection: Selection
    target: Target
    schedule: Schedule = Schedule()


@dataclass(frozen=True, slots=True)
class Importer:
    """
    A saved recipe: what to read, which columns, where to write, and when; all of it in one time zone.
    `changes` is what its owner has not decided yet about fields that changed in Pipedrive.
    `paused_because` is why it was paused without anybody asking for it, `missed_at` the last
    turn that was left out because nothing was running then; None once one was taken.
    `starts_after_success`: no run of what it reads and writes by now has succeeded, so
    that nothing starts it by itself until one did.
    """

    id: int
    workspace_id: int
    name: str
    connection_id: int
    selection: Selection
    target: Target
    schedule: Schedule
    paused: bool
    next_run_at: datetime | None
    created_at: datetime
    updated_at: datetime
    changes: tuple[FieldChange, ...] = ()
    paused_because: Trouble | None = None
    missed_at: datetime | None = None
    starts_after_success: bool = False


def task_of(one: Importer | Draft) -> tuple[Any, ...]:
    """What a run has to do, from where to where: once it worked, it will work again. Columns do not count."""
    selection, target = one.selection, one.target
    return (
        (one.connection_id, selection.entity, selection.filter_id, selection.statuses, dict(selection.options)),
        (target.kind, target.connection_id, target.place, target.sheet, target.mode, target.key),
    )


# --- people and accounts ------------------------------------------------------


class Role(StrEnum):
    """What a member of a workspace may do: viewers look, editors change, owners also link accounts."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class User:
    """`session_mark` is what their sessions must carry: a new one ends them all."""

    id: int
    email: str
    created_at: datetime
    session_mark: str = field(default="0", repr=False)


@dataclass(frozen=True, slots=True)
class Workspace:
    id: int
    name: str
    time_zone: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: every service that touches an object takes one and checks it."""

    user: User
    workspace: Workspace
    role: Role


class ConnectionStatus(StrEnum):
    WORKING = "working"
    NEEDS_RECONNECTING = "needs reconnecting"


class SignIn(StrEnum):
    """How an account is signed in to."""

    API_TOKEN = "API token"  # noqa: S105 - the words for it
    OAUTH = "OAuth"
    SERVICE_ACCOUNT = "service account"


@dataclass(frozen=True, slots=True)
class Account:
    """
    Whose secret it is, as the vendor says; the ids are 0 where it was linked
    before they were kept. At Google `company` is "Google", `company_domain`
    its host, `user` and `email` the address of the account, which may change;
    `subject` is what Google knows it by for ever.
    """

    company: str
    company_domain: str
    user: str
    email: str
    time_zone: str = "UTC"
    company_id: int = 0
    user_id: int = 0
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """
    What a user granted to our app: an access token for a while, a refresh
    token for the next one, where to call, and what may be read. `granted_at`
    is when that was, by the vendor's clock, however often it was refreshed
    since; None where nobody kept it.
    """

    access_token: Secret
    refresh_token: Secret
    expires_at: datetime
    api_host: str
    scopes: tuple[str, ...]
    granted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a company pays Pipedrive for, as its owner says: the plan's name (in lower case) and how many users."""

    name: str
    seats: int


@dataclass(frozen=True, slots=True)
class PlanInfo:
    """
    A plan one can have: tokens a day for each user, and calls in the window of
    an API token and of an app (None where nobody says). `name` is kept, `label` shown.
    """

    name: str
    label: str
    daily: int
    burst: int | None
    app_burst: int | None


@dataclass(frozen=True, slots=True)
class Connection:
    """
    A linked account. `sealed` is the encrypted secret; only the vault opens it.
    It is empty once an uninstalled app made it worthless. `plan` is None until
    an owner entered it, which most need not. `scopes` are those granted to our
    app; an API token has none and may do what its user may. `trouble` says why
    it needs reconnecting; until that is done, its importers are paused.
    """

    id: int
    workspace_id: int
    kind: str
    account: Account
    sealed: bytes = field(repr=False)
    status: ConnectionStatus
    created_at: datetime
    checked_at: datetime
    plan: Plan | None = None
    sign_in: SignIn = SignIn.API_TOKEN
    scopes: tuple[str, ...] = ()
    trouble: Trouble | None = None

    @property
    def works(self) -> bool:
        return self.status is ConnectionStatus.WORKING

    def may_read(self, entity: EntityInfo) -> bool:
        """Whether the permissions suffice for *entity*, as far as an app's permissions go."""
        is_app = self.sign_in is SignIn.OAUTH
        return not (is_app and entity.scopes) or not set(self.scopes).isdisjoint(entity.scopes)

    @property
    def name(self) -> str:
        """Short, and still clear where there are several: a company at Pipedrive, an address at Google."""
        return self.account.company if self.kind == PIPEDRIVE else self.label

    @property
    def label(self) -> str:
        return f"{self.account.company} ({self.account.user})"


# --- runs -------------------------------------------------------------------


class Status(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    DONE_WITH_NOTES = "done with notes"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return self in _OVER


_OVER = frozenset({Status.DONE, Status.DONE_WITH_NOTES, Status.FAILED, Status.CANCELLED})


class Phase(StrEnum):
    """Where a run is, in the order a run goes through them."""

    QUEUED = "queued"
    CONNECTING = "connecting"
    READING = "reading"
    WRITING = "writing"
    FINISHED = "finished"


class Trigger(StrEnum):
    MANUAL = "manual"
    SCHEDULE = "schedule"
    CHAIN = "chain"  # another importer, which this one follows, succeeded


class Level(StrEnum):
    INFO = "info"
    NOTE = "note"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Cost:
    """What reading takes: requests, and the tokens Pipedrive charges for them."""

    requests: int = 0
    tokens: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.requests + other.requests, self.tokens + other.tokens)


@dataclass(frozen=True, slots=True)
class Size:
    """How many records of a sort there are, or at most are; *why* we think so, as a sentence."""

    records: int
    is_exact: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """
    What a run will cost, judged beforehand: from `least` to `most`. Where
    nobody can say how much it is at most, that is None. `why` is the reason.
    `can_ask` says that it is because nobody asked the vendor yet how many
    records there are.
    """

    least: Cost
    most: Cost | None
    why: str
    can_ask: bool = False


class Extent(StrEnum):
    """How much a run reads: everything there is, or only what changed since the last time."""

    FULL = "full"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Counts:
    """
    What a run has done so far. `rows_total` is None where nobody knows it.
    Runs of different `extent` have different prices, and so have those that
    read something else: `reads` tells these apart (see `services/prices.py`). What
    became of the rows is None where the place cannot tell.
    """

    rows_read: int = 0
    rows_written: int = 0
    rows_total: int | None = None
    columns: int = 0
    requests: int = 0
    tokens: int = 0
    waited: timedelta = timedelta()
    extent: Extent = Extent.FULL
    reads: str = ""
    rows_added: int | None = None
    rows_changed: int | None = None
    rows_removed: int | None = None

    @property
    def cost(self) -> Cost:
        return Cost(self.requests, self.tokens)


@dataclass(frozen=True, slots=True)
class Bulletin:
    """
    What a vendor said about itself, `at` some moment: a `state` in its own
    words, and the `subject` of the trouble it has `since` then, if any.
    """

    state: str
    is_well: bool
    subject: str
    since: datetime | None
    url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """
    Why a run failed or waits, for the page: what happened, and what to do.
    `bulletin` is how the vendor said it was then, where that may be the reason.
    `is_halfway` where part of the table shows already.
    """

    code: str
    message: str
    hint: str = ""
    reference: str = ""
    bulletin: Bulletin | None = None
    is_halfway: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """
    One execution of an importer. `attempt` counts how often it was taken up,
    `abandoned` how often its worker died under it. `in_line_since` is when it
    first looked in vain for its turn at what others have, until it gets it.
    """

    id: int
    workspace_id: int
    importer_id: int
    trigger: Trigger
    status: Status
    phase: Phase
    counts: Counts
    notes: tuple[str, ...]
    trouble: Trouble | None
    attempt: int
    cancel_requested: bool
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    heartbeat_at: datetime | None
    wake_at: datetime | None
    abandoned: int = 0
    in_line_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Glance:
    """
    What a long list of importers is ordered, counted and searched by: its name,
    the connections it reads and writes with, and what became of its newest run
    (`status` is None before the first; `trouble` is a code).
    """

    importer_id: int
    name: str
    connection_id: int
    destination_id: int | None = None
    status: Status | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a queued run stands. `at_work` runs of its connection are with workers
    or on their way to one; while it `is_held`, it is not on its way itself, and
    `ahead` others of its connection go first. Of the two that an importer into
    Google Sheets has it is the busier one: `writes`, where that is the one written with.
    """

    is_held: bool
    at_work: int
    ahead: int
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """
    A turn that has come: the moment `due_at`, or the success of the importer
    called `after`, where the schedule is to follow it.
    """

    importer_id: int
    workspace_id: int
    schedule: Schedule
    due_at: datetime
    after: str = ""


@dataclass(frozen=True, slots=True)
class Beginning:
    """
    What becomes of a turn: when the next one is, and the first line of the
    run's story. Without a line there is no run: the turn is left out, as missed.
    """

    next_run_at: datetime | None
    line: Line | None


@dataclass(frozen=True, slots=True)
class Ending:
    """
    How one attempt of a run ended. `wake_at` is set for a run that waits;
    every other ending is final. Where it `was_tried` not, only waited in line,
    it counts as no attempt.
    """

    status: Status
    counts: Counts
    notes: tuple[str, ...] = ()
    trouble: Trouble | None = None
    wake_at: datetime | None = None
    was_tried: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """Something to say in a run's story, before it has a number."""

    text: str
    level: Level = Level.INFO


@dataclass(frozen=True, slots=True)
class Pulse:
    """
    What a run's keeper needs to know: is the claim still `ours`, and has the
    owner asked it to stop?
    """

    ours: bool
    cancel_requested: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One numbered line in a run's story; numbers start at 1 and have no gaps."""

    run_id: int
    number: int
    at: datetime
    level: Level
    text: str


# --- what sources and destinations tell -----------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to pick by its name. `brings` are the keys of the columns that come along with it."""

    value: str
    label: str
    help: str = ""
    brings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    What an entity lets one choose beside filter, status and columns.

    One of `choices` is the answer, or any of them where `several` may be
    taken together. `usual` is what it is without an answer.
    """

    name: str
    label: str
    choices: tuple[Choice, ...]
    usual: tuple[str, ...]
    several: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class EntityInfo:
    """
    A sort of record one can read.

    `name` is the word used on the command line ("archived-deals"), `label` the
    one on the page; `group` is the heading it stands under. `tokens_per_page` is
    Pipedrive's price of one list request. `per` says for what one is made where
    it is not a page: "deal", "100 deals". `windows` are the parameters by which
    only what changed meanwhile can be asked for, `scopes` the permissions of
    which an app needs one, and `needs` what the account must have bought.
    `questions` are those that `Selection.options` answers.
    `tells_changes` says that it can be read by its changes alone,
    `tells_removals` that these hold what was removed, and `tells_apart` that
    its records have ids by which a removed one is noticed.
    """

    name: str
    label: str
    path: str
    version: str
    tokens_per_page: int
    page_size: int
    takes_filter: bool
    statuses: tuple[str, ...] = ()
    group: str = ""
    per: str = ""
    windows: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    needs: str = ""
    questions: tuple[Question, ...] = ()
    tells_changes: bool = False
    tells_removals: bool = False
    tells_apart: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, shaped and in the order of the reading's columns."""

    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a source has used up since it was opened."""

    requests: int = 0
    tokens: int = 0
    waited: timedelta = timedelta()


class Hold(StrEnum):
    """Why a call has to wait."""

    WINDOW = "window"  # only so many at a time, and others were first
    TOLD = "told"  # the vendor asked everybody to slow down
    BLOCKED = "blocked"  # the vendor lets nobody in for a while
    BUDGET = "budget"  # today's allowance is used up


@dataclass(frozen=True, slots=True)
class Turn:
    """
    A call's place in the line of all calls of one token.

    `wait` is how long until it may go, zero when it may go now; `place` keeps
    its position for whoever comes back after waiting.
    """

    ticket: str
    place: int = 0
    wait: timedelta = timedelta()
    why: Hold = Hold.WINDOW


@dataclass(frozen=True, slots=True)
class Reported:
    """How many there are of something, and how many were left when the vendor said so."""

    of: int | None
    left: int | None
    at: datetime

    @property
    def used(self) -> int | None:
        return None if self.of is None or self.left is None else self.of - self.left


@dataclass(frozen=True, slots=True)
class Standing:
    """
    What the vendor last said about the limits of one token: `burst` calls in
    its window, `budget` tokens of its company today; None: not said. For
    `blocked` and `spent` from now nobody calls, as far as is known.
    """

    burst: Reported | None = None
    budget: Reported | None = None
    blocked: timedelta = timedelta()
    spent: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Written:
    """
    What a destination wrote, and what the owner should know about it. What
    became of the rows is None where the place cannot tell.
    """

    rows: int
    columns: int
    place: str
    notes: tuple[str, ...] = ()
    added: int | None = None
    changed: int | None = None
    removed: int | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """
    What there is where a table will go, before it is written: how many rows of
    ours (None: the place does not tell), and what its owner should know.
    """

    rows_there: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """
    The first rows as they will look, and how far was looked where that was not
    to the end. `is_whole`: a run would write no others.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """
    A window onto a written sheet: `rows` from data row `first` (1-based).

    `total_rows` counts the data rows of the whole sheet, without the header.
    """

    headers: tuple[str, ...]
    kinds: tuple[ColumnKind, ...]
    rows: tuple[Row, ...]
    first: int
    total_rows: int


Facts = Mapping[str, Any]
