"""
Nothing that people must not know is written or sent anywhere but where it has
to be: the whole system is run, well and badly, and everything it left behind
is searched.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex, token_urlsafe
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.fernet import Fernet

from importers.bootstrap import build
from importers.config import Settings
from importers.model import GOOGLE_SHEETS, PIPEDRIVE, Actor, Connection, Grant, SignIn, Status, Target
from importers.services import Services
from importers.services.grants import opened_grant
from importers.vault import FernetVault
from pipesheet.ports import free_port
from sandbox.apps import DEMO
from sandbox.google.accounts import ALEX, API_KEY, DEMO_ROBOT
from sandbox.google.accounts import DEMO as GOOGLE_DEMO
from sandbox.google.scopes import DRIVE_FILE
from sandbox.journal import MASK
from sandbox.world import TOKEN
from tests.builders import a_draft, a_target
from tests.processes import (
    ROOT,
    GoogleProcess,
    SandboxProcess,
    clean_environment,
    pipesheet,
    sandbox_process,
    wait_until,
)
from tests.secrecy import found_in, in_files, in_redis
from tests.valkey import connect, running_redis
from tests.web.page import Page
from worker.queue import CeleryQueue

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

EMAIL = "ada@example.com"
PASSWORD = "nine+purple/elephants & a whale"
DAAN = "13001002"


@dataclass
class Heard:
    """What came to light, by where it was."""

    secrets: dict[str, str]
    places: dict[str, bytes] = field(default_factory=dict)

    def add(self, place: str, content: bytes | str) -> None:
        content = content.encode() if isinstance(content, str) else content
        self.places[place] = self.places.get(place, b"") + b"\n" + content

    def betrayed(self) -> dict[str, list[str]]:
        return {place: names for place, text in self.places.items() if (names := found_in(text, self.secrets))}


class Visitor:
    """Somebody at a browser, who keeps everything that is sent there but the cookies."""

    def __init__(self, base: str, heard: Heard) -> None:
        self._base = base
        self._heard = heard
        self._session = requests.Session()
        self.page = Page("")

    def open(self, path: str, **how: object) -> requests.Response:
        return self._arrive(self._session.get(self._base + path, timeout=60, **how))  # type: ignore[arg-type]

    def submit(self, path: str, *, action: str = "", button: str = "", **answers: str) -> requests.Response:
        """Fill in the form of a page that goes to *action*, or has this *button*."""
        self.open(path)
        form = self.page.form(action=action, button=button)
        address = self._base + (form.action or path)
        return self._arrive(self._session.post(address, data={**form.fields(), **answers}, timeout=60))

    def consent(self, path: str, action: str, **chosen: str) -> None:
        """Press Connect, and Allow at the vendor's."""
        asked = self.submit(path, action=action)
        form = Page(asked.text).root.find("form")
        hidden = {one.attrs["name"]: one.attrs.get("value", "") for one in form.find_all("input", type="hidden")}
        answer = {**hidden, **chosen, "answer": "allow"}
        back = self._session.post(asked.url, data=answer, timeout=60, allow_redirects=False)
        code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
        self._heard.secrets[f"code for {action}"] = code
        self._arrive(self._session.get(back.headers["Location"], timeout=60))

    def _arrive(self, response: requests.Response) -> requests.Response:
        for answer in [*response.history, response]:
            kept = {name: text for name, text in answer.headers.items() if name.lower() != "set-cookie"}
            self._heard.add("pages", f"{kept}\n{answer.text}")
        self.page = Page(response.text)
        return response


@dataclass
class System:
    """The processes of the Procfile, as a server runs them."""

    env: Mapping[str, str]
    output: Path
    heard: Heard
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.env['PORT']}"

    def start(self) -> None:
        commands = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
        subprocess.run(commands.pop("release"), shell=True, env=self.env, cwd=ROOT, check=True)
        for name, command in commands.items():
            with (self.output / name).open("wb") as said:
                louder = command.replace("--loglevel INFO", "--loglevel DEBUG")
                louder += " --log-level debug" if name == "web" else ""
                process = subprocess.Popen(
                    louder, shell=True, env=self.env, cwd=ROOT, stdout=said, stderr=said, start_new_session=True
                )
            self.processes.append(process)
        wait_until(self._is_up, 90)

    def _is_up(self) -> bool:
        try:
            return bool(requests.get(self.base + "/healthz", timeout=5).json()["ok"])
        except (requests.RequestException, ValueError):
            return False

    def command_lines(self) -> bytes:
        return b"\n".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if self._is_ours(path))

    def _is_ours(self, cmdline: Path) -> bool:
        try:
            return self.env["PIPESHEET_HOME"].encode() in cmdline.with_name("environ").read_bytes()
        except OSError:
            return False

    def stop(self) -> None:
        for process in self.processes:
            os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            process.wait(60)
        for file in self.output.iterdir():
            self.heard.add(f"output of {file.name}", file.read_bytes())


