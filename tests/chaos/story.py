"""The order of events: begin, first runs, disasters, quiet, one more run each, and what must hold then."""

from __future__ import annotations

import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import redis
import requests

from bench.google import PretendGoogle
from importers import bootstrap
from importers.config import Settings
from importers.destinations.excel.staging import only_writer
from importers.errors import ImporterError
from importers.interfaces import never_stop
from importers.model import Mode, Phase, Run, Status
from importers.store.sql import SqlStore
from pipesheet.ports import free_port
from pipesheet.redis_server import prepare
from tests.chaos import company, disasters, expectations, ledger, logs, notices
from tests.chaos.browser import Browser
from tests.chaos.company import Company
from tests.chaos.disasters import CLOCKS, WORKERS, Disaster, World
from tests.chaos.hours import Hours, despite_trouble, locks_in
from tests.chaos.importers import Estate, Made, made, share
from tests.chaos.parts import Part, Supervisor, procfile, quoted
from tests.chaos.receivers import Mailbox, Webhook
from tests.chaos.visitor import Visitor
from tests.chaos.wires import Wire
from tests.postgresql import REMEMBERS, Server, a_server
from tests.processes import clean_environment, google_process, sandbox_process
from worker.queue import CeleryQueue

_COMPANY = ("--deals", "240", "--plan", "none", "--most-per-page", "40", "--latency-ms", "60")
_GOOGLE = ("--per-user", "0", "--per-project", "0", "--latency-ms", "60")
_CONCURRENCY = 2
_LOOK_EVERY = 0.1
_DUE_EVERY = 2.0
_PRESS_EVERY = 1.3
_VISIT_EVERY = 2.0
_TELL_EVERY = 5.0
_QUIET_WITHIN = 60.0
_HELD_BOOK = "Sales"
_LEAVES_WITHIN = 10.0
"""Seconds that docs/deploying.md promises for a worker told to stop."""
_ENDS = (0, -signal.SIGKILL, -signal.SIGTERM)
"""By itself; killed while it was about to; told before it had begun."""


@dataclass(frozen=True)
class Wanted:
    """How long disasters strike, how often, from which seed; a margin for machines that are busy with other things."""

    seconds: float
    seed: int
    database: str = "postgresql"
    every: float = 2.0
    patience: float = 2.0

    @property
    def disasters(self) -> list[Disaster]:
        chance = Random(f"disasters {self.seed}")
        has_server = self.database == "postgresql"
        return disasters.planned(chance, self.seconds, every=self.every, has_server=has_server)

    @property
    def changes(self) -> list[company.Change]:
        return company.planned(Random(f"changes {self.seed}"), self.seconds, every=0.7)


