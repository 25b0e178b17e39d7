"""Connecting by consent, losing it and getting it back, in a real browser: only that enforces the security policy."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import await_end_of_run

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("journeys")]


def consent(page: Page, button: str, answer: str = "Allow and install") -> str:
    """Press Connect, then Allow; the sandbox's address."""
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", name="to read your Pipedrive data?")).to_be_visible()
    place = urlsplit(page.url)
    page.get_by_role("button", name=answer).click()
    return f"{place.scheme}://{place.netloc}"


def run_first_importer(page: Page, base: str) -> None:
    page.goto(base)
    page.locator(".importer", has_text="Deals to Excel").get_by_role("button", name="Run").first.click()
    await_end_of_run(page)
    expect(page.locator(".ending")).to_contain_text("1,200 rows")


def test_connect_run_lose_it_and_get_it_back(page: Page, base: str):
    page.goto(base + "/connections/new")
    consent(page, "Connect with Pipedrive", "Deny")
    expect(page.get_by_role("status")).to_contain_text("You did not allow it")

    sandbox = consent(page, "Connect with Pipedrive")
    expect(page.get_by_role("status")).to_contain_text("was connected already, with an API token")
    expect(page.locator("main")).to_contain_text("Pipedrive’s own sign-in page (OAuth)")
    run_first_importer(page, base)

    page.request.post(f"{sandbox}/_sandbox/expire-access-tokens")
    run_first_importer(page, base)

    page.request.post(f"{sandbox}/_sandbox/uninstall")
    page.goto(base)
    expect(page.get_by_role("alert")).to_contain_text("needs reconnecting")
    expect(page.locator(".importer-facts")).to_contain_text("Paused")
    page.get_by_role("link", name="Deals to Excel").click()
    expect(page.locator("main")).to_contain_text("Paused: the connection needs reconnecting")

    page.get_by_role("link", name="Reconnect").first.click()
    consent(page, "Reconnect with Pipedrive")
    expect(page.get_by_role("status")).to_contain_text("Connected again")
    page.goto(base)
    expect(page.get_by_text("needs reconnecting")).to_have_count(0)
    run_first_importer(page, base)
