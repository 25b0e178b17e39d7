from __future__ import annotations

import io
import zipfile

import pytest
from flask import Flask

from importers.model import Connection, Importer, Run
from sandbox.pipedrive import create_app as create_sandbox
from sandbox.world import World
from tests.web.browser import Browser
from web.results.views import page_count, page_links, safe_file_name


def test_the_sheet_is_shown_with_its_headers_and_row_numbers(at_alice: Browser, importer: Importer, done: Run):
    page = at_alice.open(f"/importers/{importer.id}/results")
    assert page.heading == "Pipesheet › Deals"
    assert "60 rows" in page.text
    assert "written just now" in page.text
    headers = [one.text for one in page.root.find("thead").find_all("th")]
    assert headers[:2] == ["Row", "ID"]
    rows = page.root.find("tbody").find_all("tr")
    assert len(rows) == 60
    assert [row.find("th").text for row in rows[:3]] == ["1", "2", "3"]


def test_before_the_first_run_it_says_so_and_offers_to_run(at_alice: Browser, importer: Importer):
    page = at_alice.open(f"/importers/{importer.id}/results")
    assert at_alice.status == 404
    assert page.heading == "Nothing to see yet"
    at_alice.press("Run it now")
    assert at_alice.path == "/runs/1"


def test_the_download_is_the_workbook(at_alice: Browser, importer: Importer, done: Run):
    answer = at_alice.client.get(f"/importers/{importer.id}/download")
    assert answer.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer.headers["Content-Disposition"] == "attachment; filename=Pipesheet.xlsx"
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
    answer.close()


def test_there_is_nothing_to_download_before_the_first_run(at_alice: Browser, importer: Importer):
    at_alice.open(f"/importers/{importer.id}/download")
    assert at_alice.status == 404


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("Sales 2026", "Sales 2026.xlsx"),
        ("Verkäufe – März", "Verkäufe – März.xlsx"),
        ("../../etc/passwd", "_.._etc_passwd.xlsx"),
        ('a"b\r\nSet-Cookie: x', "a_b_Set-Cookie_ x.xlsx"),
        ("...", "workbook.xlsx"),
        ("x" * 400, "x" * 150 + ".xlsx"),
    ],
)
def test_the_file_name_is_safe_everywhere(place: str, name: str):
    assert safe_file_name(place) == name


class TestManyRows:
    @pytest.fixture(scope="class")
    @classmethod
    def pretend_app(cls) -> Flask:
        return create_sandbox(World(deals=250), plan="none")

    @pytest.fixture(autouse=True)
    def run(self, at_alice: Browser, connection: Connection) -> None:
        at_alice.open("/importers/new")
        at_alice.submit(press="run", columns_mode="chosen", columns=["id", "title"])

    def _numbers(self, browser: Browser, query: str) -> tuple[str, str, int]:
        rows = browser.open(f"/importers/1/results{query}").root.find("tbody").find_all("tr")
        return rows[0].find("th").text, rows[-1].find("th").text, len(rows)

    def test_a_hundred_rows_make_a_page(self, at_alice: Browser):
        assert self._numbers(at_alice, "") == ("1", "100", 100)
        assert self._numbers(at_alice, "?page=2") == ("101", "200", 100)
        assert self._numbers(at_alice, "?page=3") == ("201", "250", 50)

    @pytest.mark.parametrize(
        ("query", "first"),
        [("?page=99", "201"), ("?page=0", "1"), ("?page=-5", "1"), ("?page=x", "1"), ("?page=" + "9" * 40, "201")],
    )
    def test_pages_that_are_not_there_lead_to_the_nearest(self, at_alice: Browser, query: str, first: str):
        assert self._numbers(at_alice, query)[0] == first

    def test_pages_are_links_with_the_present_one_marked(self, at_alice: Browser):
        nav = at_alice.open("/importers/1/results?page=2").root.find("nav", aria_label="Pages")
        assert [link.text for link in nav.find_all("a")] == ["1", "2", "3"]
        assert nav.find("a", aria_current="page").text == "2"

    def test_one_can_jump_to_a_page(self, at_alice: Browser):
        nav = at_alice.open("/importers/1/results").root.find("nav", aria_label="Pages")
        jump = nav.find("input", name="page")
        assert (jump.attrs["min"], jump.attrs["max"], jump.attrs["value"]) == ("1", "3", "1")


@pytest.mark.parametrize(
    ("page", "total", "links"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (1, 9, [1, 2, 3, None, 9]),
        (5, 9, [1, None, 3, 4, 5, 6, 7, None, 9]),
        (9, 9, [1, None, 7, 8, 9]),
    ],
)
def test_page_links_show_the_ends_and_the_neighbours(page: int, total: int, links: list[int | None]):
    assert page_links(page, total) == links


@pytest.mark.parametrize(("rows", "pages"), [(0, 1), (1, 1), (100, 1), (101, 2), (1_048_575, 10_486)])
def test_page_count(rows: int, pages: int):
    assert page_count(rows) == pages


def test_ids_and_names_stay_in_sight(at_alice: Browser, importer: Importer, done: Run):
    table = at_alice.open(f"/importers/{importer.id}/results").root.find("table")
    assert table.attrs["class"] == "grid pinned pinned-two"


def test_a_second_column_that_is_no_name_scrolls_along(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    at_alice.submit(press="run", columns_mode="chosen", columns=["id", "status"])
    assert at_alice.open("/importers/1/results").root.find("table").attrs["class"] == "grid pinned"