@pytest.fixture
def heard() -> Heard:
    return Heard(
        {
            "API token": TOKEN,
            "mistyped token": token_hex(20),
            "client secret": DEMO.client_secret,
            "password": PASSWORD,
            "secret key": Fernet.generate_key().decode(),
            "session key": token_urlsafe(48),
            "Google's client secret": GOOGLE_DEMO.client_secret,
            "Google's API key": API_KEY,
            "private key": DEMO_ROBOT.key_file()["private_key"].splitlines()[5],
        }
    )


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[SandboxProcess]:
    with sandbox_process("--deals", "60", "--plan", "none") as vendor:
        yield vendor


@contextmanager
def system(home: Path, vendor: SandboxProcess, google: GoogleProcess, redis_url: str, heard: Heard) -> Iterator[System]:
    env = clean_environment(
        home,
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        PORT=str(free_port()),
        PIPESHEET_BIND="127.0.0.1",
        PIPESHEET_REROUTE=f"{vendor.reroute},{google.reroute}",
        PIPESHEET_LOG_LEVEL="DEBUG",
        PIPESHEET_SECRET_KEYS=heard.secrets["secret key"],
        PIPESHEET_SESSION_KEY=heard.secrets["session key"],
        PIPEDRIVE_CLIENT_ID=DEMO.client_id,
        PIPEDRIVE_CLIENT_SECRET=DEMO.client_secret,
        PIPEDRIVE_API_TOKEN=TOKEN,
        GOOGLE_CLIENT_ID=GOOGLE_DEMO.client_id,
        GOOGLE_CLIENT_SECRET=GOOGLE_DEMO.client_secret,
        GOOGLE_API_KEY=API_KEY,
        REDIS_URL=redis_url,
    )
    output = home.with_name("output")
    output.mkdir()
    running = System(env, output, heard)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize(
    "shape", ["5a9d0b0e6c1f4d7e8a2b3c4d5e6f708192a3b4c5", "5a9d0b0e6c1f4d7e8a2b", "5c4b3a291807f6e5"]
)
def test_a_secret_is_found_whole_in_part_and_backwards(shape: str) -> None:
    assert found_in(f"... {shape} ...".encode(), {"token": TOKEN}) == ["token"]


@pytest.mark.parametrize("before", ["", "x", "xy"])
def test_a_secret_is_found_where_it_was_encoded(before: str) -> None:
    from base64 import b64encode, urlsafe_b64encode
    from urllib.parse import quote

    text = f"{before}{PASSWORD}"
    for content in (b64encode(text.encode()), urlsafe_b64encode(text.encode()), text.encode().hex().encode()):
        assert found_in(b"{" + content + b"}", {"password": PASSWORD}) == ["password"]
    assert found_in(quote(text).encode(), {"password": PASSWORD}) == ["password"]
    assert found_in(b"nothing of the kind, in 16 and more bytes", {"password": PASSWORD, "token": TOKEN}) == []


def test_no_secret_is_anywhere_it_need_not_be(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    vendor: SandboxProcess,
    google: GoogleProcess,
    heard: Heard,
) -> None:
    key_file = tmp_path_factory.mktemp("key") / "key.json"  # where it has to be
    key_file.write_text(google.key_file())
    home = tmp_path / "home"
    with running_redis(tmp_path / "redis") as redis_url:
        heard.secrets["Redis password"] = redis_url.split(":")[2].split("@")[0]
        with system(home, vendor, google, redis_url, heard) as running:
            live_through_everything(running, vendor, google, heard)
            use_the_command_line(running.env, google, key_file, heard)
            heard.add("command lines", running.command_lines())
            with connect(redis_url) as client:
                heard.add("Redis", in_redis(client))
        with connect(redis_url) as client:
            heard.add("Redis", in_redis(client))
    for path, content in in_files(tmp_path):
        if path.name != "valkey.conf":  # where its password has to be
            heard.add(f"file {path.relative_to(tmp_path)}", content)
    heard.add("addresses and queries of calls", repr((vendor.calls(), google.calls())))

    assert {call["auth"] for call in vendor.calls()} <= {"header", "bearer", "basic", "none"}
    # The sandbox covers secrets that came in an address.
    assert [call for call in vendor.calls() if MASK in str(call["query"])] == []
    assert {str(call["path"]).split("/")[1] for call in google.calls()} >= {"v4", "drive", "token", "o"}
    assert b"Traceback" in heard.places["output of worker"]
    assert b"Traceback" in heard.places["output of web"]
    assert b"PK\x03\x04" in heard.places["file home/workbooks/1/Pipesheet.xlsx"]
    assert {"pages", "Redis", "events", "command line", "file home/pipesheet.db"} <= heard.places.keys()
    assert heard.betrayed() == {}
    # However many access tokens Google gave out, they all begin like this.
    assert [place for place, text in heard.places.items() if b"ya29." in text] == []

    heard.add("events", f"... {TOKEN} ...")
    assert heard.betrayed() == {"events": ["API token"]}


