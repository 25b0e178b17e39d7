"""The pages of the pretend Google that people look at, without signing in."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from sandbox.google.accounts import ALEX, API_KEY, DEMO, LENA, SAM, SHEETS
from sandbox.google.app import Google
from sandbox.google.book import Formula, Spreadsheet, Tab
from sandbox.google.files import File
from sandbox.google.pages import ROWS_PER_PAGE, grid_of, letters
from tests.sandbox.google.conftest import Browser

DOCS = "https://docs.google.com/spreadsheets/d"
KNOBS = "http://127.0.0.1:8101/_sandbox/google"


@pytest.fixture
def sheet(google: Google) -> File:
    file = google.files.new_spreadsheet(ALEX, "Deals <2026>")
    book = file.book
    assert book
    tab = book.tabs[0]
    tab.frozen_rows = 1
    tab.put_block(0, 0, [["ID", "Value", "Won on"], *([n, n * 1.5, 46000 + n] for n in range(1, 451))])
    tab.set_value(451, 1, Formula("=B2*2"))
    tab.set_format(1, 2, {"numberFormat": {"type": "DATE", "pattern": "yyyy-mm-dd"}})
    tab.notes.put_at(0, 0, "Pipedrive’s number")
    hidden = Tab(77, "stage")
    hidden.hidden = True
    book.tabs = [tab, Tab(5, "Mine / yours: ours"), hidden]
    return file


def book_of(file: File) -> Spreadsheet:
    assert file.book
    return file.book


def page(browser: Browser, file: File, **query: Any) -> str:
    answer = browser.session.get(f"{DOCS}/{file.id}/edit", params=query)
    assert answer.status_code == 200
    return answer.text


def test_it_shows_cells_as_sheets_shows_them(browser: Browser, sheet: File) -> None:
    text = page(browser, sheet)

    assert "Deals &lt;2026&gt;" in text
    assert '<td class="number">2025-12-10</td>' in text
    assert 'class="noted" title="Pipedrive’s number">ID</td>' in text
    assert "Mine / yours: ours" in text
    assert "stage (hidden)" in text


def test_it_shows_a_page_of_rows_below_the_frozen_ones(sheet: File) -> None:
    book = book_of(sheet)

    first, second = grid_of(book, book.tabs[0]), grid_of(book, book.tabs[0], start=ROWS_PER_PAGE + 1)

    assert [line.number for line in first.lines] == list(range(1, ROWS_PER_PAGE + 1))
    assert [line.number for line in second.lines] == [1, *range(ROWS_PER_PAGE + 1, 2 * ROWS_PER_PAGE + 1)]
    assert [line.number for line in second.lines if line.is_frozen] == [1]
    assert (first.used, second.first, second.last) == (452, 201, 400)


def test_a_formula_shows_what_it_comes_to_and_itself_on_hover(browser: Browser, sheet: File) -> None:
    assert re.search(
        r'<td class="number formula" title="=B2\*2" data-typed="=B2\*2">3</td>', page(browser, sheet, **{"from": 401})
    )


def test_the_tab_is_chosen_by_its_gid(browser: Browser, sheet: File) -> None:
    book_of(sheet).tabs[1].set_value(0, 0, "mine")

    assert "mine" in page(browser, sheet, gid=5)
    assert "mine" not in page(browser, sheet)
    assert "mine" not in page(browser, sheet, gid=99)


def test_an_empty_tab_and_one_of_a_single_cell_can_be_shown(google: Google, browser: Browser) -> None:
    file = google.files.new_spreadsheet(LENA)
    book_of(file).tabs = [Tab(1, "small", 1, 1)]

    assert "Unbenannte Tabelle" in page(browser, file)


def test_a_cell_can_be_typed_into(browser: Browser, sheet: File) -> None:
    before = book_of(sheet).version

    browser.session.post(f"{DOCS}/{sheet.id}/edit", data={"gid": "5", "cell": "b3", "value": "12.5%"})

    tab = book_of(sheet).tabs[1]
    assert tab.value(2, 1) == 0.125
    assert tab.format_at(2, 1) == {"numberFormat": {"type": "PERCENT", "pattern": "0.00%"}}
    assert browser.session.get(f"{DOCS}/{sheet.id}/version").json()["version"] > before


def test_cells_behind_the_edge_are_shown_and_added_by_typing(browser: Browser, sheet: File) -> None:
    book = book_of(sheet)
    small = Tab(9, "small", 2, 10)
    small.put_block(0, 0, [["x"] * 10] * 2)
    book.tabs.append(small)

    grid = grid_of(book, small)
    browser.session.post(f"{DOCS}/{sheet.id}/edit", data={"gid": "9", "cell": "K1", "value": "mine"})

    assert grid.letters[-1] == "M"
    assert [line.number for line in grid.lines] == [1, 2, 3, 4, 5]
    assert (small.rows, small.columns, small.value(0, 10)) == (2, 11, "mine")
    assert "mine" in page(browser, sheet, gid=9)


@pytest.mark.parametrize("cell", ["", "5", "A0", "A1:B2", "ZZZ1", "A100000"])
def test_only_cells_there_are_can_be_typed_into(browser: Browser, sheet: File, cell: str) -> None:
    answer = browser.session.post(f"{DOCS}/{sheet.id}/edit", data={"gid": "5", "cell": cell, "value": "x"})

    assert answer.status_code == 400


def test_what_is_not_there_is_not_shown(browser: Browser) -> None:
    assert browser.session.get(f"{DOCS}/nothing/edit").status_code == 404


@pytest.mark.parametrize(("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_letters(column: int, name: str) -> None:
    assert letters(column) == name


# knobs ------------------------------------------------------------------------------------


def post(browser: Browser, knob: str, /, **body: Any) -> requests.Response:
    return browser.session.post(f"{KNOBS}/{knob}", json=body)


def test_the_front_page_shows_files_accounts_and_the_trial_app(browser: Browser, sheet: File) -> None:
    answer = browser.session.get("http://127.0.0.1:8101/")

    assert answer.url == f"{KNOBS}/"
    for text in (sheet.id, SAM.email, DEMO.client_id, DEMO.client_secret, API_KEY, "cut_after", "60 seconds"):
        assert text in answer.text


def test_files_are_made_shared_and_removed(browser: Browser, google: Google) -> None:
    made = post(browser, "files", owner=LENA.email).json()
    assert (made["name"], made["owner"]) == ("Unbenannte Tabelle", LENA.email)
    assert made["url"].endswith(f"/spreadsheets/d/{made['id']}/edit")

    shared = post(browser, f"files/{made['id']}/share", email=SAM.email, role="reader").json()["shared"]
    assert shared == {LENA.email: "owner", SAM.email: "reader"}
    assert post(browser, f"files/{made['id']}/share", email=SAM.email, role="none").json()["shared"] == {
        LENA.email: "owner"
    }
    assert post(browser, f"files/{made['id']}/share", email=SAM.email, role="king").status_code == 400
    post(browser, f"files/{made['id']}/delete")
    assert browser.session.get(f"{KNOBS}/files").json() == []
    assert post(browser, "files", owner="nobody@nowhere.example").status_code == 400


def test_access_is_withdrawn_narrowed_and_expired(browser: Browser, google: Google) -> None:
    alexs, sams = google.sign_in(ALEX.email, "openid", "s1"), google.sign_in(SAM.email, "openid")

    post(browser, "narrow", email=ALEX.email, scopes="openid")
    bearer = google.tokens.bearer(alexs.access)
    assert bearer
    assert bearer.scopes == ("openid",)
    post(browser, "withdraw", email=ALEX.email)
    assert google.tokens.bearer(alexs.access) is None
    assert google.tokens.bearer(sams.access)
    post(browser, "expire-access-tokens")
    assert google.tokens.bearer(sams.access) is None


def test_apis_are_switched_and_quotas_set(browser: Browser, google: Google) -> None:
    post(browser, "apis", api=SHEETS, on=False)
    assert SHEETS not in google.accounts.projects[DEMO.project].apis
    post(browser, "apis", api=SHEETS, on=True)
    assert SHEETS in google.accounts.projects[DEMO.project].apis
    assert post(browser, "apis", api="nonsense").status_code == 400

    told = post(browser, "quota", per_user=5, per_project=None, model="calendar").json()

    assert (told["per_user"], told["per_project"], told["model"]) == (5, None, "calendar")
    assert (google.quota.per_user, google.quota.per_project) == (5, None)


def test_the_key_file_of_the_service_account_is_the_same_at_every_start(browser: Browser) -> None:
    one, other = (browser.session.get(f"{KNOBS}/service-account.json").json() for _ in range(2))

    assert one == other
    assert one["private_key"].startswith("-----BEGIN PRIVATE KEY-----")


def test_trouble_is_laid_out_and_the_journal_read_over_http(browser: Browser, google: Google) -> None:
    assert post(browser, "faults", kind="late", requests=2, method="POST", path="/v4/*").status_code == 201
    assert google.faults.waiting()[0]["requests"] == 2
    assert post(browser, "faults", kind="revoked").status_code == 400

    browser.session.get("https://www.googleapis.com/oauth2/v1/certs")

    assert [call["path"] for call in browser.session.get(f"{KNOBS}/journal").json()] == ["/oauth2/v1/certs"]
    assert post(browser, "late").text == "Carried out: 0.\n"
