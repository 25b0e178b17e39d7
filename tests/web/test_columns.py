"""Fields that changed, as choices; and the headers of a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests
from flask import Flask

from importers.http.session import make_session
from importers.model import Actor, Connection, Importer, Role, Selection, Target
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.adapters import WSGIAdapter
from sandbox.pipedrive import create_app as create_sandbox
from sandbox.world import World
from tests.builders import a_draft
from tests.fakes import NEW_YEAR
from tests.people import PASSWORD_HASH
from tests.web.browser import Browser
from tests.web.page import Page


@dataclass(frozen=True)
class Company:
    """A pretend Pipedrive that a test may change, and what its deal fields are called."""

    app: Flask

    @property
    def world(self) -> World:
        world: World = self.app.extensions["sandbox"].world
        return world

    def code(self, name: str) -> str:
        return self.world.custom_field("deal", name).code

    def rename(self, name: str, to: str) -> None:
        self.world.changes.rename_field("deal", self.code(name), to)

    def delete(self, name: str) -> None:
        self.world.changes.delete_field("deal", self.code(name))

    def add(self, name: str) -> str:
        return self.world.changes.add_field("deal", name)


@pytest.fixture(scope="module")
def company_of_all() -> Company:
    """Made once, because that takes longer than most tests."""
    return Company(create_sandbox(World(deals=12, custom_fields=8), plan="none"))


@pytest.fixture
def company(company_of_all: Company) -> Iterator[Company]:
    world = company_of_all.world
    fields = world.fields["deal"]
    yield company_of_all
    world.redefine("deal", fields)


@pytest.fixture
def session(company: Company) -> requests.Session:
    return make_session(reroutes={}, adapter=WSGIAdapter(company.app))


@pytest.fixture
def written(services: Services, alice: Actor, importer: Importer) -> Importer:
    """Alice's deals, written once."""
    services.runs.start(alice, importer.id)
    return services.importers.get(alice, importer.id)


@pytest.fixture
def run_again(services: Services, alice: Actor, written: Importer) -> Any:
    """Its next run; the importer as it is then."""

    def run() -> Importer:
        services.runs.start(alice, written.id)
        return services.importers.get(alice, written.id)

    return run


def headers(services: Services, actor: Actor, importer: Importer) -> list[str]:
    return list(services.runs.grid(actor, importer.id, first=1, count=1).headers)


def test_what_changed_is_shown_in_the_list_on_the_importer_its_run_and_in_the_editor(
    at_alice: Browser, company: Company, written: Importer, run_again: Any
):
    company.rename("Fleet size", "Fleet")
    company.delete("Yearly fee")
    company.add("Colour")
    run_again()
    mark = at_alice.open("/").root.find("p", class_="changed-mark")
    assert mark.text == "3 fields changed"
    for path in (
        f"/importers/{written.id}",
        "/runs/2",
        f"/importers/{written.id}/edit",
        f"/importers/{written.id}/columns",
    ):
        told = at_alice.open(path).root.find("section", id="changes").text
        assert "“Fleet size” is now called “Fleet” in Pipedrive. The sheet still says “Fleet size”." in told
        assert "“Yearly fee” was deleted in Pipedrive." in told
        assert "There is a new field “Colour”. It is not in the sheet." in told


def test_nothing_is_shown_where_nothing_changed(at_alice: Browser, written: Importer, run_again: Any):
    run_again()
    for path in ("/", f"/importers/{written.id}", "/runs/2", f"/importers/{written.id}/edit"):
        assert "changed in Pipedrive" not in at_alice.open(path).text


def test_what_is_taken_is_in_the_next_sheet_and_nothing_before(
    at_alice: Browser, services: Services, alice: Actor, company: Company, written: Importer, run_again: Any
):
    first = headers(services, alice, written)
    company.rename("Fleet size", "Fleet")
    company.add("Colour")
    run_again()
    assert headers(services, alice, written) == first
    at_alice.open(f"/importers/{written.id}")
    at_alice.press("Take “Fleet”")
    assert at_alice.path == f"/importers/{written.id}"
    page = at_alice.press("Add as last column")
    assert "changed in Pipedrive" not in page.text
    run_again()
    assert headers(services, alice, written) == ["Fleet" if name == "Fleet size" else name for name in first] + [
        "Colour"
    ]


def test_what_is_left_is_not_asked_about_again(
    at_alice: Browser, services: Services, alice: Actor, company: Company, written: Importer, run_again: Any
):
    first = headers(services, alice, written)
    company.rename("Fleet size", "Fleet")
    company.delete("Contract start")
    company.add("Colour")
    run_again()
    at_alice.open("/runs/2")
    for answer in ("Keep “Fleet size”", "Keep it empty", "Leave out"):
        at_alice.press(answer)
        assert at_alice.path == "/runs/2"
    assert run_again().changes == ()
    assert headers(services, alice, written) == first
    assert "No longer in Pipedrive" in services.runs.get(alice, 2).notes[0]
    assert "No longer in Pipedrive" not in " ".join(services.runs.get(alice, 3).notes)


