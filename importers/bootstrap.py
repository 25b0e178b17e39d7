"""
Settings in, services out: the only file that picks implementations.

Everything is imported when first needed: the pages start without the parts
that read and write, and a one-off import without those that keep and serve.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from importers import destinations, sources
from importers.clock import SystemClock
from importers.config import Settings
from importers.errors import ImporterError
from importers.http.book import Allowance
from importers.http.governor import MemoryGovernor, identity_of
from importers.http.session import make_session, rerouted
from importers.interfaces import (
    Carrier,
    Clock,
    ConsentApp,
    Destination,
    Governor,
    Grants,
    Leaving,
    Locks,
    Memo,
    Queue,
    Source,
    never_leaving,
)
from importers.model import (
    EXCEL,
    GOOGLE_SHEETS,
    Account,
    Bulletin,
    EntityInfo,
    Estimate,
    Grid,
    Importer,
    Plan,
    PlanInfo,
    Selection,
    Size,
    Target,
)
from importers.secret import Secret

if TYPE_CHECKING:
    from redis import Redis

    from importers.channels.outside import Outside
    from importers.destinations.google_sheets.accounts import Google
    from importers.doorbell import MemoryDoorbell, RedisDoorbell
    from importers.http.quota import MemoryQuota
    from importers.http.redis_governor import RedisGovernor
    from importers.http.redis_quota import RedisQuota
    from importers.notices import ChannelKind
    from importers.services import Services
    from importers.services.kinds import PickerMeans, Spreadsheets
    from importers.sources.pipedrive.signin import SignIn

_PICKER = "https://apis.google.com/js/api.js"

__all__ = [
    "build",
    "entities",
    "excel_file",
    "google_address",
    "google_sheets",
    "migrate",
    "pipedrive",
    "preload",
    "session_key",
]


def build(
    settings: Settings,
    *,
    queue: Queue | None = None,
    clock: Clock | None = None,
    session: requests.Session | None = None,
    leaving: Leaving = never_leaving,
) -> Services:
    """
    The services as *settings* say, on a database that `migrate` prepared.

    Without *queue* a run is carried out at once by whoever starts it. *session*
    carries the calls to vendors instead of one made from the settings. Once
    *leaving* says so, runs are handed back through *queue* for another worker.
    Build after forking, not before.
    """
    from importers.doorbell import MemoryDoorbell, RedisDoorbell
    from importers.queues import InlineQueue
    from importers.services import Services
    from importers.services.accounts import Accounts
    from importers.services.channels import Channels
    from importers.services.columns import Columns
    from importers.services.connections import Connections
    from importers.services.dispatch import Dispatch
    from importers.services.execution import Execution
    from importers.services.google import GoogleAccounts
    from importers.services.health import Health
    from importers.services.manage import Importers
    from importers.services.noticing import Noticing
    from importers.services.people import People
    from importers.services.posting import Posting
    from importers.services.prices import Prices
    from importers.services.runs import Runs
    from importers.services.scheduling import Scheduling
    from importers.services.setup import Setup
    from importers.services.upkeep import Upkeep
    from importers.store.sql import SqlStore
    from importers.vault import FernetVault, vault_keys

    clock = clock or SystemClock()
    store = SqlStore(settings.database_url)
    doorbell = RedisDoorbell(settings.redis_url, clock=clock) if settings.redis_url else MemoryDoorbell(clock)
    kinds = _Kinds(settings, clock=clock, session=session)
    vault = FernetVault(vault_keys(settings))
    accounts = Accounts(store=store, vault=vault, kinds=kinds, clock=clock)
    execution = Execution(store=store, accounts=accounts, kinds=kinds, doorbell=doorbell, clock=clock, leaving=leaving)

    def run_here(run_id: int) -> None:
        runs.execute(run_id)

    queue = queue or InlineQueue(run_here)
    dispatch = Dispatch(store=store, queue=queue, clock=clock, runs_per_connection=settings.runs_per_connection)
    runs = Runs(store=store, kinds=kinds, dispatch=dispatch, doorbell=doorbell, clock=clock, execution=execution)
    prices = Prices(store=store, accounts=accounts, kinds=kinds, memo=kinds.memo, clock=clock)
    outside, carriers = _ways_out(settings, clock)
    posting = Posting(store=store, vault=vault, carriers=carriers, clock=clock)

    def close() -> None:
        store.close()
        doorbell.close()
        kinds.close()

    return Services(
        people=People(store=store, clock=clock),
        connections=Connections(store=store, accounts=accounts, clock=clock),
        google=GoogleAccounts(store=store, accounts=accounts, clock=clock),
        importers=Importers(store=store, accounts=accounts, kinds=kinds, sizes=prices.sizes, clock=clock),
        prices=prices,
        columns=Columns(store=store, kinds=kinds),
        runs=runs,
        scheduling=Scheduling(store=store, dispatch=dispatch, doorbell=doorbell, clock=clock),
        channels=Channels(store=store, vault=vault, posting=posting, clock=clock, host_of=outside.check),
        noticing=Noticing(store=store, clock=clock),
        posting=posting,
        setup=Setup(store=store, accounts=accounts, clock=clock, sandbox=settings.sandbox),
        upkeep=Upkeep(
            store=store,
            clock=clock,
            keep_events=timedelta(days=settings.keep_events_days),
            keep_runs=timedelta(days=settings.keep_runs_days),
        ),
        health=Health(store=store, accounts=accounts, clock=clock, ping_redis=_redis_problem(doorbell)),
        clock=clock,
        close=close,
    )


def _ways_out(settings: Settings, clock: Clock) -> tuple[Outside, Mapping[ChannelKind, Carrier]]:
    """To where letters can be sent: anywhere outside, and by e-mail where there is a mail server."""
    from importers.channels.email import EmailCarrier
    from importers.channels.outside import Outside
    from importers.channels.slack import SlackCarrier
    from importers.channels.webhook import WebhookCarrier
    from importers.channels.wording import Places
    from importers.notices import ChannelKind

    outside = Outside(to_private=settings.webhooks_to_private, to_here=settings.sandbox)
    places = Places(settings.public_url)
    carriers: dict[ChannelKind, Carrier] = {
        ChannelKind.SLACK: SlackCarrier(outside, places),
        ChannelKind.WEBHOOK: WebhookCarrier(outside, places, clock=clock),
    }
    if settings.smtp:
        carriers[ChannelKind.EMAIL] = EmailCarrier(settings.smtp, places)
    return outside, carriers


def preload() -> None:
    """Import what `build` and a run need: a process that forks does so before, and its children share it."""
    for name in (
        *("doorbell", "locks", "http.redis_governor", "http.redis_quota"),
        *("services", "services.execution", "store.sql", "vault"),
        *("destinations.google_sheets.accounts", "destinations.google_sheets.app"),
    ):
        import_module(f"importers.{name}")
    sources.load("pipedrive")
    destinations.load("excel")


def migrate(settings: Settings) -> None:
    """Bring the database to this version; several processes may ask at once."""
    from importers.store.migrate import migrate as bring_up_to_date

    bring_up_to_date(settings.database_url)


def session_key(settings: Settings) -> Secret:
    """What signs the session cookies."""
    from importers.vault import session_key as kept_key

    return kept_key(settings)


def estimate(selection: Selection, sizes: Mapping[str, Size]) -> Estimate:
    """What *selection* will cost, where *sizes* (by entity) is all that is known; asks nobody."""
    from importers.sources.pipedrive.estimates import estimate as judged

    return judged(selection, sizes)


def entities() -> Sequence[EntityInfo]:
    """What can be read; asks nobody."""
    from importers.sources.pipedrive.entities import ENTITIES

    return tuple(entity.info for entity in ENTITIES)


def pipedrive(
    settings: Settings, token: Secret, clock: Clock | None = None, session: requests.Session | None = None
) -> Source:
    """Pipedrive as the owner of *token* sees it, without a database; *session* as in `build`."""
    return _Kinds(settings, clock=clock or SystemClock(), session=session).source(token)


def google_sheets(
    settings: Settings, key: Secret, clock: Clock | None = None, session: requests.Session | None = None
) -> Spreadsheets:
    """Google as the service account of *key* sees it, without a database; *session* as in `build`."""
    return _Kinds(settings, clock=clock or SystemClock(), session=session).google_by_key(key)


def google_address(settings: Settings, target: Target, address: str = "") -> str:
    """Where a browser shows *address* of Google's, or else the spreadsheet of *target*."""
    return _Kinds(settings, clock=SystemClock(), session=None).google_address(target, address)


