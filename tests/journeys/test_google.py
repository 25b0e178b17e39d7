"""From an Excel workbook to Google Sheets, in a real browser: only that enforces the security policy and opens the picker."""

from __future__ import annotations

import re

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser import allow_at_google, await_end_of_run

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("journeys")]


def spreadsheet(page: Page, link_text: str = "View results") -> Page:
    """What View results opens, in a tab of its own."""
    with page.expect_popup() as opened:
        page.get_by_role("link", name=link_text).first.click()
    shown = opened.value
    shown.wait_for_load_state()
    return shown


@pytest.mark.timeout(400)
def test_a_new_user_writes_to_google_sheets(page: Page, base: str):
    """One story, because each part goes on where the one before ended."""
    from_a_workbook_to_google_sheets_and_a_copy_on_a_second_tab(page, base)
    # In a tab of its own: a browser complains of the answer to a form that does not fit (422), as it should.
    beside = page.context.new_page()
    a_spreadsheet_that_was_not_chosen_stays_marked_until_one_is(beside, base)
    beside.close()
    an_account_is_connected_beside_an_editor_that_loses_nothing_and_a_new_spreadsheet_is_made(page, base)
    a_key_beside_gets_the_address_to_share_with_onto_the_clipboard(page, base)
    for path in ("/", "/connections", "/connections/2", "/connections/google/new", "/importers/2"):
        no_page_is_wider_than_a_phone(page, base, path)


def from_a_workbook_to_google_sheets_and_a_copy_on_a_second_tab(page: Page, base: str) -> None:
    page.goto(base)
    page.get_by_role("link", name="Connect Google").click()
    google = allow_at_google(page, "Connect with Google")
    expect(page.get_by_role("status")).to_contain_text("Connected to Google as")
    requests.post(
        f"{google}/_sandbox/google/files",
        json={"owner": page.locator("h1").inner_text().split()[0], "title": "Sales 2026"},
        timeout=10,
    ).raise_for_status()

    page.get_by_role("link", name="Add one").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Deals to Google Sheets")
    expect(page.locator("#file option")).to_have_text(["None yet"])
    expect(page.locator("#way-new")).to_be_checked()
    page.get_by_text("From the list", exact=True).click()
    page.get_by_role("button", name="Pick in Google Drive").click()
    picker = page.frame_locator("iframe.picker-frame")
    picker.get_by_text("Sales 2026").click()
    picker.get_by_role("button", name="Select").click()
    expect(page.locator("#file option:checked")).to_have_text("Sales 2026")
    expect(page.locator("#tabs")).to_contain_text("Sheet1")
    page.get_by_role("button", name="Show the first rows").click()
    expect(page.locator("#preview")).to_contain_text("There are no rows of this table yet.")
    page.get_by_role("button", name="Save and Run").click()
    await_end_of_run(page)
    expect(page.locator(".ending")).to_contain_text("1,200 rows added.")
    expect(page.get_by_role("link", name="Download")).to_have_count(0)

    sheet = spreadsheet(page)
    expect(sheet.get_by_role("heading", name="Sales 2026")).to_be_visible()
    expect(sheet.locator("nav .tabs [aria-current]")).to_have_text("Deals")
    expect(sheet.locator("tbody tr").first).to_contain_text("Title")
    expect(sheet.locator("nav")).to_contain_text("the last with anything in it is 1,201")
    sheet.close()

    page.goto(base)
    mine = page.locator(".importer", has_text="Deals to Google Sheets")
    expect(mine.get_by_role("link", name=re.compile("Sales 2026"))).to_be_visible()
    mine.locator("summary[aria-label^='Menu']").click()
    mine.get_by_role("link", name="Copy").click()
    expect(page.get_by_role("heading", name="Copy Deals to Google Sheets")).to_be_visible()
    visible = page.locator("#editor input:visible:not([type=radio]), #editor select:visible")
    assert [field.get_attribute("name") for field in visible.all()] == ["tab", "name"]
    expect(page.get_by_label("Tab", exact=True)).to_have_value("Deals (2)")
    page.get_by_label("Stages", exact=True).check()
    expect(page.get_by_label("Tab", exact=True)).to_have_value("Stages")
    page.get_by_role("button", name="Save and Run").click()
    await_end_of_run(page)
    second = spreadsheet(page)
    expect(second.locator("nav .tabs [aria-current]")).to_have_text("Stages")
    expect(second.locator("nav .tabs a")).to_have_text(["Sheet1", "Deals", "Stages"])
    second.close()