def test_a_column_that_is_dropped_is_gone_from_the_next_sheet(
    at_alice: Browser, services: Services, alice: Actor, company: Company, written: Importer, run_again: Any
):
    first = headers(services, alice, written)
    company.delete("Contract start")
    run_again()
    assert headers(services, alice, written) == first
    assert "No longer in Pipedrive: “Contract start”." in services.runs.get(alice, 2).notes[0]
    at_alice.open("/runs/2")
    at_alice.press("Drop the column")
    run_again()
    assert headers(services, alice, written) == [name for name in first if name != "Contract start"]


def test_a_field_created_again_can_take_its_old_place(
    at_alice: Browser, services: Services, alice: Actor, company: Company, written: Importer, run_again: Any
):
    first = headers(services, alice, written)
    company.delete("Contract start")
    code = company.add("Contract start")
    run_again()
    told = at_alice.open(f"/importers/{written.id}").root.find("section", id="changes").text
    assert "“Contract start” was deleted in Pipedrive and a new field with the same name was created." in told
    at_alice.press("Put the new one in its place")
    after = run_again()
    assert headers(services, alice, written) == first
    assert code in after.selection.frozen.keys


def test_an_answer_that_comes_too_late_is_told(at_alice: Browser, company: Company, written: Importer, run_again: Any):
    code = company.add("Colour")
    run_again()
    at_alice.open(f"/importers/{written.id}")
    form = at_alice.page.form(button="Leave out")
    for _ in range(2):
        at_alice.client.post(form.action, data={**form.fields(), "change": f"added:{code}", "answer": "leave"})
    assert "That is decided already" in at_alice.open("/").text


def test_a_viewer_sees_what_changed_and_decides_nothing(
    app: Flask, store: SqlStore, alice: Actor, company: Company, written: Importer, run_again: Any
):
    store.add_user("vivian@example.com", PASSWORD_HASH, workspace_id=alice.workspace.id, role=Role.VIEWER, now=NEW_YEAR)
    vivian = Browser(app)
    vivian.sign_in("vivian@example.com")
    code = company.add("Colour")
    run_again()
    section = vivian.open(f"/importers/{written.id}").root.find("section", id="changes")
    assert section.find_all("button") == []
    columns = vivian.open(f"/importers/{written.id}/columns")
    assert "Save the headers" not in columns.text
    assert columns.root.find("ol", class_="sheet-columns").find_all("input") == []
    token = columns.root.find("input", name="csrf_token").attrs["value"]
    data = {"csrf_token": token, "change": f"added:{code}", "answer": "take"}
    assert vivian.client.post(f"/importers/{written.id}/changes", data=data).status_code == 403


# --- headers of one's own ---


def test_a_header_of_ones_own_is_written_next(
    at_alice: Browser, services: Services, alice: Actor, written: Importer, run_again: Any
):
    first = headers(services, alice, written)
    at_alice.open(f"/importers/{written.id}")
    at_alice.open(at_alice.page.links()["Names"])
    page = at_alice.submit(f"/importers/{written.id}/columns", **{"header-title": "Onderwerp"})
    assert "The headers are saved." in page.text
    run_again()
    assert headers(services, alice, written) == ["Onderwerp" if name == "Title" else name for name in first]


def beside(page: Page, header: str) -> str:
    """What the page says beside the column of that header."""
    rows = page.root.find("ol", class_="sheet-columns").find_all("li")
    return next(
        row.find("span").text for row in rows if any(one.attrs.get("value") == header for one in row.find_all("input"))
    )


def test_a_column_with_a_header_of_ones_own_still_says_what_pipedrive_calls_it(
    at_alice: Browser, services: Services, alice: Actor, company: Company, written: Importer
):
    code = company.code("Fleet size")
    services.columns.rename(alice, written.id, {"title": "Onderwerp", code: "Wagenpark"})
    page = at_alice.open(f"/importers/{written.id}/columns")
    assert beside(page, "Onderwerp") == "Text · “Title” in Pipedrive"
    assert "“Fleet size” in Pipedrive" in beside(page, "Wagenpark")
    assert "in Pipedrive" not in beside(page, "ID")


def test_a_column_whose_field_was_renamed_says_what_pipedrive_calls_it_now(
    at_alice: Browser, company: Company, written: Importer, run_again: Any
):
    company.rename("Fleet size", "Fleet")
    run_again()
    path = f"/importers/{written.id}/columns"
    assert "“Fleet” in Pipedrive" in beside(at_alice.open(path), "Fleet size")
    page = at_alice.press("Keep “Fleet size”")
    assert "“Fleet” in Pipedrive" in beside(page, "Fleet size")


