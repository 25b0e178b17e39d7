"""An importer that writes into a Google spreadsheet, made and changed in the editor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from importers.config import Settings
from importers.model import (
    EXCEL,
    GOOGLE_SHEETS,
    Actor,
    Connection,
    Importer,
    Mode,
    Role,
    Selection,
    Target,
)
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.google import scopes
from sandbox.google.accounts import ALEX, API_KEY, DEMO, DEMO_ROBOT, PROJECT_NUMBER, SHEETS
from sandbox.google.app import Google
from sandbox.google.files import File
from tests.builders import a_draft
from tests.fakes import NEW_YEAR, FakeClock
from tests.google import ROBOT_KEY, a_spreadsheet
from tests.people import PASSWORD, PASSWORD_HASH
from tests.web.at_google import APP_SETTINGS, connected
from tests.web.browser import Browser
from tests.web.page import Page
from web import current

VIVIAN = "vivian@example.com"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, **APP_SETTINGS)


@pytest.fixture
def alex(services: Services, google: Google, alice: Actor, connection: Connection) -> Connection:
    return connected(services, google, alice)


@pytest.fixture
def robot(services: Services, alice: Actor, google: Google, connection: Connection) -> Connection:
    return services.google.link_service_account(alice, ROBOT_KEY)


@pytest.fixture
def file(google: Google) -> File:
    return a_spreadsheet(google)


@pytest.fixture
def writer(services: Services, alice: Actor, connection: Connection, robot: Connection, file: File) -> Importer:
    target = Target(GOOGLE_SHEETS, file.id, "Deals", robot.id, mode=Mode.UPDATE, stamps_rows=True)
    draft = a_draft(name="Deals to Google Sheets", connection_id=connection.id, target=target)
    return services.importers.create(alice, draft)


def value_of(file: File) -> str:
    return f"{file.id}:{file.name}"


def google_answers(account: Connection, there: File, /, **more: Any) -> dict[str, Any]:
    return {"kind": GOOGLE_SHEETS, "account": str(account.id), "file": value_of(there), **more}


def choices(page: Page, name: str = "file") -> list[str]:
    return [option.attrs["value"] for option in page.root.find("select", name=name).find_all("option")]


# --- saved ---


def test_what_is_chosen_is_kept(at_alice: Browser, services: Services, alice: Actor, robot: Connection, file: File):
    at_alice.open("/importers/new")
    more = {
        "tab": "Pipeline",
        "start": "B3",
        "mode": "update",
        "key": "title",
        "skips_unchanged": None,
        "stamps_rows": "y",
        "fills_formulas": "y",
        "explains_headers": "y",
        "takes_over": "y",
        "name": "Deals to a sheet",
    }
    at_alice.submit(press="save", **google_answers(robot, file, **more))
    assert at_alice.path == "/"
    (card,) = services.importers.cards(alice)
    assert replace(card.importer.target, table="") == Target(
        GOOGLE_SHEETS,
        file.id,
        "Pipeline",
        robot.id,
        "Sales 2026",
        "B3",
        Mode.UPDATE,
        "title",
        stamps_rows=True,
        skips_unchanged=False,
        fills_formulas=True,
        explains_headers=True,
        takes_over=True,
    )


def test_editing_shows_what_was_kept_and_changes_nothing_by_itself(
    at_alice: Browser, services: Services, alice: Actor, writer: Importer
):
    form = at_alice.open(f"/importers/{writer.id}/edit").form()
    assert (form.value("kind"), form.value("tab"), form.value("mode")) == (GOOGLE_SHEETS, "Deals", "update")
    at_alice.submit(press="save")
    assert services.importers.get(alice, writer.id).target == writer.target


def test_opening_the_editor_asks_nothing_of_google(at_alice: Browser, google: Google, writer: Importer):
    google.journal.clear()
    for path in ("/importers/new", f"/importers/{writer.id}/edit", f"/importers/{writer.id}/copy"):
        page = at_alice.open(path)
        assert value_of(google.files.get(writer.target.place)) in choices(page)
    assert google.journal.calls == []


def test_a_new_spreadsheet_is_made_by_saving(
    at_alice: Browser, services: Services, google: Google, alice: Actor, alex: Connection
):
    at_alice.open(f"/importers/new?account={alex.id}")
    at_alice.submit(press="run", way="new", new_title="Fresh")
    (card,) = services.importers.cards(alice)
    made = google.files.get(card.importer.target.place)
    assert made
    assert (made.name, made.owner, card.importer.target.sheet) == ("Fresh", ALEX.email, "Deals")
    assert "60 rows added." in at_alice.page.text


@pytest.mark.parametrize("where", ["google", "sandbox"])
def test_an_address_is_understood_wherever_it_was_copied(
    at_alice: Browser,
    app: Any,
    services: Services,
    settings: Settings,
    alice: Actor,
    robot: Connection,
    file: File,
    where: str,
):
    host = {"google": "https://docs.google.com", "sandbox": "http://127.0.0.1:8101"}[where]
    current.attach(app, services, replace(settings, reroutes={"docs.google.com": "http://127.0.0.1:8101"}))
    at_alice.open("/importers/new")
    address = f"{host}/spreadsheets/d/{file.id}/edit?gid=0#gid=0"
    at_alice.submit(press="save", **google_answers(robot, file, file="", way="pasted", address=address, tab=""))
    (card,) = services.importers.cards(alice)
    assert (card.importer.target.place, card.importer.target.sheet) == (file.id, "Sheet1")


def test_a_workbook_stays_a_workbook(at_alice: Browser, services: Services, alice: Actor, alex: Connection):
    at_alice.open("/importers/new")
    at_alice.submit(press="save", mode="update", start="nonsense", tab="")
    (card,) = services.importers.cards(alice)
    assert card.importer.target == Target(EXCEL, "Pipedrive", "Deals")


@pytest.mark.parametrize("kind", [EXCEL, GOOGLE_SHEETS])
def test_an_importer_can_move_to_the_other_kind(
    at_alice: Browser, services: Services, alice: Actor, writer: Importer, importer: Importer, kind: str
):
    moved = writer if kind == EXCEL else importer
    file = value_of_place(writer)
    at_alice.open(f"/importers/{moved.id}/edit")
    at_alice.submit(press="save", kind=kind, file=file, tab="Moved", sheet="Moved")
    target = services.importers.get(alice, moved.id).target
    assert (target.kind, target.sheet) == (kind, "Moved")


def value_of_place(importer: Importer) -> str:
    return f"{importer.target.place}:{importer.target.place_name}"


# --- refused, at its field ---


@pytest.mark.parametrize(
    ("answers", "field", "says"),
    [
        ({"file": ""}, "file", "Choose a spreadsheet."),
        ({"way": "pasted", "address": ""}, "address", "Paste the address"),
        ({"way": "pasted", "address": "not an address"}, "address", "not the address of a Google spreadsheet"),
        ({"way": "new", "new_title": " "}, "new_title", "Give the new spreadsheet a name."),
        ({"way": "new", "new_title": "Fresh"}, "new_title", "cannot create spreadsheets"),
        ({"tab": ""}, "tab", "Name the tab"),
        ({"tab": "x" * 101}, "tab", "100 characters"),
        ({"start": ""}, "start", "like A1"),
        ({"start": "nowhere"}, "start", "not a cell"),
        ({"mode": "update", "key": "nonsense"}, "key", "cannot be told apart"),
        ({"account": "999"}, "", "no such connection"),
        ({"account": None}, "account", "Choose a Google account"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_the_rest_is_kept(
    at_alice: Browser,
    services: Services,
    alice: Actor,
    robot: Connection,
    file: File,
    answers: dict[str, Any],
    field: str,
    says: str,
):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", **google_answers(robot, file, statuses=["won"], **{"tab": "Kept", **answers}))
    assert at_alice.status == 422
    shown = page.root.find(id=f"{field}-error") if field else page.root.find("main")
    assert says in shown.text
    form = page.form()
    assert (form.value("statuses"), form.value("kind")) == ("won", GOOGLE_SHEETS)
    for name, value in answers.items():
        if value and name not in ("key", "account"):
            assert form.value(name) == value.strip()
    assert services.importers.cards(alice) == []


Trouble = Callable[[Google, File], object]


def unshared(google: Google, file: File) -> None:
    google.files.share(file, DEMO_ROBOT.email, "none")


def read_only(google: Google, file: File) -> None:
    google.files.share(file, DEMO_ROBOT.email, "reader")


def protected(google: Google, file: File) -> None:
    assert file.book
    only_alex = {"protectedRangeId": 1, "range": {"sheetId": 0}, "editors": {"users": [ALEX.email]}}
    file.book.tabs[0].protected_ranges = [only_alex]


def api_off(google: Google, file: File) -> None:
    google.accounts.projects[PROJECT_NUMBER].apis.discard(SHEETS)


@pytest.mark.parametrize(
    ("trouble", "field", "says", "helps"),
    [
        (unshared, "file", "not shared", f"Share it with {DEMO_ROBOT.email} as Editor"),
        (api_off, "account", "not enabled in the Google Cloud project", "press Enable"),
        (
            lambda google, file: google.faults.add("file_gone", path="/v4/"),
            "file",
            "no such spreadsheet",
            DEMO_ROBOT.email,
        ),
        (lambda google, file: google.faults.add("forbidden", path="/v4/"), "file", "not shared", "as Editor"),
        (protected, "tab", "is protected", "Protect sheets and ranges"),
        (lambda google, file: google.faults.add("invalid_grant"), "account", "service account", ""),
        (
            lambda google, file: google.faults.add("missing_scope", path="/v4/"),
            "account",
            "does not let the service account",
            "",
        ),
    ],
)
def test_what_google_refuses_is_told_at_the_right_field_with_the_step_that_helps(
    at_alice: Browser,
    services: Services,
    google: Google,
    alice: Actor,
    robot: Connection,
    file: File,
    trouble: Trouble,
    field: str,
    says: str,
    helps: str,
):
    trouble(google, file)
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", **google_answers(robot, file, tab="Sheet1"))
    google.accounts.projects[PROJECT_NUMBER].apis.add(SHEETS)
    assert at_alice.status == 422
    told = page.root.find(id=f"{field}-error").text
    assert says in told
    assert helps in told
    assert services.importers.cards(alice) == []


def test_the_address_that_enables_an_api_can_be_pressed(
    at_alice: Browser, google: Google, robot: Connection, file: File
):
    api_off(google, file)
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", **google_answers(robot, file))
    google.accounts.projects[PROJECT_NUMBER].apis.add(SHEETS)
    link = page.root.find(id="account-error").find("a")
    assert link.attrs["href"].startswith("https://console.developers.google.com/apis/api/sheets.googleapis.com/")
    assert link.attrs["rel"] == "noopener noreferrer"


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (lambda google: google.tokens.withdraw(DEMO.client_id, ALEX.email), "no longer lets Pipesheet in"),
        (lambda google: google.tokens.narrow(DEMO.client_id, ALEX.email, [scopes.EMAIL]), "tick"),
    ],
)
def test_a_grant_that_ended_is_told_at_the_account(
    at_alice: Browser, google: Google, alex: Connection, file: File, end: Callable[[Google], object], says: str
):
    end(google)
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", **google_answers(alex, file))
    assert at_alice.status == 422
    assert says in page.root.find(id="account-error").text


def test_a_tab_that_is_taken_names_the_importer_that_has_it(at_alice: Browser, writer: Importer):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", tab="deals", name="Another")
    assert "“Deals to Google Sheets” writes to the tab" in page.root.find(id="tab-error").text


def test_a_file_that_was_not_picked_is_to_be_chosen_again_right_here(
    at_alice: Browser, alex: Connection, robot: Connection, file: File
):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", **google_answers(alex, replace(file, id="1" * 44), tab="Kept"))
    told = page.root.find(id="file-error").text
    assert "Choose it again here: press “Pick in Google Drive”" in told
    assert "Edit the importer" not in page.text
    beside = at_alice.open(f"/editor/tabs?account={alex.id}&spreadsheet={'1' * 44}").root.find(role="alert").text
    assert " ".join(beside.split()) == " ".join(told.split())


def test_who_has_no_spreadsheet_begins_with_a_new_one_without_scripts_too(at_alice: Browser, alex: Connection):
    at_alice.open(f"/importers/new?account={alex.id}")
    form = at_alice.submit(press="options").form()
    assert form.value("way") == "new"


def test_google_being_away_is_told_above_the_form_and_nothing_is_lost(
    at_alice: Browser, google: Google, robot: Connection, file: File
):
    google.faults.add("server_error", path="/v4/")
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", **google_answers(robot, file, tab="Kept"))
    assert "Google does not answer" in page.root.find(role="alert").text
    assert page.form().value("tab") == "Kept"


# --- what there is to choose ---


def test_the_spreadsheets_of_an_account_come_as_a_piece_of_page(
    at_alice: Browser, google: Google, robot: Connection, file: File
):
    page = at_alice.open(f"/editor/spreadsheets?account={robot.id}&file={value_of(file)}")
    assert value_of(file) in choices(page)
    assert "selected" in page.root.find("option", value=value_of(file)).attrs
    assert DEMO_ROBOT.email in page.text
    assert page.root.find("select").attrs["data-can-create"] == "no"
    assert not page.root.find_all("button", data_pick="")


def test_one_that_the_account_does_not_show_stays_chosen(at_alice: Browser, robot: Connection):
    page = at_alice.open(f"/editor/spreadsheets?account={robot.id}&file=abc:Gone")
    assert page.root.find("option", value="abc:Gone").text == "Gone – not shown by this account"


def test_the_tabs_of_a_spreadsheet_come_as_a_piece_of_page(at_alice: Browser, robot: Connection, file: File):
    for spreadsheet in (file.id, f"https://docs.google.com/spreadsheets/d/{file.id}/edit"):
        page = at_alice.open("/editor/tabs", query_string={"account": robot.id, "spreadsheet": spreadsheet})
        assert [option.attrs["value"] for option in page.root.find("datalist").find_all("option")] == ["Sheet1"]
        assert page.root.find("button").attrs["data-tab"] == "Sheet1"


@pytest.mark.parametrize("query", ["", "?account=", "?account=999", "?account=x", "?account=1&spreadsheet=abc"])
def test_pieces_of_nothing_are_empty_and_break_nothing(at_alice: Browser, connection: Connection, query: str):
    for piece in ("accounts", "spreadsheets", "tabs"):
        assert at_alice.client.get(f"/editor/{piece}{query}").status_code == 200


@pytest.mark.parametrize("piece", ["spreadsheets", "tabs"])
def test_trouble_at_google_is_shown_in_place(
    at_alice: Browser, google: Google, robot: Connection, file: File, piece: str
):
    google.faults.add("invalid_grant")
    page = at_alice.open(f"/editor/{piece}", query_string={"account": robot.id, "spreadsheet": file.id})
    assert at_alice.status == 200
    assert "service account" in page.root.find("div", role="alert").text


def test_an_account_that_is_refused_offers_to_reconnect(at_alice: Browser, google: Google, alex: Connection):
    google.tokens.withdraw(DEMO.client_id, ALEX.email)
    page = at_alice.open(f"/editor/spreadsheets?account={alex.id}")
    assert page.links()["Reconnect"] == f"/connections/{alex.id}/replace?for=editor"


def test_without_an_account_the_editor_leads_to_connecting_in_another_tab(at_alice: Browser, connection: Connection):
    page = at_alice.open("/importers/new")
    link = next(one for one in page.root.find_all("a") if one.text == "Connect Google")
    assert link.attrs["href"] == "/connections/google/new?for=editor"
    assert link.attrs["target"] == "_blank"


def test_an_editor_who_may_not_link_is_told_whom_to_ask(at_bob: Browser, connection: Connection):
    page = at_bob.open("/importers/new")
    assert "Ask an owner of the workspace to connect one." in page.text


def test_without_scripts_a_button_shows_what_there_is(at_alice: Browser, robot: Connection, file: File):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="options", kind=GOOGLE_SHEETS, account=str(robot.id))
    assert at_alice.status == 200
    assert value_of(file) in choices(page)
    assert page.form().value("name") == "Deals to Google Sheets"
    page = at_alice.submit(press="options", file=value_of(file))
    assert "Sheet1" in page.root.find(id="tabs").text


def test_names_follow_the_kind_unless_they_were_typed(at_alice: Browser, robot: Connection):
    at_alice.open("/importers/new")
    assert at_alice.submit(press="options", kind=GOOGLE_SHEETS, entity="persons").form().value("tab") == "Persons"
    form = at_alice.page.form()
    assert form.value("name") == "Persons to Google Sheets"
    assert at_alice.submit(press="options", kind=EXCEL).form().value("name") == "Persons to Excel"
    at_alice.submit(press="options", kind=GOOGLE_SHEETS, name="Mine")
    assert at_alice.page.form().value("name") == "Mine"


def test_the_next_importer_goes_beside_the_newest_one(at_alice: Browser, writer: Importer, robot: Connection):
    form = at_alice.open("/importers/new").form()
    assert (form.value("kind"), form.value("account")) == (GOOGLE_SHEETS, str(robot.id))
    assert form.value("file") == value_of_place(writer)
    assert (form.value("tab"), form.value("name")) == ("Deals (2)", "Deals to Google Sheets (2)")


def test_the_key_column_is_one_of_those_chosen(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection, robot: Connection, file: File
):
    selection = Selection("deals", columns=("id", "title", "status"))
    target = Target(GOOGLE_SHEETS, file.id, "Deals", robot.id, mode=Mode.UPDATE, key="title")
    draft = a_draft(connection_id=connection.id, selection=selection, target=target)
    kept = services.importers.create(alice, draft)
    page = at_alice.open(f"/importers/{kept.id}/edit")
    assert choices(page, "key") == ["id", "title", "status"]
    assert page.form().value("key") == "title"


# --- a copy ---


def test_a_copy_keeps_the_spreadsheet_and_asks_for_a_tab(
    at_alice: Browser, services: Services, alice: Actor, writer: Importer
):
    page = at_alice.open(f"/importers/{writer.id}/copy")
    assert page.form().value("tab") == "Deals (2)"
    assert "Google spreadsheet “Sales 2026”, update" in page.root.find("details", **{"class": "card-box rest"}).text
    at_alice.submit(press="save")
    copied = next(card.importer for card in services.importers.cards(alice) if card.importer.id != writer.id)
    assert (copied.target.place, copied.target.sheet) == (writer.target.place, "Deals (2)")
    assert (copied.target.mode, copied.target.stamps_rows) == (Mode.UPDATE, True)
    assert copied.target.table != writer.target.table


# --- the preview ---


def test_a_preview_says_what_the_first_write_will_do(
    at_alice: Browser, services: Services, alice: Actor, writer: Importer
):
    at_alice.open(f"/importers/{writer.id}/edit")
    assert "There are no rows of this table yet." in at_alice.submit(press="preview").text
    services.runs.start(alice, writer.id)
    sent = at_alice.open(f"/importers/{writer.id}/edit").form().fields()
    answer = at_alice.client.post(f"/editor/preview?importer_id={writer.id}", data=sent)
    assert "There are 60 rows of this table already." in answer.text
    copied = at_alice.open(f"/importers/{writer.id}/copy").form().fields()
    answer = at_alice.client.post(f"/editor/preview?importer_id={writer.id}&copying=1", data=copied)
    assert "There are no rows of this table yet." in answer.text


def test_a_preview_tells_of_cells_in_the_way_and_shows_the_rows_all_the_same(
    at_alice: Browser, robot: Connection, file: File
):
    assert file.book
    file.book.tabs[0].put_block(0, 0, [["My own notes"]])
    at_alice.open("/importers/new")
    page = at_alice.submit(press="preview", **google_answers(robot, file, tab="Sheet1"))
    assert "Sheet1" in page.root.find(id="preview").find(role="alert").text
    assert len(page.root.find(id="preview").find("tbody").find_all("tr")) == 20


def test_only_a_new_importer_has_a_first_write_before_it(
    at_alice: Browser, services: Services, alice: Actor, writer: Importer, robot: Connection, file: File
):
    services.runs.start(alice, writer.id)
    at_alice.open(f"/importers/{writer.id}/edit")
    told = at_alice.submit(press="preview", mode="append").root.find(role="note").text
    assert "The next run:" in told
    assert "once more after each run" in told
    at_alice.open("/importers/new")
    new = at_alice.submit(press="preview", **google_answers(robot, file, tab="Another"))
    assert "The first write:" in new.text


def test_a_run_into_a_spreadsheet_that_is_not_shared_leads_there_first(
    at_alice: Browser, services: Services, google: Google, alice: Actor, writer: Importer, file: File
):
    unshared(google, file)
    run = services.runs.start(alice, writer.id)
    links = at_alice.open(f"/runs/{run.id}").root.find("section", class_="ending is-failed").find_all("a")
    assert [one.text.strip() for one in links] == ["Open the spreadsheet", "Change the settings"]


def test_a_preview_does_without_google_where_nothing_is_chosen_yet(
    at_alice: Browser, google: Google, robot: Connection
):
    at_alice.open("/importers/new")
    google.journal.clear()
    page = at_alice.submit(press="preview", kind=GOOGLE_SHEETS, account=str(robot.id), file="")
    assert page.root.find(id="preview").find("table")
    assert google.journal.calls == []


# --- the picker ---


def picker(browser: Browser, account: Connection | None, **more: Any) -> Any:
    token = browser.open("/importers/new").root.find("input", name="csrf_token").attrs["value"]
    sent = {"csrf_token": token, "account": account.id if account else "", **more}
    return browser.client.post("/editor/picker", data=sent, headers={"Accept": "application/json"})


def test_the_token_for_the_picker_comes_by_post_and_is_kept_by_nobody(at_alice: Browser, alex: Connection):
    answer = picker(at_alice, alex)
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.get_json()
    assert (told["key"], told["app_id"]) == (API_KEY, PROJECT_NUMBER)
    assert told["script"] == "https://apis.google.com/js/api.js"
    assert told["token"].startswith("ya29.")
    for path in ("/importers/new", f"/editor/spreadsheets?account={alex.id}", "/connections"):
        html = at_alice.open(path).html
        assert told["token"] not in html
        assert API_KEY not in html
    assert at_alice.client.get("/editor/picker").status_code == 405


def test_the_token_takes_the_mark_of_the_session(at_alice: Browser, alex: Connection):
    assert picker(at_alice, alex, csrf_token="x").status_code == 400


def test_nobody_gets_a_token_of_somebody_elses_account_or_of_none(
    at_alice: Browser, at_charlie: Browser, services: Services, charlie: Actor, alex: Connection, robot: Connection
):
    from importers.secret import Secret
    from sandbox.world import TOKEN

    services.connections.link(charlie, Secret(TOKEN))
    assert picker(at_charlie, alex).status_code == 404
    answer = picker(at_alice, robot)
    assert answer.status_code == 422
    assert "no window" in answer.get_json()["message"]
    assert picker(at_alice, None).status_code == 422


def test_viewers_choose_nothing(at_alice: Browser, app: Any, store: SqlStore, alice: Actor, alex: Connection):
    store.add_user(VIVIAN, PASSWORD_HASH, workspace_id=alice.workspace.id, role=Role.VIEWER, now=NEW_YEAR)
    vivian = Browser(app)
    vivian.sign_in(VIVIAN, PASSWORD)
    token = vivian.open("/connections").root.find("input", name="csrf_token").attrs["value"]
    for piece in ("accounts", "spreadsheets", "tabs"):
        assert vivian.client.get(f"/editor/{piece}?account={alex.id}").status_code == 403
    answer = vivian.client.post("/editor/picker", data={"csrf_token": token, "account": alex.id})
    assert answer.status_code == 403


def test_only_pages_with_the_picker_let_google_in(
    at_alice: Browser, google: Google, writer: Importer, alex: Connection
):
    for path in ("/importers/new", f"/importers/{writer.id}/edit", f"/importers/{writer.id}/copy"):
        headers = at_alice.client.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["script-src"] == "'self' https://apis.google.com"
        assert "https://docs.google.com" in policy["frame-src"].split()
        assert policy["default-src"] == "'none'"
        assert "'unsafe-inline'" not in policy["script-src"]
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    for path in ("/", "/connections", f"/importers/{writer.id}", f"/editor/spreadsheets?account={alex.id}"):
        headers = at_alice.client.get(path).headers
        assert "apis.google.com" not in headers["Content-Security-Policy"]
        assert "frame-src" not in headers["Content-Security-Policy"]
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_in_the_sandbox_the_picker_comes_from_this_machine_alone(
    at_alice: Browser, app: Any, services: Services, settings: Settings, connection: Connection
):
    current.attach(app, services, replace(settings, reroutes={"apis.google.com": "http://127.0.0.1:8101"}))
    policy = at_alice.client.get("/importers/new").headers["Content-Security-Policy"]
    assert "script-src 'self' http://127.0.0.1:8101; style-src 'self'; " in policy
    assert policy.endswith("frame-src http://127.0.0.1:8101")


def test_without_an_api_key_nobody_is_let_in_and_the_editor_says_what_is_missing(
    at_alice: Browser,
    app: Any,
    services: Services,
    settings: Settings,
    session: requests.Session,
    clock: FakeClock,
    google: Google,
    alex: Connection,
):
    from importers import bootstrap

    bare = replace(settings, google_api_key=None)
    without = bootstrap.build(bare, clock=clock, session=session)
    current.attach(app, without, bare)
    answer = at_alice.client.get("/importers/new")
    assert "frame-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    page = at_alice.open("/importers/new")
    assert not page.root.find_all("button", data_pick="")
    assert "GOOGLE_API_KEY" in page.text
    without.close()
