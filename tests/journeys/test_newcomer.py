"""What somebody does who has never seen Pipesheet, in a real browser against the whole running system."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sandbox.world import TOKEN
from tests.browser import await_end_of_run, connect

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("journeys")]


def downloaded(page: Page, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").first.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def choose(page: Page, entity: str) -> None:
    page.get_by_label(entity, exact=True).check()


def add_importer(page: Page, base: str, *, entity: str, sheet: str, name: str) -> None:
    page.goto(base)
    page.get_by_role("link", name="Add importer").click()
    choose(page, entity)
    page.get_by_label("Sheet", exact=True).fill(sheet)
    page.get_by_label("Name", exact=True).fill(name)


def test_connect_add_run_view_and_download(page: Page, base: str, tmp_path: Path):
    connect(page, base, TOKEN)
    expect(page.locator("main")).to_contain_text("Acme Cargo Bikes")

    add_importer(page, base, entity="Persons", sheet="People", name="People to Excel")
    page.get_by_role("button", name="Show the first rows").click()
    expect(page.get_by_role("region", name="Preview").locator("tbody tr")).to_have_count(20)
    page.get_by_role("button", name="Save and Run").click()
    await_end_of_run(page)
    rows = int(re.sub(r"\D", "", page.locator(".ending h2").inner_text().split("row")[0]))

    page.get_by_role("link", name="View results").first.click()
    expect(page.locator("main")).to_contain_text(f"{rows:,} rows")
    sheet = openpyxl.load_workbook(downloaded(page, tmp_path))["People"]
    assert sheet.max_row == rows + 1
    assert sheet.freeze_panes == "A2"


def test_the_prepared_importer_runs_with_one_press(page: Page, base: str, tmp_path: Path):
    page.goto(base)
    page.locator(".importer", has_text="Deals to Excel").get_by_role("button", name="Run").first.click()
    await_end_of_run(page)
    expect(page.locator(".ending")).to_contain_text("1,200 rows")
    page.get_by_role("link", name="View results").first.click()
    sheet = openpyxl.load_workbook(downloaded(page, tmp_path))["Deals"]
    headers = [cell.value for cell in sheet[1]]
    assert isinstance(sheet.cell(2, headers.index("Created at") + 1).value, datetime)
    assert [h for h in headers if re.search("[0-9a-f]{40}", h)] == []


def test_copy_asks_for_entity_sheet_and_name_only(page: Page, base: str):
    add_importer(page, base, entity="Stages", sheet="Stages", name="Stages to Excel")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".importer", has_text="Stages to Excel").locator("summary[aria-label^='Menu']").click()
    page.locator(".importer", has_text="Stages to Excel").get_by_role("link", name="Copy").click()

    expect(page.get_by_label("Stages", exact=True)).to_be_focused()
    visible = page.locator("#editor input:visible:not([type=radio]), #editor select:visible")
    assert [field.get_attribute("name") for field in visible.all()] == ["sheet", "name"]

    choose(page, "Pipelines")
    page.get_by_role("button", name="Save and Run").click()
    await_end_of_run(page)


def test_the_schedule_is_told_in_words_while_typing(page: Page, base: str):
    page.goto(base + "/importers/new")
    page.get_by_text("Hours", exact=True).click()
    page.get_by_label("Every", exact=True).fill("2")
    expect(page.locator("#schedule-words")).to_contain_text("Every 2 hours")
    expect(page.locator("#schedule-words li")).not_to_have_count(0)


def test_a_wrong_token_is_explained_in_place(owner: BrowserContext, base: str):
    page = owner.new_page()
    connect(page, base, "0" * 40)
    expect(page.locator("main")).to_contain_text("refused")
    page.close()


def test_everything_works_without_javascript(browser: Browser, owner: BrowserContext, base: str):
    context = browser.new_context(java_script_enabled=False, storage_state=owner.storage_state())
    page = context.new_page()
    add_importer(page, base, entity="Users", sheet="Users", name="Users to Excel")
    page.get_by_role("button", name="Save and Run").click()
    for _ in range(30):
        if page.get_by_role("link", name="View results").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    page.get_by_role("link", name="View results").first.click()
    expect(page.locator("main")).to_contain_text("rows")
    context.close()


@pytest.mark.parametrize("path", ["/", "/connections/", "/importers/new", "/importers/1", "/importers/1/edit"])
def test_no_page_is_wider_than_a_phone(browser: Browser, owner: BrowserContext, base: str, path: str):
    context = browser.new_context(viewport={"width": 375, "height": 740}, storage_state=owner.storage_state())
    page = context.new_page()
    page.goto(base + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    context.close()
