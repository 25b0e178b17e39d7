"""
The bargains between the parts, each a Protocol. Implementations are picked in
`bootstrap.py`; their promises are tested in `tests/contracts/`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from importers.model import (
    Account,
    Actor,
    Beginning,
    Choice,
    Column,
    Connection,
    ConnectionStatus,
    Cost,
    Counts,
    Delivery,
    Draft,
    Due,
    Ending,
    EntityInfo,
    Event,
    Extent,
    FieldChange,
    Forecast,
    Glance,
    Grant,
    Importer,
    Line,
    MirrorFile,
    Page,
    Phase,
    Place,
    Plan,
    Pulse,
    Role,
    Row,
    Run,
    Schedule,
    Selection,
    Sight,
    SignIn,
    Size,
    Standing,
    Status,
    Target,
    Trigger,
    Trouble,
    Turn,
    Usage,
    Workspace,
    Written,
)
from importers.notices import (
    Channel,
    ChannelKind,
    Incident,
    Letter,
    Notice,
    NoticeKind,
    Opening,
    Outgoing,
    Sending,
    SendingState,
    Telling,
    Watch,
    Watched,
)
from importers.secret import Secret


class Clock(Protocol):
    """Time, handed in. `now()` is aware and in UTC; `monotonic()` counts seconds."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


Tell = Callable[[str], None]
"""Say one line of a run's story, for the owner to read: no secret, no jargon."""

Stop = Callable[[], None]
"""Called often; raises RunStopped once the run was cancelled."""


def say_nothing(text: str) -> None:
    """A Tell for callers who do not listen."""


def never_stop() -> None:
    """A Stop for work nobody can cancel."""


NO_DELIVERY = Delivery()
"""Of nobody's run, so nothing is known about it another time."""


Leaving = Callable[[], bool]
"""Whether this process must end soon, and should hand back what it cannot finish."""


def never_leaving() -> bool:
    """A Leaving for processes nobody waits for."""
    return False


class Governor(Protocol):
    """
    Keeps the calls of one token under the vendor's limits, whoever makes them.

    Ask, wait as told, ask again with the turn you were given until its wait is
    zero, call, and hand back what the answer said.
    """

    def before_call(self, *, cost: int = 0, turn: Turn | None = None) -> Turn:
        """
        A turn to call, *cost* being its price. Whoever has to wait keeps a
        place in line: turns come in order, and in equal shares to the runs
        that wait. A turn that is BLOCKED or out of BUDGET has no place: give up.
        """

    def after_call(self, headers: Mapping[str, str], *, status: int = 200, turn: Turn | None = None) -> timedelta:
        """
        Learn from an answer; how long it keeps everybody from calling, zero
        when it does not. Every call ends with this: status 0 is one to which
        no answer will come, and without a word a call counts for half a minute.
        """

    def leave(self, turn: Turn) -> None:
        """Give up a place in line, or a turn: the call will not be made."""

    def block(self, span: timedelta) -> None:
        """The vendor shut this token out: nobody calls for so long."""

    def standing(self) -> Standing:
        """What was last said about the limits, and when. Asks nobody and changes nothing."""


class Quota(Protocol):
    """
    Keeps calls under limits by the minute that a project and its users share,
    whoever makes them. Ask, wait as told, ask again with the turn you were
    given until its wait is zero, call, and say when the answer is there.
    """

    def before_call(self, kind: str, turn: Turn | None = None) -> Turn:
        """
        A turn for a call of *kind* ("read" or "write"). Whoever waits stays in line
        by asking again at least once a second. Turns come in equal shares to the runs that wait.
        """

    def after_call(self, turn: Turn, *, refused_by: str = "") -> None:
        """
        An answer is there, or none will come. Where the vendor refused it for
        a limit, *refused_by* is whose: "user" or "project"; then nobody under
        that limit calls before the next minute. Without a word a call counts for some minutes.
        """

    def leave(self, turn: Turn) -> None:
        """Give up a place in line, or a turn: the call has certainly not arrived."""

    def beside(self) -> Self:
        """The same limits for another run, which gets an equal share."""