def a_spreadsheet_that_was_not_chosen_stays_marked_until_one_is(page: Page, base: str) -> None:
    page.goto(base + "/importers/new")
    page.get_by_text("Google Sheets", exact=True).click()
    page.get_by_text("From the list", exact=True).click()
    expect(page.locator("#file option")).not_to_have_count(1)
    page.locator("#file").select_option("")
    with page.expect_response("**/editor/tabs*"):
        page.get_by_role("button", name="Save and Run").click()
    expect(page.locator("#files")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#file option")).not_to_have_count(1)
    expect(page.locator("#file-error")).to_have_text("Choose a spreadsheet.")
    expect(page.locator("#file")).to_have_attribute("aria-invalid", "true")
    page.locator("#file").select_option(index=1)
    expect(page.locator("#file-error")).to_have_count(0)
    expect(page.locator("#file")).not_to_have_attribute("aria-invalid", "true")


def an_account_is_connected_beside_an_editor_that_loses_nothing_and_a_new_spreadsheet_is_made(
    page: Page, base: str
) -> None:
    page.goto(base + "/importers/new")
    page.get_by_text("Google Sheets", exact=True).click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Deals to Google Sheets (2)")
    page.get_by_label("Pipelines", exact=True).check()
    page.get_by_label("Name", exact=True).fill("Typed before")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Connect another account").click()
    beside = opened.value
    beside.get_by_role("button", name="Connect with Google").click()
    beside.get_by_label("sam@northwind.example").check()
    beside.get_by_role("button", name="Allow").click()
    expect(beside.get_by_role("status")).to_contain_text("Your editor is in the other tab")
    beside.close()
    page.evaluate("window.dispatchEvent(new Event('focus'))")  # a browser without a window has none to come back to
    expect(page.locator("#account option:checked")).to_have_text("sam@northwind.example")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Typed before")

    page.get_by_text("A new one", exact=True).click()
    page.get_by_role("textbox", name="Called").fill("Made by Pipesheet")
    page.get_by_text("Append", exact=True).click()
    page.get_by_role("button", name="Save and Run").click()
    await_end_of_run(page)
    sheet = spreadsheet(page)
    expect(sheet.get_by_role("heading", name="Made by Pipesheet")).to_be_visible()
    expect(sheet.locator("nav .tabs a")).to_have_text(["Pipelines"])
    sheet.close()


def a_key_beside_gets_the_address_to_share_with_onto_the_clipboard(page: Page, base: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(base + "/connections/google/new")
    page.get_by_text("Or with a service account").click()
    key = requests.get(page.get_by_role("link", name="its key file").get_attribute("href") or "", timeout=10).text
    page.get_by_label("The JSON key").fill(key)
    page.get_by_role("button", name="Connect the service account").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    address = page.locator("#share-address").inner_text()
    assert page.evaluate("navigator.clipboard.readText()") == address
    page.get_by_role("link", name="Add one").click()
    expect(page.locator("#files")).to_contain_text(address)
    expect(page.get_by_text("A new one", exact=True)).to_be_hidden()
    expect(page.get_by_role("button", name="Pick in Google Drive")).to_have_count(0)


def no_page_is_wider_than_a_phone(page: Page, base: str, path: str) -> None:
    page.set_viewport_size({"width": 375, "height": 740})
    page.goto(base + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.set_viewport_size({"width": 1280, "height": 900})