def excel_file(path: Path) -> Destination:
    """One workbook file, wherever it is."""
    destination: Destination = destinations.load(EXCEL).for_file(path)
    return destination


class _Kinds:
    """Implements `services.kinds.Kinds` with what this file knows."""

    def __init__(self, settings: Settings, *, clock: Clock, session: requests.Session | None) -> None:
        self._settings = settings
        self._clock = clock
        self._session_given = session
        self._governors: dict[str, MemoryGovernor | RedisGovernor] = {}
        self._allowances: dict[str, Allowance] = {}
        self._lock = threading.Lock()

    def entities(self) -> Sequence[EntityInfo]:
        return entities()

    def headers(self, entity: str) -> Mapping[str, str]:
        from importers.sources.pipedrive.entities import BY_NAME

        columns = [spec.column for spec in BY_NAME[entity].columns] if entity in BY_NAME else []
        return {column.key: column.header for column in columns}

    def source(self, token: Secret, *, company_domain: str | None = None, plan: Plan | None = None) -> Source:
        from importers.sources.pipedrive.signin import ApiToken

        info = self._plan(plan)
        return self._source(ApiToken(token), identity_of(token), company_domain, info.burst if info else None)

    def source_of_app(self, grants: Grants, *, account: Account | None = None, plan: Plan | None = None) -> Source:
        from importers.sources.pipedrive.signin import AppGrant, identity_of_app_user

        sign_in = AppGrant(grants, clock=self._clock)
        if account is None or not account.user_id:
            # Good for the one call that asks: it is not known yet whose calls it counts with.
            return self._source(sign_in, identity_of(grants.current().refresh_token), None, None)
        client_id = self._settings.pipedrive_client_id
        identity = identity_of_app_user(client_id, account.company_id, account.user_id)
        info = self._plan(plan)
        return self._source(sign_in, identity, account.company_domain, info.app_burst if info else None)

    def _source(self, sign_in: SignIn, identity: str, company_domain: str | None, burst: int | None) -> Source:
        source: Source = sources.load("pipedrive")(
            sign_in,
            session=self._session,
            clock=self._clock,
            governor=self._governor(identity, company_domain, burst),
            company_domain=company_domain,
        )
        return source

    def estimate(self, selection: Selection, sizes: Mapping[str, Size]) -> Estimate:
        return estimate(selection, sizes)

    def bulletin(self) -> Bulletin | None:
        from importers.http.memo import remembered
        from importers.sources.pipedrive.statuspage import bulletin

        return remembered(self.memo, "bulletin", lambda: bulletin(self._session, self._clock), Bulletin | None)

    def plans(self) -> Sequence[PlanInfo]:
        from importers.sources.pipedrive.plans import PLANS

        return PLANS

    @cached_property
    def memo(self) -> Memo:
        from importers.http.memo import MemoryMemo, RedisMemo

        return RedisMemo(self._redis) if self._settings.redis_url else MemoryMemo(self._clock)

    def app(self) -> ConsentApp | None:
        return self._app

    @cached_property
    def _app(self) -> ConsentApp | None:
        settings = self._settings
        if not settings.pipedrive_client_secret:
            return None
        from importers.sources.pipedrive.oauth import PipedriveApp

        return PipedriveApp(
            client_id=settings.pipedrive_client_id,
            client_secret=settings.pipedrive_client_secret,
            session=self._session,
            clock=self._clock,
            at=self._at,
        )

    def give_up_place(self, target: Target) -> None:
        if target.table:
            self._locks.leave(target.table)

    def workbooks(self, workspace_id: int) -> Destination:
        destination: Destination = destinations.load(EXCEL)(self._folder(workspace_id))
        return destination

    def google_app(self) -> ConsentApp | None:
        return self._google_app

    @cached_property
    def _google_app(self) -> ConsentApp | None:
        settings = self._settings
        if not settings.google_client_secret:
            return None
        from importers.destinations.google_sheets.app import GoogleApp

        return GoogleApp(
            client_id=settings.google_client_id,
            client_secret=settings.google_client_secret,
            session=self._session,
            clock=self._clock,
            at=self._at,
        )

    def google_declined(self, error: str) -> ImporterError:
        from importers.destinations.google_sheets.app import declined

        return declined(error)

    def google_by_grant(self, grants: Grants, *, account: Account | None = None) -> Spreadsheets:
        return self._google.by_grant(grants, account)

    def google_by_key(self, key: Secret) -> Spreadsheets:
        return self._google.by_key(key)

    def google_picker(self) -> PickerMeans | None:
        from importers.services.kinds import PickerMeans

        settings = self._settings
        if not (settings.google_api_key and settings.google_project_number):
            return None
        return PickerMeans(settings.google_api_key, settings.google_project_number, self._at(_PICKER))

    def google_address(self, target: Target, address: str = "") -> str:
        from importers.destinations.google_sheets.places import address_of

        return self._at(address or address_of(target.place))

    @cached_property
    def _google(self) -> Google:
        from importers.destinations.google_sheets.accounts import Google

        return Google(
            session=self._session,
            clock=self._clock,
            quota=self._quota.of,
            locks=self._locks,
            client_id=self._settings.google_client_id,
        )

    @cached_property
    def _quota(self) -> MemoryQuota | RedisQuota:
        from importers.http.quota import MemoryQuota, Sizes

        sizes = Sizes(self._settings.google_quota_project, self._settings.google_quota_user)
        if not self._settings.redis_url:
            return MemoryQuota(self._clock, sizes)
        from importers.http.redis_quota import RedisQuota

        return RedisQuota(self._redis, self._clock, sizes, moment=self._moment)

    @cached_property
    def _locks(self) -> Locks:
        if not self._settings.redis_url:
            from importers.locks import MemoryLocks

            return MemoryLocks(self._clock)
        from importers.redis_locks import RedisLocks

        return RedisLocks(self._redis, self._clock)

    def _at(self, url: str) -> str:
        """Where a browser really finds an address of a vendor's: on this machine, in the sandbox."""
        return rerouted(url, self._settings.reroutes)

    def beside(self, target: Target) -> Target:
        place: Target = destinations.load(target.kind).beside(target)
        return place

    def is_same_place(self, one: Target, other: Target) -> bool:
        if GOOGLE_SHEETS not in (one.kind, other.kind):
            return _workbook_sheet(one) == _workbook_sheet(other)
        from importers.destinations.google_sheets.apart import is_same_place

        return is_same_place(one, other)

    def overlap(self, one: Target, width: int | None, other: Target, other_width: int | None) -> bool:
        if GOOGLE_SHEETS not in (one.kind, other.kind):
            return False
        from importers.destinations.google_sheets.apart import overlap

        return overlap(one, width, other, other_width)

    def file(self, workspace_id: int, target: Target) -> Path:
        path: Path = destinations.load("excel")(self._folder(workspace_id)).path_of(target)
        return path

    def grid(self, workspace_id: int, target: Target, *, first: int, count: int) -> Grid:
        from importers.destinations.excel.reading import read_window

        return read_window(self.file(workspace_id, target), target.sheet, first, count)

    def mirror(self, importer: Importer) -> Path:
        return self.mirrors() / str(importer.workspace_id) / f"{importer.id}.mirror"

    def mirrors(self) -> Path:
        return self._settings.mirrors

    def free_sheet_name(self, kind: str, wanted: str, taken: Iterable[str]) -> str:
        if kind == GOOGLE_SHEETS:
            from importers.destinations.google_sheets.apart import free_title

            return free_title(wanted, frozenset(name.casefold() for name in taken))
        from importers.destinations.excel.names import free_sheet_name

        return free_sheet_name(wanted, taken)

    def close(self) -> None:
        if "_session" in vars(self):
            self._session.close()
        if "_redis" in vars(self):
            self._redis.close()

    @cached_property
    def _session(self) -> requests.Session:
        return self._session_given or make_session(reroutes=self._settings.reroutes)

    def _governor(self, identity: str, company: str | None, burst: int | None) -> Governor:
        """A share of the limits of one token (or app and user) and of its company, for one reader."""
        with self._lock:
            if identity not in self._governors:
                self._governors[identity] = self._new_governor(identity)
            return self._governors[identity].beside(company, assumed=burst)

    def _plan(self, plan: Plan | None) -> PlanInfo | None:
        return next((info for info in self.plans() if plan and info.name == plan.name), None)

    def _new_governor(self, identity: str) -> MemoryGovernor | RedisGovernor:
        if not self._settings.redis_url:
            return MemoryGovernor(self._clock, allowances=self._allowances)
        from importers.http.away import PROCESSES
        from importers.http.redis_governor import RedisGovernor

        alone = MemoryGovernor(self._clock, allowances=self._allowances, among=PROCESSES)
        return RedisGovernor(self._redis, identity=identity, clock=self._clock, twin=alone, moment=self._moment)

    @property
    def _moment(self) -> Callable[[], float] | None:
        """A clock that was handed in is the only one there is, wherever the calls are counted."""
        return None if isinstance(self._clock, SystemClock) else self._clock.monotonic

    @cached_property
    def _redis(self) -> Redis:
        from importers.http.redis_governor import connect

        return connect(self._settings.redis_url)

    def _folder(self, workspace_id: int) -> Path:
        return self._settings.workbooks / str(workspace_id)


def _workbook_sheet(target: Target) -> tuple[str, ...]:
    return target.kind, target.place.casefold(), target.sheet.casefold()


def _redis_problem(doorbell: RedisDoorbell | MemoryDoorbell) -> Callable[[], str]:
    """What is wrong with Redis, as a sentence; empty when nothing is."""

    from redis.exceptions import RedisError

    from importers.doorbell import MemoryDoorbell

    def problem() -> str:
        if isinstance(doorbell, MemoryDoorbell):
            return "REDIS_URL is not set, so there is nothing between the pages and the worker."
        try:
            doorbell.ping()
        except (RedisError, OSError) as error:
            return f"Redis does not answer ({type(error).__name__})."
        return ""

    return problem