def live_through_everything(running: System, vendor: SandboxProcess, google: GoogleProcess, heard: Heard) -> None:
    visitor = Visitor(running.base, heard)
    visitor.submit("/welcome", email=EMAIL, password=PASSWORD)
    visitor.submit("/connections/new", button="Connect", token=heard.secrets["mistyped token"])
    assert "refused" in visitor.page.text
    visitor.submit("/connections/new", button="Connect", token=TOKEN)
    visitor.consent("/connections/new", "/connections/oauth", user_id=DAAN)
    cut_off = google.key_file()[:-200]
    visitor.submit("/connections/google/new", button="Connect the service account", key=cut_off)
    assert "not whole" in visitor.page.text
    visitor.submit("/connections/google/new", button="Connect the service account", key=google.key_file())
    visitor.consent("/connections/google/new", "/connections/google", account=ALEX.email, granted=DRIVE_FILE)
    settings = Settings.from_env(running.env)
    services = build(settings, queue=CeleryQueue(settings.redis_url))
    try:
        owner = services.people.sign_in(EMAIL, PASSWORD)
        assert owner
        run_well_and_badly(services, owner, vendor, settings, heard)
        write_well_and_badly(services, owner, google, settings, heard)
        open_every_page(services, owner, visitor)
        meet_what_nobody_thought_of(settings)
        visitor.open("/")
        assert "Traceback" not in visitor.page.text
    finally:
        services.close()


def run_well_and_badly(
    services: Services, owner: Actor, vendor: SandboxProcess, settings: Settings, heard: Heard
) -> None:
    linked = services.connections.list(owner, PIPEDRIVE)
    by_token, by_consent = sorted(linked, key=lambda one: one.sign_in is SignIn.OAUTH)
    learn_tokens(by_consent, settings, heard)
    for number, connection in enumerate((by_token, by_consent), start=1):
        draft = a_draft(name=f"Deals {number}", connection_id=connection.id, target=a_target(f"Deals {number}"))
        services.importers.create(owner, draft)
    by_token_importer, by_consent_importer = (card.importer.id for card in services.importers.cards(owner))

    def run(importer_id: int) -> Status:
        return ran(services, owner, importer_id, heard)

    good = {Status.DONE, Status.DONE_WITH_NOTES}
    assert {run(by_token_importer), run(by_consent_importer)} <= good
    requests.post(f"{vendor.address}/_sandbox/expire-access-tokens", timeout=10).raise_for_status()
    assert run(by_consent_importer) in good
    learn_tokens(services.connections.get(owner, by_consent.id), settings, heard)
    vendor.trouble("cut", count=1)
    vendor.trouble("truncate", count=1)
    assert run(by_token_importer) in good
    vendor.trouble("revoked")
    assert run(by_token_importer) is Status.FAILED
    vendor.no_trouble()
    requests.post(f"{vendor.address}/_sandbox/uninstall", timeout=60).raise_for_status()
    assert not services.connections.get(owner, by_consent.id).sealed


def ran(services: Services, owner: Actor, importer_id: int, heard: Heard) -> Status:
    started = services.runs.start(owner, importer_id)
    wait_until(lambda: services.runs.get(owner, started.id).status.is_over, 60)
    ended = services.runs.get(owner, started.id)
    heard.add("events", repr((ended, services.runs.events(owner, started.id))))
    return ended.status