def test_a_column_whose_field_was_deleted_says_what_it_was_called(
    at_alice: Browser, services: Services, alice: Actor, company: Company, written: Importer, run_again: Any
):
    services.columns.rename(alice, written.id, {company.code("Contract start"): "Begin"})
    company.delete("Contract start")
    run_again()
    told = beside(at_alice.open(f"/importers/{written.id}/columns"), "Begin")
    assert "“Contract start”, deleted in Pipedrive, stays empty" in told


def test_a_header_that_cannot_be_is_told_at_its_column_and_what_was_typed_stays(at_alice: Browser, written: Importer):
    at_alice.open(f"/importers/{written.id}/columns")
    page = at_alice.submit(f"/importers/{written.id}/columns", **{"header-title": "ID", "header-status": "Stand"})
    assert at_alice.status == 422
    assert "Two columns would be called “ID”." in page.text
    field = page.root.find("input", name="header-title")
    assert (field.attrs["value"], field.attrs["aria-invalid"]) == ("ID", "true")
    assert page.root.find("input", name="header-status").attrs["value"] == "Stand"


def test_before_the_first_run_the_page_says_when_there_will_be_columns(at_alice: Browser, importer: Importer):
    assert "after its first run" in at_alice.open(f"/importers/{importer.id}/columns").text


# --- the editor ---


def test_the_editor_shows_the_headers_of_the_sheet_and_its_deleted_columns_by_name(
    at_alice: Browser, services: Services, alice: Actor, company: Company, written: Importer, run_again: Any
):
    services.columns.rename(alice, written.id, {"title": "Onderwerp"})
    code = company.code("Contract start")
    company.delete("Contract start")
    run_again()
    picker = at_alice.open(f"/importers/{written.id}/edit").root
    assert "Onderwerp (Title in Pipedrive)" in picker.find("label", **{"for": "column-title"}).text
    gone = picker.find("label", **{"for": f"column-{code}"})
    assert gone.text == "Contract start"
    assert "checked" in gone.find("input").attrs


def test_saving_something_else_leaves_the_columns_alone(
    at_alice: Browser, services: Services, alice: Actor, company: Company, written: Importer
):
    company.rename("Fleet size", "Fleet")
    at_alice.open(f"/importers/{written.id}/edit")
    at_alice.submit(press="save", name="Another name")
    after = services.importers.get(alice, written.id)
    assert after.name == "Another name"
    assert after.selection == written.selection


def test_unticking_a_column_leaves_the_others_under_their_headers_in_their_order(
    at_alice: Browser, services: Services, alice: Actor, company: Company, written: Importer
):
    company.rename("Fleet size", "Fleet")
    form = at_alice.open(f"/importers/{written.id}/edit").form(button="Save")
    picked = [key for key in form.fields()["columns"] if key != "title"]
    at_alice.submit(press="save", columns_mode="chosen", columns=[*picked, "acv"])
    after = services.importers.get(alice, written.id).selection.frozen
    assert [column.header for column in after.columns] == [
        *(column.header for column in written.selection.frozen.columns if column.key != "title"),
        "Annual contract value",
    ]


def test_going_back_to_the_usual_columns_begins_afresh(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    draft = a_draft(connection_id=connection.id, selection=Selection("deals", columns=("title", "id")))
    importer = services.importers.create(alice, replace(draft, target=Target("excel", "Other", "Deals")))
    at_alice.open(f"/importers/{importer.id}/edit")
    at_alice.submit(press="save", columns_mode="usual")
    assert services.importers.get(alice, importer.id).selection.frozen is None


def test_the_preview_looks_as_the_sheet_will(
    at_alice: Browser, services: Services, alice: Actor, company: Company, written: Importer
):
    company.rename("Fleet size", "Fleet")
    services.columns.rename(alice, written.id, {"title": "Onderwerp"})
    page = at_alice.open(f"/importers/{written.id}/edit")
    form = page.form(button="Save")
    address = page.root.find("form", id="editor").attrs["data-preview"]
    shown = at_alice.client.post(address, data=form.fields()).text
    assert "Onderwerp" in shown
    assert "Fleet size" in shown


def test_a_copy_for_another_entity_has_columns_of_its_own(
    at_alice: Browser, services: Services, alice: Actor, written: Importer
):
    at_alice.open(f"/importers/{written.id}/copy")
    at_alice.submit(press="save", entity="leads")
    (copy,) = [card.importer for card in services.importers.cards(alice) if card.importer.id != written.id]
    assert copy.selection.frozen is None
