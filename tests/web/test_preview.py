from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from importers.model import Connection
from sandbox.pipedrive import create_app as create_sandbox
from sandbox.world import World
from tests.web.browser import Browser
from tests.web.page import Page

HOSTILE = "<script>alert(document.cookie)</script><img src=x onerror=alert(1)>"


def _preview(browser: Browser, **answers: Any) -> Page:
    fields = {**browser.page.form().fields(), **answers}
    data = {name: value for name, value in fields.items() if value is not None}
    return Page(browser.client.post("/editor/preview", data=data).text)


def test_it_shows_the_first_rows_under_their_headers(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    page = _preview(at_alice, columns_mode="chosen", columns=["id", "title"])
    assert [one.text for one in page.root.find_all("th")] == ["ID", "Title"]
    rows = page.root.find("tbody").find_all("tr")
    assert len(rows) == 20
    assert page.root.find("caption").text == "The first 20 rows, 2 columns"
    assert rows[0].find_all("td")[0].attrs["class"] == "number"


def test_it_needs_neither_name_nor_sheet(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    assert _preview(at_alice, name="", sheet="", place="").root.find_all("table")


def test_without_scripts_it_comes_with_the_page(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="preview", columns_mode="chosen", columns=["id"], name="Typed already")
    assert at_alice.status == 200
    assert page.root.find(id="preview").find_all("table")
    assert page.form().value("name") == "Typed already"


def test_nothing_chosen_yet(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    assert "Choose what to import first." in _preview(at_alice, entity=None).text


def test_a_filter_that_is_gone_is_told_in_place(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    page = _preview(at_alice, filter="999999:Gone")
    assert page.root.find(role="alert").text
    assert not page.root.find_all("table")


@pytest.mark.parametrize("kind", ["revoked", "server_error", "cut", "broken_json"])
def test_vendor_trouble_is_told_in_place(at_alice: Browser, connection: Connection, pretend: Any, kind: str):
    at_alice.open("/importers/new")
    pretend.faults.add(kind)
    page = _preview(at_alice)
    assert "Pipedrive" in page.root.find(role="alert").text


class TestHostileRecords:
    @pytest.fixture
    def pretend_app(self) -> Flask:
        world = World(deals=5)
        deals = world.shelves["deals"]
        world.shelves["deals"] = replace(deals, row=lambda number, view: {**deals.row(number, view), "title": HOSTILE})
        return create_sandbox(world, plan="none")

    def test_the_preview_shows_text_as_text(self, at_alice: Browser, connection: Connection):
        at_alice.open("/importers/new")
        self._check(_preview(at_alice, columns_mode="chosen", columns=["title"]))

    def test_the_grid_shows_text_as_text(self, at_alice: Browser, connection: Connection):
        at_alice.open("/importers/new")
        at_alice.submit(press="run", columns_mode="chosen", columns=["title"])
        self._check(at_alice.open("/importers/1/results"))

    def _check(self, page: Page) -> None:
        assert {cell.text for cell in page.root.find("tbody").find_all("td")} == {HOSTILE}
        assert not page.root.find("table").find_all("script", "img")


def test_it_says_how_far_it_looked_for_what_is_rare(at_alice: Browser, connection: Connection, monkeypatch: Any):
    monkeypatch.setattr("importers.sources.pipedrive.supply._GLANCE", 3)
    at_alice.open("/importers/new")
    page = _preview(at_alice, entity="note-comments", columns_mode="usual")
    assert "in the first 2 notes; the preview looks no further." in page.text