class Story:
    """What is there while it is told. `problems` is what did not hold."""

    def __init__(self, wanted: Wanted, home: Path, stack: ExitStack) -> None:
        self.wanted = wanted
        self.home = home
        self.problems: list[str] = []
        self._began = time.monotonic()
        self._stack = stack
        self._database: Server | None = None
        self._threads: list[threading.Thread] = []

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:7.2f}  {text}", flush=True)

    def found(self, problems: Sequence[str]) -> None:
        for problem in problems:
            if problem not in self.problems:
                self.say(f"PROBLEM: {problem}")
                self.problems.append(problem)

    # --- begin ---

    def begin(self) -> None:
        pipedrive = self._stack.enter_context(sandbox_process(*_COMPANY))
        google = self._stack.enter_context(google_process(*_GOOGLE))
        self.to_pipedrive, self.to_google = self._wire(pipedrive.address), self._wire(google.address)
        self.google = PretendGoogle(google.address)
        self.pipedrive_at = pipedrive.address
        self.webhook, self.mailbox = Webhook(), Mailbox()
        self._stack.callback(self.webhook.close)
        self._stack.callback(self.mailbox.close)
        self.env = self._environment(google.reroute.replace(google.address, self.to_google.address))
        self.settings = Settings.from_env(self.env)
        self.store = SqlStore(self.settings.database_url)
        self._stack.callback(self.store.close)
        self.hours = Hours(self.settings.database_url, self.settings.redis_url)
        self._stack.callback(self.hours.close)
        self._start_parts()
        self.worker = bootstrap.build(self.settings, queue=CeleryQueue(self.settings.redis_url))
        self._stack.callback(self.worker.close)
        self.estate = self._estate()
        self.company = Company(self.pipedrive_at)
        self.progress, self._visiting = expectations.Progress(self.company), threading.Lock()
        self.visitor = Visitor(self.settings.workbooks, self.google)
        self._wait(self.browser.is_well, 60, "everything is well")
        self.browser.sign_in()
        self.say(f"ready: {', '.join(f'{len(those)} {kind}' for kind, those in self.company.now.items())}")

    def _wire(self, address: str) -> Wire:
        wire = Wire(urlsplit(address).port or 0)
        self._stack.callback(wire.close)
        return wire

    def _environment(self, google: str) -> dict[str, str]:
        self._redis = prepare(self.home)
        self.port = free_port()
        more = {"DATABASE_URL": self._database_url()} if self.wanted.database == "postgresql" else {}
        return clean_environment(
            self.home,
            REDIS_URL=self._redis.url,
            PORT=str(self.port),
            PIPESHEET_BIND="127.0.0.1",
            PIPESHEET_SANDBOX="true",
            PIPESHEET_REROUTE=f"*.pipedrive.com={self.to_pipedrive.address},{google}",
            PIPESHEET_WEBHOOKS_TO_PRIVATE="true",
            PIPESHEET_SESSION_KEY=secrets.token_hex(16),
            PIPESHEET_RUNS_PER_CONNECTION="6",
            GOOGLE_QUOTA_PROJECT="100000",
            GOOGLE_QUOTA_USER="100000",
            SMTP_URL=self.mailbox.url,
            SMTP_FROM="pipesheet@example.com",
            WEB_CONCURRENCY="1",
            **more,
        )

    def _database_url(self) -> str:
        self._database = self._stack.enter_context(a_server(REMEMBERS))
        return self._database.url

    def _start_parts(self) -> None:
        self.supervisor = Supervisor(self.say)
        self._stack.callback(self.supervisor.end)
        self.logs = self.home / "logs"
        self.logs.mkdir()
        commands = procfile()
        self._start("redis", quoted(*self._redis.command))
        bootstrap.migrate(self.settings)
        self._start("web", commands["web"])
        for name in WORKERS:
            self._start(name, f"{commands['worker']} --concurrency {_CONCURRENCY} --hostname {name}@%h")
        for name in CLOCKS:
            self._start(name, commands["clock"])
        self.supervisor.begin()
        self.browser = Browser(f"http://127.0.0.1:{self.port}")

    def _start(self, name: str, command: str) -> None:
        self.supervisor.add(Part(name, command, self.env, self.logs / f"{name}.log", is_swept=name == "web"))

    def _estate(self) -> Estate:
        estate = made(self.worker, self.google, webhook=self.webhook.url)
        self.webhook.key = estate.webhook_key
        return estate

    # --- first runs ---

    def first_runs(self) -> None:
        self.hours.make_all_due(False)
        self._run_each("the first runs")
        for one in self.estate.importers.values():
            self.found(expectations.in_the_end(one, self.visitor, self.company))

    def _run_each(self, what: str) -> None:
        """Everybody once, and every message twice: those that follow others do so by themselves."""
        before = self._last_runs()
        for one in self.estate.importers.values():
            if not one.plot.after:
                status = self.browser.press(f"/importers/{one.id}/run")
                if status != 302:
                    self.found([f"Run of {one.plot.name} was answered with {status}"])
        self._send_all_again()
        self._wait(self.is_quiet, _QUIET_WITHIN, what)
        after = self._last_runs()
        for one in self.estate.importers.values():
            run = after.get(one.id)
            if run is None or run == before.get(one.id) or run.status not in ledger.DONE:
                told = f"{run.status}: {run.trouble}" if run else "none"
                self.found([f"{one.plot.name} should have succeeded with {what}, its last run is {told}"])

    def _last_runs(self) -> Mapping[int, Run]:
        return self.store.last_runs(self.estate.actor.workspace.id)

    # --- disasters ---

    def disasters(self) -> None:
        world = self._world()
        plan, changes = self.wanted.disasters, self.wanted.changes
        chance = Random(f"presses {self.wanted.seed}")
        began = time.monotonic()
        due, press, visit, tell = 0.0, 0.0, 0.0, 0.0
        while (now := time.monotonic() - began) < self.wanted.seconds or plan:
            while plan and plan[0].at <= now:
                self._strike(plan.pop(0), world)
            while changes and changes[0].at <= now:
                self.company.let_happen(changes.pop(0))
            if now >= due:
                due = now + _DUE_EVERY
                despite_trouble(self.hours.make_all_due)
                despite_trouble(self.hours.pass_by)
            if now >= press:
                press = now + _PRESS_EVERY
                self._press(chance)
            if now >= visit:
                visit = now + _VISIT_EVERY
                self._alongside(self._visit)
            if now >= tell:
                tell = now + _TELL_EVERY
                self._alongside(self._tell_state)
            time.sleep(_LOOK_EVERY)
        self.outages = world.outages

    def _world(self) -> World:
        folder = self.home / "redis"

        def wipe() -> None:
            shutil.rmtree(folder / "appendonlydir", ignore_errors=True)

        def flush() -> None:
            with redis.Redis.from_url(self._redis.url, retry=None, socket_timeout=5) as client:
                client.flushall()

        return World(
            supervisor=self.supervisor,
            pipedrive=self.to_pipedrive,
            google=self.to_google,
            pipedrive_at=self.pipedrive_at,
            google_at=self.google.base,
            hours=self.hours,
            webhook=self.webhook,
            wipe_redis=wipe,
            flush_redis=flush,
            database=self._database,
            cancel_one=self._cancel,
            send_all_again=self._send_all_again,
            workbook_held=self._workbook_held,
            who_waits_for_it=self._who_waits_for_it,
            carried_out=self._carried_out,
            look=self._visit,
        )

    def _strike(self, disaster: Disaster, world: World) -> None:
        self.say(str(disaster))
        self._alongside(lambda: disaster.strike(world))

    def _alongside(self, do: Callable[[], None]) -> None:
        def strike() -> None:
            try:
                do()
            except Exception as error:  # noqa: BLE001  # the story's own trouble is a problem, too
                self.found([f"the story itself stumbled: {error!r}"])

        thread = threading.Thread(target=strike, daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def _press(self, chance: Random) -> None:
        one = chance.choice(list(self.estate.importers.values()))
        self._alongside(lambda: self._pressed(f"/importers/{one.id}/run"))

    def _pressed(self, path: str) -> None:
        status = self.browser.press(path)
        if status == 500:
            self.found([f"the page answered POST {path} with 500"])

    def _cancel(self, chance: float) -> None:
        with suppress(Exception):
            under_way = [run for run in self._last_runs().values() if run.status is Status.RUNNING]
            if under_way:
                self._pressed(f"/runs/{under_way[int(chance * len(under_way))].id}/cancel")

    def _send_all_again(self) -> None:
        CeleryQueue(self.settings.redis_url).run_imports([run.id for run in self._last_runs().values()])

    @contextmanager
    def _workbook_held(self) -> Iterator[None]:
        """As if somebody was writing it."""
        [file] = self.settings.workbooks.rglob(f"{_HELD_BOOK}.xlsx")
        with only_writer(file, patience=timedelta(seconds=10), stop=never_stop):
            yield

    def _carried_out(self, run_id: int) -> bool:
        """Whether the run is over, now that this process offered to be its worker: which it is where nobody else has it."""
        with suppress(ImporterError):  # the database may be away
            self.worker.runs.execute(run_id)
            return self.store.run(self.estate.actor.workspace.id, run_id).status.is_over
        return False

    def _who_waits_for_it(self) -> tuple[str, int] | None:
        """The worker that has read all, and would write that workbook now; and for which run."""
        with suppress(ImporterError):  # the database may be away
            for one in self.estate.importers.values():
                run = self._last_runs().get(one.id)
                if run and one.plot.book == _HELD_BOOK and (run.status, run.phase) == (Status.RUNNING, Phase.WRITING):
                    worker = self._worker_of(run)
                    return (worker, run.id) if worker else None
        return None

    def _worker_of(self, run: Run) -> str | None:
        started = f"run {run.id} started" + (f", try {run.attempt}" if run.attempt > 1 else "") + "\n"
        return next((name for name in WORKERS if started in (self.logs / f"{name}.log").read_text()), None)

    def _visit(self) -> None:
        with self._visiting:
            for one in self.estate.importers.values():
                with suppress(requests.RequestException):  # the pretend Google was told to fail
                    self._visit_one(one)

    def _visit_one(self, one: Made) -> None:
        sheet = self.visitor.sheet(one)
        self.found(expectations.at_any_moment(one, sheet, self.company))
        if sheet is not None:
            self.found(self.progress.goes_back(one, sheet))

    def _tell_state(self) -> None:
        with suppress(ImporterError):  # the database may be away
            last = [run for run in self._last_runs().values() if not run.status.is_over]
            told = [
                f"{run.id} {run.status} {run.phase} x{run.attempt} {run.trouble.code if run.trouble else ''}"
                for run in last
            ]
            self.say(f"under way: {', '.join(map(str.strip, told))}")

    # --- quiet ---

    def settle(self) -> None:
        for thread in self._threads:
            thread.join(timeout=60)
        for wire in (self.to_pipedrive, self.to_google):
            wire.heal()
        requests.delete(f"{self.pipedrive_at}/_sandbox/faults", timeout=30)
        requests.delete(f"{self.google.base}/_sandbox/google/faults", timeout=30)
        requests.post(f"{self.google.base}/_sandbox/google/late", timeout=30)
        self._wait(self.browser.is_well, 60, "everything is well again")
        self._wait(self.is_quiet, _QUIET_WITHIN, "nothing is under way any more")
        if self.company.now != {kind: self.company.truth(kind) for kind in self.company.now}:
            self.found(["the story has another idea of the source than the source"])
        self._visit()

    def one_more_run_each(self) -> None:
        share(self.google, self.estate.troubled)
        self._pressed(f"/importers/{self.estate.troubled.id}/run")
        self._run_each("one more run each")

    def is_quiet(self) -> bool:
        """Lets time pass, and looks whether anybody still has something to do."""
        return despite_trouble(self._let_rest) and self._is_idle()

    def _let_rest(self) -> None:
        self.hours.make_all_due(False)
        self.hours.pass_by()

    def _is_idle(self) -> bool:
        last = self._last_runs().values()
        followers = [
            self.store.importer(self.estate.actor.workspace.id, one.id) for one in self.estate.importers.values()
        ]
        return (
            all(run.status.is_over for run in last)
            and not any(one.schedule.after_id and one.next_run_at for one in followers)
            and not self.store.unnoticed_runs(limit=1)
        )

    def _wait(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        ends = time.monotonic() + seconds * self.wanted.patience
        while not condition():
            if time.monotonic() > ends:
                self.found([f"waited {seconds * self.wanted.patience:.0f} seconds in vain: {what}"])
                return
            time.sleep(0.3)
        self.say(what)

    # --- what must hold ---

    def check(self) -> None:
        for one in self.estate.importers.values():
            self.found(expectations.in_the_end(one, self.visitor, self.company))
        self._wait(self._is_all_told, 60, "all notices are sent")
        runs = ledger.read(self.store, self.estate)
        self._tell_figures(runs)
        self.found(ledger.problems_of(runs, self.estate))
        for one in self.estate.importers.values():
            if one.plot.mode is Mode.APPEND and (sheet := self.visitor.sheet(one)):
                self.found(list(ledger.appended(one, sheet, runs.runs[one.plot.name])))
        self._check_notices(runs)
        self._check_leftovers()

    def _is_all_told(self) -> bool:
        return despite_trouble(self._let_rest) and notices.read(self.settings.database_url).is_all_sent

    def _tell_figures(self, runs: ledger.Ledger) -> None:
        statuses = [str(run.status) for _, run in runs.all]
        again = sum(run.attempt > 1 or run.abandoned > 0 for _, run in runs.all)
        handed = sum("handed the run back" in event.text for events in runs.events.values() for event in events)
        rescued = sum(run.abandoned for _, run in runs.all)
        told = ", ".join(f"{statuses.count(one)} {one}" for one in sorted(set(statuses)))
        self.say(f"{len(statuses)} runs: {told}; {again} tried again, {rescued} rescued, {handed} handed back")
        self.say(f"{len(self.webhook.arrivals)} webhooks and {len(self.mailbox.arrivals)} e-mails arrived")

    def _check_notices(self, runs: ledger.Ledger) -> None:
        names = {one.id: name for name, one in self.estate.importers.items()}
        names[self.estate.troubled.id] = self.estate.troubled.plot.name
        told = notices.read(self.settings.database_url)
        arrivals = {"webhook": self.webhook.arrivals, "e-mail": self.mailbox.arrivals}
        self.found(notices.problems_of(told, arrivals, names, self.outages))
        self.found(list(notices.failing_told_wrongly(told, dict(runs.runs), names)))
        if self.webhook.forged:
            self.found([f"{len(self.webhook.forged)} webhooks were not signed by our secret"])

    def _check_leftovers(self) -> None:
        if left := self.visitor.leftovers():
            self.found([f"left behind: {left}"])
        for one in self.estate.importers.values():
            if not one.plot.is_excel and (tabs := self.visitor.hidden_tabs(one)):
                self.found([f"{one.plot.name}: left behind {tabs}"])
        with redis.Redis.from_url(self._redis.url) as client:
            if locks := locks_in(client):
                self.found([f"still locked in Redis: {locks}"])
            if lasting := [key for key in client.scan_iter("pipesheet:lock:*") if client.ttl(key) == -1]:
                self.found([f"in Redis for ever: {lasting}"])

    def end(self) -> None:
        self.supervisor.end()
        for one in self.supervisor.exits:
            if one.name not in WORKERS or one.took is None:
                continue
            if one.took > _LEAVES_WITHIN * self.wanted.patience or one.code not in _ENDS:
                self.found([f"{one.name}, told to stop, ended with {one.code} after {one.took:.1f} s"])
        self.found(logs.problems_in(self.logs))


def tell(wanted: Wanted) -> list[str]:
    """Everything, once; what did not hold. The folder of a story that ends badly stays, and is named."""
    home = Path(tempfile.mkdtemp(prefix="chaos-"))
    with ExitStack() as stack, _kept_if_bad(home) as problems:
        story = Story(wanted, home, stack)
        story.say(f"seed {wanted.seed}, {wanted.seconds:.0f} s of disasters, {wanted.database}")
        for step in (
            story.begin,
            story.first_runs,
            story.disasters,
            story.settle,
            story.one_more_run_each,
            story.check,
            story.end,
        ):
            step()
        problems += story.problems
        story.say(f"over, {len(story.problems)} problems")
    return problems


@contextmanager
def _kept_if_bad(home: Path) -> Iterator[list[str]]:
    problems: list[str] = []
    try:
        yield problems
    except BaseException:
        print(f"logs are in {home}", flush=True)
        raise
    if problems:
        print(f"logs are in {home}", flush=True)
    else:
        shutil.rmtree(home, ignore_errors=True)
