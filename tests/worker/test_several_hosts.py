"""Past one machine: pages, clocks and workers on hosts of their own, which share a PostgreSQL, a Redis and a folder."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet
from openpyxl import load_workbook
from sqlalchemy import update

from bench.google import KEY, PretendGoogle
from importers.bootstrap import build
from importers.config import Settings
from importers.model import EXCEL, GOOGLE_SHEETS, Actor, Draft, Importer, Mode, Run, Selection, Target
from importers.secret import Secret
from importers.services import Services
from importers.store import schema
from importers.store.database import open_engine
from importers.store.migrate import migrate
from pipesheet.ports import free_port
from sandbox.world import TOKEN
from tests.hosts import Host, Network, a_network, end
from tests.people import ALICE, PASSWORD
from tests.processes import (
    ROOT,
    GoogleProcess,
    SandboxProcess,
    clean_environment,
    google_process,
    sandbox_process,
    wait_until,
)
from tests.remote_redis import a_redis
from tests.tcp_postgresql import a_postgresql
from tests.valkey import connect
from tests.web.page import Page
from worker.queue import CeleryQueue

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

COLUMNS = ("id", "title", "value")
DEALS = 60
BATCH_UPDATE = "/v4/*:batchUpdate"


def test_several_hosts_share_the_work_and_one_that_is_cut_off_does_no_harm(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with a_network("abcd", tmp_path) as network, network.centre.inside(), a_house(network, tmp_path / "home") as house:
        record_property("told", f"Several hosts: {network.told}.")
        a_session_of_one_host_is_good_on_the_other(house)
        each_run_is_carried_out_once_by_some_host(house)
        the_page_on_one_host_follows_a_run_on_another(house)
        house.pass_by_a_host_that_is_cut_off(while_it_writes_to_google)
        house.pass_by_a_host_that_is_cut_off(while_it_reads_for_a_workbook)


# --- what happens ---


def a_session_of_one_host_is_good_on_the_other(house: House) -> None:
    assert "Sign in" in house.page("a", "/sign-in").text
    house.send("a", "/sign-in", email=ALICE, password=PASSWORD)
    for name in "ab":
        assert house.page(name, "/connections").heading == "Connections"


def each_run_is_carried_out_once_by_some_host(house: House) -> None:
    importers = [house.into_excel(f"Book {number}") for number in range(9)]
    runs = {house.start(importer): importer for importer in importers}
    for run_id, importer in runs.items():
        run = house.wait_for(run_id)
        assert (str(run.status), run.attempt, run.abandoned) == ("done", 1, 0)
        assert house.rows(importer) == house.deals
        assert len(house.carriers(run_id)) == 1
    assert len({host.name for run_id in runs for host in house.carriers(run_id)}) > 1


def the_page_on_one_host_follows_a_run_on_another(house: House) -> None:
    house.pipedrive.trouble("slow", path="/api/v2/deals", count=1, seconds=1)
    with connect(house.settings.redis_url) as client, client.pubsub() as bell:
        bell.psubscribe("pipesheet:run:*")
        run_id = house.start(house.into_excel("Followed"))
        channel = f"pipesheet:run:{run_id}".encode()
        with house.host("a").inside():
            stream = house.browser.get(house.address("a", f"/runs/{run_id}/stream"), stream=True, timeout=20)
        lines = stream.iter_lines(decode_unicode=True)
        assert any("event: line" in line for line in lines)
        wait_until(lambda: channel in client.pubsub_channels())  # host a listens there
        assert any("event: over" in line for line in lines)
        stream.close()
        rings = [message["channel"] for message in iter(lambda: bell.get_message(timeout=0.2), None)]
    assert channel in rings
    assert str(house.run(run_id).status) == "done"
    assert all(host.name != "a" for host in house.carriers(run_id))


def while_it_writes_to_google(house: House) -> tuple[Importer, int, list[Any]]:
    """Its rows are on their way, and arrive later than those of whoever takes over."""
    importer = house.into_google("Appended")
    assert str(house.wait_for(house.start(importer)).status) == "done"
    assert house.rows(importer) == house.deals
    house.google.trouble("slow", method="POST", path=BATCH_UPDATE, count=1, seconds=6)
    run_id = house.start(importer)
    wait_until(lambda: not requests.get(f"{house.google.address}/_sandbox/google/faults", timeout=10).json())
    return importer, run_id, [*house.deals, *house.deals]


def while_it_reads_for_a_workbook(house: House) -> tuple[Importer, int, list[Any]]:
    importer = house.into_excel("Replaced")
    house.pipedrive.trouble("slow", path="/api/v2/deals", count=1, seconds=4)
    run_id = house.start(importer)
    wait_until(lambda: not requests.get(f"{house.pipedrive.address}/_sandbox/faults", timeout=10).json())
    return importer, run_id, house.deals


# --- the house ---


@dataclass
class House:
    """Hosts `a` and `b` have pages and a clock, `b`, `c` and `d` a worker with one process."""

    network: Network
    services: Services
    settings: Settings
    owner: Actor
    pipedrive: SandboxProcess
    google: GoogleProcess
    ports: Mapping[str, int]
    browser: requests.Session = field(default_factory=requests.Session)
    reads: int = 0
    writes: int = 0
    deals: list[int] = field(default_factory=list)
    """Their ids, as Pipedrive has them."""

    def __post_init__(self) -> None:
        asked = requests.get(f"{self.pipedrive.address}/api/v2/deals", headers={"x-api-token": TOKEN}, timeout=10)
        self.deals = [deal["id"] for deal in asked.json()["data"]]
        self.reads = self.services.connections.link(self.owner, Secret(TOKEN)).id
        self.writes = self.services.google.link_service_account(self.owner, KEY).id

    def host(self, name: str) -> Host:
        return next(host for host in self.network.others if host.name == name)

    @property
    def workers(self) -> Sequence[Host]:
        return [self.host(name) for name in "bcd"]

    # pages

    def page(self, at: str, path: str) -> Page:
        with self.host(at).inside():
            answer = self.browser.get(self.address(at, path), timeout=20)
        assert answer.status_code == 200, answer.text[:500]
        return Page(answer.text)

    def send(self, at: str, path: str, action: str = "", **answers: str) -> requests.Response:
        """Send the form that the page at *path* has, or the one of them that goes to *action*."""
        form = self.page(at, path).form(action=action)
        with self.host(at).inside():
            return self.browser.post(
                self.address(at, form.action or path), data={**form.fields(), **answers}, timeout=20
            )

    def address(self, at: str, path: str) -> str:
        return f"http://127.0.0.1:{self.ports[at]}{path}"

    def start(self, importer: Importer, *, at: str = "a") -> int:
        """Press Run; the run's id."""
        answer = self.send(at, f"/importers/{importer.id}", action=f"/importers/{importer.id}/run")
        found = re.search(r"/runs/(\d+)$", answer.url)
        assert found, answer.url
        return int(found[1])

    # importers and what became of them

    def importer(self, name: str, target: Target) -> Importer:
        return self.services.importers.create(self.owner, Draft(name, self.reads, Selection("deals", COLUMNS), target))

    def into_excel(self, name: str) -> Importer:
        return self.importer(name, Target(EXCEL, name, "Deals"))

    def into_google(self, name: str) -> Importer:
        place = self.google.new_spreadsheet(name)
        return self.importer(name, Target(GOOGLE_SHEETS, place, "Deals", self.writes, mode=Mode.APPEND))

    def run(self, run_id: int) -> Run:
        return self.services.runs.get(self.owner, run_id)

    def wait_for(self, run_id: int, seconds: float = 40) -> Run:
        wait_until(lambda: self.run(run_id).status.is_over, seconds)
        return self.run(run_id)

    def carriers(self, run_id: int) -> list[Host]:
        """The hosts whose workers began the run, each as often as they did."""
        return [host for host in self.workers for _ in re.findall(rf"run {run_id} started", host.log)]

    def rows(self, importer: Importer) -> list[Any]:
        """The ids in the table, from the top."""
        if importer.target.kind == EXCEL:
            sheet = load_workbook(self.services.runs.workbook(self.owner, importer.id))["Deals"]
            return [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
        answer = requests.get(
            f"{self.google.address}/v4/spreadsheets/{importer.target.place}/values/Deals",
            headers={"Authorization": f"Bearer {PretendGoogle(self.google.address).robot_token()}"},
            timeout=10,
        )
        return [int(row[0]) for row in answer.json()["values"][1:]]

    # what happens to hosts

    def pass_by_a_host_that_is_cut_off(self, moment: Callable[[House], tuple[Importer, int, list[Any]]]) -> None:
        """
        1. A worker is in the midst of a run, of which the table is to have certain rows in the end.
        2. Its cable is pulled out, and a minute passes.
        3. Another one takes the run up, and the table is whole.
        4. The cable is put back: the first one notices, changes nothing, and serves again.
        """
        importer, run_id, wanted = moment(self)
        wait_until(lambda: self.carriers(run_id))
        [victim] = self.carriers(run_id)
        victim.unplug()
        self._a_minute_passes(run_id)
        run = self.wait_for(run_id)
        assert (str(run.status), run.abandoned, run.trouble) == ("done", 1, None)
        assert self.rows(importer) == wanted
        [first, second] = self._both_carriers(run_id, victim)
        assert first is victim
        assert second is not victim
        victim.plug()
        wait_until(lambda: f"run {run_id} was taken over or deleted; this attempt does not count" in victim.log, 40)
        assert self.run(run_id) == run
        assert self.rows(importer) == wanted
        self._wait_until_it_serves(victim)

    def _both_carriers(self, run_id: int, victim: Host) -> list[Host]:
        return sorted(self.carriers(run_id), key=lambda host: host is not victim)

    def _a_minute_passes(self, run_id: int) -> None:
        """For whoever is cut off: its heart is silent, and its locks are given up."""
        engine, earlier = open_engine(self.settings.database_url), datetime.now(UTC) - timedelta(minutes=1)
        with engine.begin() as sql:
            sql.execute(update(schema.runs).where(schema.runs.c.id == run_id).values(heartbeat_at=earlier))
        engine.dispose()
        with connect(self.settings.redis_url) as client:
            for key in client.scan_iter("pipesheet:lock:*"):
                client.delete(key)

    def _wait_until_it_serves(self, host: Host) -> None:
        importers = [self.into_excel(f"Back {host.name} {number} {len(host.log)}") for number in range(3)]
        before = host.log.count(" started")

        def serves() -> bool:
            runs = [self.start(importer) for importer in importers]
            assert {str(self.wait_for(run).status) for run in runs} == {"done"}
            return host.log.count(" started") > before

        wait_until(serves)


@contextmanager
def a_house(network: Network, home: Path) -> Iterator[House]:
    centre = network.centre
    with ExitStack() as undo:
        pipedrive = undo.enter_context(sandbox_process("--plan", "none", "--deals", str(DEALS)))
        google = undo.enter_context(google_process("--per-user", "0", "--per-project", "0"))
        network.lead_to_centre(*(int(one.address.rpartition(":")[2]) for one in (pipedrive, google)))
        env = clean_environment(
            home,
            PIPESHEET_SECRET_KEYS=Fernet.generate_key().decode(),
            PIPESHEET_SESSION_KEY="the same for all",
            PIPESHEET_REROUTE=f"{pipedrive.reroute},{google.reroute}",
            DATABASE_URL=undo.enter_context(a_postgresql(centre)),
            REDIS_URL=a_redis(centre, home),
        )
        settings = Settings.from_env({name: as_seen_there(text, centre) for name, text in env.items()})
        migrate(settings.database_url)
        services = build(settings, queue=CeleryQueue(settings.redis_url))
        undo.callback(services.close)
        owner = services.people.sign_up_owner(ALICE, PASSWORD)
        ports = {name: free_port() for name in "ab"}
        start_everybody(network, env, ports)
        undo.callback(end, network.others)
        house = House(network, services, settings, owner, pipedrive, google, ports)
        wait_until_ready(house)
        yield house


def start_everybody(network: Network, env: Mapping[str, str], ports: Mapping[str, int]) -> None:
    """As the Procfile says, on hosts that have little to do."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    commands = {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}
    commands["worker"] += " --concurrency 1"
    env = {**env, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "WEB_CONCURRENCY": "1"}
    for host in network.others:
        does = {"a": ("web", "clock"), "b": ("web", "clock", "worker")}.get(host.name, ("worker",))
        own = {"PIPESHEET_BIND": "127.0.0.1", "PORT": str(ports[host.name])} if host.name in ports else {}
        for name in does:
            host.start(("sh", "-c", f"exec {commands[name]}"), {**env, **own})


def wait_until_ready(house: House) -> None:
    for name in "ab":
        wait_until(lambda name=name: "The clock is ticking" in house.host(name).log, 60)
        wait_until(lambda name=name: is_healthy(house, name), 60)
    for host in house.workers:
        wait_until(lambda host=host: "The worker is ready" in host.log, 60)


def is_healthy(house: House, at: str) -> bool:
    with house.host(at).inside():
        try:
            return requests.get(house.address(at, "/healthz"), timeout=10).ok
        except requests.ConnectionError:
            return False


def as_seen_there(address: str, host: Host) -> str:
    """The address of a server on *host*, as it is for itself."""
    return address.replace(f"@{host.address}:", "@127.0.0.1:")