class Memo(Protocol):
    """Keeps what is worth knowing for a while, and may forget it any time. Never raises, never waits long."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes, span: timedelta) -> None: ...


class Grants(Protocol):
    """The grant of one connection, shared by all processes that use it. Safe to share between threads."""

    def current(self) -> Grant:
        """As far as this process knows; it may have ended."""

    def newer_than(self, old: Grant) -> Grant:
        """
        The one that came after *old*: refreshed by whoever is first, once.

        Raises:
            CredentialsRejected: there will be none.
            TemporaryError: not at the moment.
        """


class ConsentApp(Protocol):
    """Our app at the vendor, which users let in by pressing Allow there."""

    def consent_url(
        self, *, redirect_uri: str, state: str, verifier: Secret | None = None, login_hint: str = ""
    ) -> str:
        """
        The vendor's page that asks the user; it leads back to *redirect_uri* with *state* and a code. Of
        *verifier* (PKCE: 43 to 128 letters, digits, -._~) only a hash goes along, where the vendor knows of it;
        so does *login_hint*, the address of the account to propose.
        """

    def exchange(self, code: Secret, *, redirect_uri: str, verifier: Secret | None = None) -> Grant:
        """
        Trade the code, which is good once and for minutes, and only with the verifier it was asked for with.

        Raises:
            CredentialsRejected: it is not good (any more).
            InvalidSettings: the vendor does not know our app, or not at this address.
            TemporaryError: not at the moment.
        """

    def refresh(self, grant: Grant) -> Grant:
        """As `exchange`, for a refresh token; CredentialsRejected means that the user or the vendor ended it."""

    def revoke(self, grant: Grant) -> None:
        """Uninstall the app for the user whose grant it is; errors as above."""

    def is_us(self, client_id: str, client_secret: Secret) -> bool:
        """Whether somebody knows our credentials; takes as long for a wrong one as for the right one."""


class Reading(Protocol):
    """
    One selection, opened: its columns are known, its rows come page by page.

    `columns` are those of the frozen sheet, where the selection has one, with
    the same headers in the same order; `sight` says how to freeze them from
    now on, and what changed about their fields since they were.

    Only one page (and one read ahead) is in memory at a time. Rows of records
    that were removed may be for a second table, `removed_columns`, which is
    empty where there is none.
    """

    columns: tuple[Column, ...]
    removed_columns: tuple[Column, ...]
    notes: list[str]
    sight: Sight

    @property
    def total(self) -> int | None:
        """How many rows there will be, once that is known; it may become known while reading."""

    @property
    def received(self) -> int:
        """How many records came in so far, each counted once; their rows may follow later."""

    @property
    def extent(self) -> Extent:
        """How much is read; known once the first page is there."""

    @property
    def usage(self) -> Usage: ...

    def pages(self) -> Iterator[Page]:
        """
        The rows in the order of `columns`, each record exactly once.

        Raises:
            SetupError: the owner must change something first.
            TemporaryError: trouble that outlasted the retries.
            RunStopped: the Stop handed to `open` said so.
        """

    def removed_pages(self) -> Iterator[Page]:
        """The rows of the second table, once `pages` came to their end."""

    def keep(self) -> None:
        """
        Remember what was read, for the next run: everything is written. What
        cannot be remembered becomes a note; the next run then reads it again.
        """

    def close(self) -> None:
        """Let go of what the reading holds, wherever it broke off. May be called twice."""


class Source(Protocol):
    """Something records can be read from, signed in with one secret."""

    def hurried(self) -> Source:
        """
        The same, with usage counted together, for somebody who waits in front
        of a page from now on: trouble is told after seconds, not minutes.
        """

    def entities(self) -> Sequence[EntityInfo]: ...

    def account(self) -> Account:
        """Whose secret it is: the cheapest call that proves it works."""

    def filters(self, entity: str) -> Sequence[Choice]:
        """The saved filters of an entity, by name; empty where it takes none."""

    def columns(self, entity: str) -> tuple[Column, ...]:
        """Every column the entity can have, in the order proposed, headers unique."""

    def sizes(self, selection: Selection) -> Mapping[str, Size]:
        """How many records there are of what *selection* reads, asked for a few tokens; what nobody tells is left out."""

    def standing(self) -> Standing:
        """What was last said about the limits of this account. Asks nobody."""

    def open(
        self,
        selection: Selection,
        *,
        mirror: MirrorFile | None = None,
        is_glance: bool = False,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> Reading:
        """
        Check the selection (entity, filter, columns) and prepare to read it.
        Without *mirror* every reading is the first one. A glance gives up after
        a few dozen requests where records are rare, and its notes say how far
        it looked.

        Raises:
            InvalidSettings: unknown entity, column or status; the message lists what there is.
            NotThere: the filter does not exist or is not visible to this user.
        """

    @property
    def usage(self) -> Usage: ...


class Writing(Protocol):
    """
    A table on its way into its place. Use as a context manager.

    Nothing is visible to readers before `commit`; leaving without it leaves
    the place exactly as it was, and no files behind.
    """

    def expect(self, total_rows: int) -> None:
        """
        Tells the place how many rows are to come, as soon as that is known.

        Raises:
            NoRoom: they cannot fit.
        """

    def add(self, rows: Sequence[Row]) -> None:
        """
        Raises:
            NoRoom: more rows than the place can hold, or the disk is full.
        """

    def commit(self, *, still_ours: Stop = never_stop) -> Written:
        """
        Make the whole table visible at once, in place of the old one.
        *still_ours* is called as shortly before as can be; what it raises
        leaves the place as it was.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Destination(Protocol):
    """A place tables can be written to."""

    def prepare(self, target: Target, *, time_zone: str = "") -> Target:
        """
        *target* as it is kept from now on, when an importer is saved: a
        spreadsheet that is to be created is, in that zone (IANA) where the
        vendor knows it; an address becomes an id and its title. Errors as `check`.
        """

    def beside(self, target: Target) -> Target:
        """Where the removed rows of *target* go: a second place, named after it."""

    def check(self, target: Target, *, tell: Tell = say_nothing, stop: Stop = never_stop) -> None:
        """
        Raises InvalidSettings, AccessDenied, NotThere, CredentialsRejected or
        NoRoom where a write could not succeed, before anything is read; the
        hint names the step that helps.
        """

    def reserved(
        self,
        target: Target,
        *,
        delivery: Delivery = NO_DELIVERY,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> AbstractContextManager[None]:
        """
        Keeps other runs from writing there, as long as the context lasts, where
        that must be: who has read everything shall not find the place taken.

        Raises:
            NotOurTurn: another one writes there; nothing was read yet.
            RunStopped: as *stop* says.
        """

    def zone_of(self, target: Target) -> str | None:
        """The zone (IANA) in which the place shows moments; None where it has none of its own."""

    def forecast(self, target: Target, columns: Sequence[Column]) -> Forecast:
        """What a write would meet. Changes nothing; errors as `check`."""

    def address(self, target: Target) -> str:
        """Where a browser shows the table; empty where only Pipesheet can."""

    def begin(
        self,
        target: Target,
        columns: Sequence[Column],
        *,
        delivery: Delivery = NO_DELIVERY,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> Writing: ...


class Vault(Protocol):
    """Seals secrets for storage."""

    def seal(self, secret: Secret) -> bytes: ...

    def open(self, sealed: bytes) -> Secret:
        """Raises SetupError when none of the keys fits."""


class Locks(Protocol):
    """Names that only one holds at a time, across processes. One that dies lets go after a minute."""

    def hold(
        self, name: str, *, who: str = "", run: str = "", tell: Tell = say_nothing, stop: Stop = never_stop
    ) -> AbstractContextManager[Stop]:
        """
        Wait for *name*, and hold it until the `with` ends. It gives a Stop to
        ask while holding: it raises what *stop* raises, and TemporaryError
        once the name is no longer ours. Who came first gets it first; *who* is
        known by that when they come again, and others hear of *run*.

        Raises:
            NotOurTurn: others hold it for longer than a worker should wait; the place in line is kept up to
                some minutes after `retry_after`.
            TemporaryError: nobody can say who holds it.
            RunStopped: as *stop* says.
        """

    def leave(self, who: str) -> None:
        """
        Give back the places in line that *who* keeps, whatever for; what they
        hold they hold on. Never raises: a place that is not given back lapses.
        """


class Queue(Protocol):
    """Hands run ids to whoever executes them. May deliver twice, or lose some; never waits."""

    def run_import(self, run_id: int) -> None:
        """For a person who waits: before all that comes by itself."""

    def run_imports(self, run_ids: Sequence[int]) -> None:
        """In this order."""

    def waiting(self) -> int | None:
        """How many nobody has taken up yet; None where nobody can say."""


class Doorbell(Protocol):
    """ "Something new happened to run X", across processes. May be missed; never blocks the ringer."""

    def ring(self, run_id: int) -> None: ...

    def wait(self, run_id: int, seconds: float) -> None:
        """Return when run *run_id* rang, or after *seconds*."""


class Store(Protocol):
    """
    Everything that is kept.

    Each method is one transaction: it happens whole or not at all, also when
    several processes call at once. What belongs to a workspace is read and
    changed through it; NotThere is raised for an id that is not in it. Moments
    go in and come out aware and in UTC; the caller says what time it is.

    Raises TemporaryError while the database cannot be reached, NoRoom when its
    disk is full.
    """

    def ping(self) -> None:
        """Ask the database for a sign of life."""

    def close(self) -> None: ...

    # --- people ---

    def has_users(self) -> bool: ...

    def has_workspaces(self) -> bool: ...

    def prepare_workspace(
        self,
        name: str,
        *,
        time_zone: str,
        kind: str,
        account: Account,
        sealed: bytes,
        draft_for: Callable[[Connection], Draft],
        now: datetime,
    ) -> Workspace | None:
        """
        A workspace without members, in it a connection and the manual importer
        that *draft_for* makes of it, for the first owner to adopt. None, and
        nothing is changed, when there is a workspace already.
        """

    def add_workspace(self, name: str, *, time_zone: str, now: datetime) -> Workspace: ...

    def add_first_owner(
        self, email: str, password_hash: str, *, workspace_name: str, time_zone: str, now: datetime
    ) -> Actor | None:
        """
        The owner account, in the workspace that has no members yet if there is
        one, else in a new one. None when there is a user already.
        """

    def add_user(self, email: str, password_hash: str, *, workspace_id: int, role: Role, now: datetime) -> Actor:
        """Raises InvalidSettings when the e-mail address has an account."""

    def password_of(self, email: str) -> tuple[int, str] | None:
        """The id and the password's hash of the account, None when there is none."""

    def mark_sessions(self, user_id: int, mark: str, *, password_hash: str | None = None) -> None:
        """From now on sessions of the user must carry *mark*; with a new password, where there is one."""

    def actor(self, user_id: int) -> Actor | None: ...

    # --- connections ---

    def connections(self, workspace_id: int) -> Sequence[Connection]:
        """By company and user."""

    def connections_of(self, kind: str) -> Sequence[Connection]:
        """Those of a kind, across all workspaces, in the order in which they were made."""

    def app_connections(self, kind: str, account: Account) -> Sequence[Connection]:
        """Those signed in to by OAuth as the user that the ids, or the subject, of *account* name; across all workspaces."""

    def connection(self, workspace_id: int, connection_id: int) -> Connection: ...

    def keep_connection(
        self,
        workspace_id: int,
        kind: str,
        account: Account,
        sealed: bytes,
        *,
        sign_in: SignIn = SignIn.API_TOKEN,
        scopes: Sequence[str] = (),
        now: datetime,
    ) -> Connection:
        """A working connection; the one of the same kind, company and user is renewed instead of doubled."""

    def renew_connection(
        self,
        workspace_id: int,
        connection_id: int,
        account: Account,
        sealed: bytes,
        *,
        sign_in: SignIn = SignIn.API_TOKEN,
        scopes: Sequence[str] = (),
        now: datetime,
    ) -> Connection:
        """Raises InvalidSettings when another connection is linked to that account."""

    def mark_connection(
        self, workspace_id: int, connection_id: int, status: ConnectionStatus, *, now: datetime
    ) -> Connection: ...

    def refuse_connection(self, connection: Connection, trouble: Trouble, *, now: datetime) -> bool:
        """
        It needs reconnecting; False, and nothing changes, where that is known
        already or its secret is no longer the one in *connection*.
        """

    def forget_grant(self, connection: Connection) -> None:
        """Keep nothing of an OAuth secret, whichever it is by now."""

    def begin_refresh(self, connection: Connection, *, until: datetime, now: datetime) -> bool:
        """
        Take the turn to refresh the secret in *connection*, until somebody else
        may. False while others have it, or once the secret is another one.
        """

    def end_refresh(self, connection: Connection, *, until: datetime) -> None:
        """Give the turn back that was taken *until* then, with nothing to show for it."""

    def keep_grant(self, connection: Connection, sealed: bytes, *, scopes: Sequence[str]) -> bool:
        """Put a newer secret in place of the one in *connection*; False when that is gone."""

    def plan_connection(self, workspace_id: int, connection_id: int, plan: Plan | None) -> Connection:
        """Keep what the owner says the company pays for; renewing the connection does not change it."""

    def remove_connection(self, workspace_id: int, connection_id: int) -> None:
        """Raises InvalidSettings while an importer reads or writes with it."""

    # --- importers ---

    def importers(self, workspace_id: int, *, only: Collection[int] | None = None) -> Sequence[Importer]:
        """By name; of those with the ids *only* no more than that."""

    def glances(self, workspace_id: int) -> Sequence[Glance]:
        """One of each importer, by name: cheap where there are thousands."""

    def importer(self, workspace_id: int, importer_id: int) -> Importer: ...

    def add_importer(
        self,
        workspace_id: int,
        draft: Draft,
        *,
        next_run_at: datetime | None,
        now: datetime,
        starts_after_success: bool = False,
    ) -> Importer:
        """
        Raises InvalidSettings when another importer of the workspace has the
        target (upper and lower case alike), or when it would follow one that
        is not of the workspace, or itself by whatever way; NotThere when a
        connection it reads or writes with is not of the workspace, or not of
        that kind.
        """

    def change_importer(
        self,
        workspace_id: int,
        importer_id: int,
        draft: Draft,
        *,
        next_turn: Callable[[Schedule], datetime | None],
        now: datetime,
        start_anyway: bool = False,
    ) -> Importer:
        """
        As `add_importer`. What follows from the importer is decided from how it
        is when it is changed, whatever it was when somebody began to: a pause
        stays; one that has begun goes on unless it reads or writes something else
        from now on, which has to succeed first but for *start_anyway*; a schedule
        that stays the same keeps its turn, another one is due at *next_turn*.
        """

    def keep_columns(self, importer: Importer, selection: Selection, changes: Sequence[FieldChange]) -> bool:
        """
        The columns an importer's sheet has from now on, and what there is to
        decide about them. False, and nothing is kept, when its selection is no
        longer that of *importer*. Of *changes* only what *selection* leaves
        open is ever handed out.
        """

    def pause_importer(self, workspace_id: int, importer_id: int, *, now: datetime) -> Importer:
        """It has no next turn then."""

    def resume_importer(
        self, workspace_id: int, importer_id: int, *, next_turn: Callable[[Schedule], datetime | None], now: datetime
    ) -> Importer:
        """Due at *next_turn*, unless it has to succeed first; one that is not paused (any more) stays as it is."""

    def pause_failing(self, run: Run, trouble: Trouble, *, times: int, now: datetime) -> bool:
        """
        Pause the importer of *run*, because of *trouble*, if the last *times*
        of its runs that began by themselves failed for it (its code counts).
        Runs by hand do not count, but every success begins anew, and so does
        whoever resumes or changes it. False where there were fewer, or it is
        paused already.
        """

    def remove_importer(self, workspace_id: int, importer_id: int) -> None:
        """Together with its runs and their events. Raises InvalidSettings naming the importers that follow it."""

    # --- runs ---

    def add_run(self, importer: Importer, trigger: Trigger, *, now: datetime) -> tuple[Run, bool]:
        """
        A queued run, held until it is sent, and True; or the run of that
        importer that is not over yet, and False. However many ask at once,
        there is only one such run.
        """

    def run(self, workspace_id: int, run_id: int) -> Run: ...

    def runs(self, workspace_id: int, importer_id: int, *, limit: int, before: int | None = None) -> Sequence[Run]:
        """Newest first; with *before* those that are older than the run of that id."""

    def last_runs(self, workspace_id: int, *, only: Collection[int] | None = None) -> Mapping[int, Run]:
        """The newest run of each importer (of *only* these), by importer id."""

    def done_runs(
        self, workspace_id: int, *, each: int, only: Collection[int] | None = None
    ) -> Mapping[int, Sequence[Run]]:
        """The last *each* runs of every importer (of *only* these) that wrote its sheet, newest first, by importer id."""

    def spent_since(self, workspace_id: int, since: datetime) -> Mapping[int, Cost]:
        """What the runs that began since then cost, by importer id, whatever became of them."""

    def events(self, workspace_id: int, run_id: int, *, after: int = 0) -> Sequence[Event]:
        """Those numbered after *after*, in order; numbers start at 1 and have no gaps."""

    def cancel_run(self, workspace_id: int, run_id: int, *, line: Line, now: datetime) -> Run:
        """A queued or waiting run is over at once; a running one is asked to stop; one that is over stays as it is."""

    def claim_run(self, run_id: int, claim: str, *, now: datetime) -> Run | None:
        """
        Take up a queued run: it is then running, and only calls with *claim*
        change it. None when it is not queued (any more): of several callers
        one gets it.
        """

    def beat(self, run_id: int, claim: str, *, now: datetime) -> Pulse:
        """Say that the run's worker lives; nothing changes when the claim is lost."""

    def pulse(self, run_id: int, claim: str) -> Pulse:
        """As `beat`, without saying anything."""

    def save_progress(
        self, run_id: int, claim: str, *, phase: Phase, counts: Counts, lines: Sequence[Line], now: datetime
    ) -> bool:
        """False, and nothing is kept, when the claim is lost."""

    def end_run(
        self,
        run_id: int,
        claim: str,
        ending: Ending,
        *,
        lines: Sequence[Line],
        now: datetime,
        tried: Importer | None = None,
        next_turn: Callable[[Schedule], datetime | None] | None = None,
    ) -> bool:
        """
        False, and nothing is kept, when the claim is lost. With a success the
        turn has come of the importers that follow this one, but for those that
        are paused or not tried yet.

        *tried* is the importer as it was run. With a success it starts by
        itself from now on, unless it reads or writes something else by now; one
        that was paused because of its troubles goes on. It is next due when
        *next_turn* says, unless it is paused.
        """

    def release_run(self, run_id: int, claim: str, *, line: Line, now: datetime) -> bool:
        """
        Queue a run again, held, that its worker cannot finish; the try it began
        does not count. False, and nothing is kept, when the claim is lost, or
        it was asked to stop: then it is to be ended.
        """

    # --- for those who look on ---

    def place_of(self, workspace_id: int, run_id: int) -> Place | None:
        """None for a run that is not queued, or not in this workspace."""

    def places(self, workspace_id: int) -> Mapping[int, Place]:
        """Of every queued run of the workspace, by its id."""

    def unfinished_runs(self) -> Mapping[Status, tuple[int, datetime]]:
        """Across all workspaces: how many runs there are of each status that are not over, and when the oldest was queued."""

    # --- what the clock asks for, across all workspaces ---

    def take_turns(
        self, now: datetime, *, limit: int, begin: Callable[[Due], Beginning], only_chains: bool = False
    ) -> tuple[int, int]:
        """
        Take up to *limit* turns that have come, the oldest first: set the next
        ones as *begin* says, and queue their runs, held. How many turns, and how
        many runs; several callers take different ones.

        An importer that is paused, or reads or writes with a connection that
        needs reconnecting, is passed over. The turn of one whose last run is not
        over is left out; but one that follows another importer keeps it.
        """

    def runs_to_send(self, now: datetime, *, per_connection: int, limit: int) -> Sequence[Run]:
        """
        Held runs that may go to the queue now, and are no longer held; fewer
        than *limit* are all of them. Of each connection that is read or written
        with, at most *per_connection* are with workers or on their way there;
        who waits for one stands in nobody's way at another. Workspaces take
        turns; what was asked for by hand comes first.
        """

    def untaken_runs(self, before: datetime) -> tuple[int, int]:
        """How many runs are on their way to a worker, and how many of them were sent before then."""

    def send_again(self, now: datetime, *, before: datetime, limit: int) -> Sequence[Run]:
        """The oldest runs on their way that were sent before then: they are, anew, from now on."""

    def runs_to_wake(self, now: datetime, *, limit: int) -> Sequence[Run]:
        """Waiting until *now* or before, but for those of which a connection needs reconnecting."""

    def wake_run(self, run: Run, *, line: Line, now: datetime) -> bool:
        """Queue a waiting run again, held; False when it is no longer as *run* says (as for the next three)."""

    def abandoned_runs(self, before: datetime, *, limit: int) -> Sequence[Run]:
        """Running, without a heartbeat since *before*."""

    def hand_back_run(self, run: Run, *, line: Line, now: datetime) -> bool:
        """
        Queue an abandoned run again, held, and take it from its worker, should
        that still live. False as well once it was asked to stop.
        """

    def give_up_run(self, run: Run, ending: Ending, *, line: Line, now: datetime) -> bool:
        """End an abandoned run."""

    # --- what a clock that was ahead has left ---

    def bring_turns_forward(
        self, now: datetime, *, beyond: datetime, reckon: Callable[[Schedule, datetime], datetime]
    ) -> int:
        """
        Give turns that come after *beyond* to when *reckon* says, where that is
        earlier; it is asked with the schedule and the turn. One that lies there of
        an importer that follows another has come. How many.
        """

    def bring_runs_back(self, now: datetime, *, beyond: datetime, latest_wake: datetime) -> int:
        """
        Wake runs that wait beyond *latest_wake*, and take those for sent or heard
        of *now* that were so beyond *beyond*. How many.
        """

    # --- what is old ---

    def forget_lines(self, before: datetime, *, limit: int) -> int:
        """
        The lines of up to *limit* runs that ended before then, but for the last
        run of each importer, the oldest first; of how many. Fewer than *limit* are all.
        """

    def forget_runs(self, before: datetime, *, limit: int) -> int:
        """The same for whole runs."""

    # --- processes ---

    def beat_process(self, name: str, *, now: datetime) -> None:
        """Say that the process *name* lives; forgets processes silent for a day."""

    def process_beats(self) -> Mapping[str, datetime]:
        """When each process was last heard of."""


class NoticeStore(Store, Protocol):
    """What is kept for the sake of notices, beside all else."""

    def workspace(self, workspace_id: int) -> Workspace: ...

    # --- channels ---

    def channels(self, workspace_id: int) -> Sequence[Channel]:
        """By name."""

    def channel(self, workspace_id: int, channel_id: int) -> Channel: ...

    def add_channel(
        self, workspace_id: int, kind: ChannelKind, name: str, place: str, sealed: bytes, *, now: datetime
    ) -> Channel: ...

    def change_channel(
        self, workspace_id: int, channel_id: int, *, name: str, place: str, sealed: bytes
    ) -> Channel: ...

    def remove_channel(self, workspace_id: int, channel_id: int, *, reason: str) -> None:
        """What still waits to go there has failed, for *reason*; what went there stays in the history."""

    # --- what is told, and was ---

    def telling(self, workspace_id: int) -> Telling:
        """The usual until somebody chose."""

    def keep_telling(self, workspace_id: int, telling: Telling) -> None: ...

    def notices(self, workspace_id: int, *, limit: int) -> Sequence[Notice]:
        """Newest first."""

    # --- incidents, across all workspaces ---

    def unnoticed_runs(self, *, limit: int) -> Sequence[Run]:
        """That are over, and whose end nobody looked at yet; in order."""

    def failures_until(self, run: Run) -> tuple[int, datetime]:
        """How many runs of its importer failed up to *run* since one succeeded, and when the first of them ended."""

    def notice_run(self, run: Run, *, opening: Opening | None, closes: bool, recovered: bool, now: datetime) -> bool:
        """
        Note that the end of *run* was looked at, and what follows: an incident
        begins, or those of its importer are over. False, and nothing is kept,
        when somebody else did.
        """

    def notice_quietly(self, ended: Sequence[Run]) -> None:
        """Note that the ends of these runs were looked at, and that nothing follows."""

    def open_incident(self, opening: Opening, *, now: datetime) -> bool:
        """False when the like of it is open already."""

    def close_incident(self, incident: Incident, *, recovered: bool, now: datetime) -> bool:
        """False when it is closed already."""

    def open_incident_of(self, kind: NoticeKind, importer_id: int) -> Incident | None: ...

    def open_all(self, openings: Sequence[Opening], *, now: datetime) -> None:
        """As `open_incident`, of many."""

    def open_incidents(self, kind: NoticeKind | None = None) -> Sequence[Incident]: ...

    def importers_in_trouble(self, importer_ids: Sequence[int]) -> Sequence[int]:
        """Those of them with an incident that is open."""

    def untold_incidents(self) -> Sequence[Incident]:
        """Whose beginning is to be told, or that they recovered."""

    def last_told(self, workspace_id: int, cause: str) -> datetime | None:
        """When a letter of that cause was last written."""

    def tell(
        self,
        workspace_id: int,
        letter: Letter,
        *,
        cause: str,
        beginnings: Sequence[Incident] = (),
        ends: Sequence[Incident] = (),
        now: datetime,
    ) -> bool:
        """
        Keep *letter*, to be sent to every channel the workspace has, and that it
        tells of these incidents. False, and nothing is kept, when one of them
        was told meanwhile. Forgets letters after ninety days.
        """

    def broken_connections(self) -> Sequence[Connection]:
        """Those that need reconnecting."""

    def importers_paused_for_trouble(self) -> Sequence[Importer]:
        """That were paused without anybody asking for it."""

    def watched_importers(self) -> Sequence[Watched]:
        """
        That start by themselves, at their turns or after others: neither paused,
        nor not tried yet, nor with a connection that needs reconnecting.
        """

    def newest_runs(self, importer_ids: Sequence[int]) -> Mapping[int, Run]:
        """By importer, of those that ever had one."""

    def last_successes(self, importer_id: int, *, until: datetime, limit: int) -> Sequence[datetime]:
        """When runs of it succeeded that ended then or before, the newest first."""

    def watch(self) -> Watch | None:
        """None until the first round."""

    def keep_watch(self, seen: Watch | None, watch: Watch, *, openings: Sequence[Opening] = ()) -> bool:
        """
        Put *watch* in place of *seen*, and with it incidents that are over
        already. Where *seen* is later, a clock was ahead: gaps that were noted
        since *watch* and not told never were. False, and nothing is kept, when
        somebody else was faster.
        """

    # --- sending, across all workspaces ---

    def workspaces_to_send_for(self, now: datetime) -> Sequence[int]:
        """Those of which something is due; first the one where it is for the longest."""

    def due_sendings(self, now: datetime, *, limit: int, workspace_id: int | None = None) -> Sequence[Outgoing]:
        """
        Of this workspace, or of all; what is due for the longest first. What is
        due later than anything ever waits was noted by a clock that was ahead:
        it is due, too.
        """

    def claim_sending(self, sending: Sending, *, until: datetime) -> bool:
        """
        Take a sending that waits; it is due again *until* then, unless it is
        settled. False when somebody else took it.
        """

    def settle_sending(
        self, sending: Sending, state: SendingState, *, reason: str, next_at: datetime, now: datetime
    ) -> bool:
        """What became of *sending*, as it was before it was claimed. False when it is no longer ours."""


class Carrier(Protocol):
    """Brings letters to one kind of channel."""

    def carry(self, letter: Letter, channel: Channel, secret: Secret) -> str:
        """
        What the other side answered, in a few words, without *secret*. It may
        be called again with the same letter, which then bears the same key.

        Raises:
            SetupError: somebody must change something first.
            TemporaryError: the same call may succeed later; `retry_after`.
        """