def write_well_and_badly(
    services: Services, owner: Actor, google: GoogleProcess, settings: Settings, heard: Heard
) -> None:
    [reads] = (one for one in services.connections.list(owner, PIPEDRIVE) if one.sign_in is SignIn.API_TOKEN)
    linked = services.connections.list(owner, GOOGLE_SHEETS)
    by_key, by_consent = sorted(linked, key=lambda one: one.sign_in is SignIn.OAUTH)
    learn_tokens(by_consent, settings, heard)
    shared = google.new_spreadsheet("Shared")
    importers = [
        services.importers.create(owner, a_draft(name=name, connection_id=reads.id, target=target)).id
        for name, target in (
            ("By key", Target(GOOGLE_SHEETS, shared, "Deals", connection_id=by_key.id)),
            ("By consent", Target(GOOGLE_SHEETS, "", "Deals", connection_id=by_consent.id, place_name="New")),
        )
    ]
    good = {Status.DONE, Status.DONE_WITH_NOTES}
    services.connections.check(owner, reads.id)
    assert {ran(services, owner, importer_id, heard) for importer_id in importers} <= good
    google.knob("expire-access-tokens")
    google.trouble("cut", count=1)
    assert {ran(services, owner, importer_id, heard) for importer_id in importers} <= good
    learn_tokens(services.connections.get(owner, by_consent.id), settings, heard)
    google.knob("withdraw", email=ALEX.email)
    assert ran(services, owner, importers[1], heard) is Status.FAILED
    google.trouble("invalid_grant")
    services.connections.check(owner, by_key.id)
    google.no_trouble()
    for connection in services.connections.list(owner, GOOGLE_SHEETS):
        heard.add("events", repr(connection))


def learn_tokens(connection: Connection, settings: Settings, heard: Heard) -> None:
    """Those of a grant, which only the vault can tell. A refresh token begins with the ids of company and user."""
    grant: Grant = opened_grant(connection, FernetVault(settings.secret_keys).open)
    for name, token in (("access", grant.access_token), ("refresh", grant.refresh_token)):
        heard.secrets[f"{name} token {len(heard.secrets)}"] = token.reveal().rpartition(":")[2]


def meet_what_nobody_thought_of(settings: Settings) -> None:
    """Importers as no version of ours would keep them: neither the pages nor the worker can read them."""
    with closing(sqlite3.connect(settings.home / "pipesheet.db")) as database, database:
        database.execute("UPDATE importers SET selection = '17'")
        database.execute("UPDATE runs SET status = 'queued' WHERE id = 1")
    CeleryQueue(settings.redis_url).run_import(1)


def open_every_page(services: Services, owner: Actor, visitor: Visitor) -> None:
    for path in (
        *("/", "/connections", "/connections/new", "/importers/new", "/nowhere", "/healthz"),
        *(f"/importers/{card.importer.id}" for card in services.importers.cards(owner)),
        *(f"/importers/{card.importer.id}/edit" for card in services.importers.cards(owner)),
        *(f"/importers/{card.importer.id}/results" for card in services.importers.cards(owner)),
        *(f"/connections/{connection.id}" for connection in services.connections.list(owner)),
        *(f"/runs/{number}" for number in range(1, 12)),
        *("/connections/google/new", "/connections/google/callback?state=nonsense&code=nonsense"),
        "/connections/oauth/callback?state=nonsense&code=nonsense",
    ):
        visitor.open(path)


def use_the_command_line(env: Mapping[str, str], google: GoogleProcess, key_file: Path, heard: Heard) -> None:
    env = {**env, "GOOGLE_APPLICATION_CREDENTIALS": str(key_file)}
    wrong = {**env, "PIPEDRIVE_API_TOKEN": heard.secrets["mistyped token"]}
    (broken := key_file.with_name("broken.json")).write_text(key_file.read_text()[:-200])
    unreadable = {**env, "GOOGLE_APPLICATION_CREDENTIALS": str(broken), "PIPESHEET_LOG_LEVEL": "DEBUG"}
    shared = f"https://docs.google.com/spreadsheets/d/{google.new_spreadsheet('Once')}/edit"
    private = f"https://docs.google.com/spreadsheets/d/{google.new_spreadsheet('Mine', is_shared=False)}/edit"
    workbook = str(Path(env["PIPESHEET_HOME"]) / "once.xlsx")
    for arguments, where in (
        (("import", "persons", "--to", workbook), env),
        (("import", "persons", "--to", workbook, "--json"), wrong),
        (("import", "persons", "--to", shared), env),
        (("import", "persons", "--to", private), env),
        (("import", "persons", "--to", shared, "--json"), unreadable),
        (("check",), env),
        (("columns", "deals"), env),
        (("columns", "deals"), wrong),
        (("price", "deals"), env),
    ):
        done = pipesheet(*arguments, env=dict(where))
        heard.add("command line", done.stdout + done.stderr)
