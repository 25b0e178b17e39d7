"""
Takes the pictures of the documentation from a running Pipesheet, light and dark.

    python -m docs.screenshots        (`make screenshots`)

Wants Chromium, and for the sandbox's Japanese names and emoji Debian's
packages fonts-noto-cjk and fonts-noto-color-emoji.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from sandbox.world import TOKEN
from tests.browser import allow_at_google, await_end_of_run, chromium, connect, create_owner, pipesheet_up

SCREENS = Path(__file__).parent / "screens"
THEMES = ("light", "dark")


def main() -> None:
    SCREENS.mkdir(exist_ok=True)
    with chromium() as browser:
        for theme in THEMES:
            with tempfile.TemporaryDirectory() as home, pipesheet_up(Path(home), "--sandbox") as base:
                _journey(browser, base, theme)


def _journey(browser: Browser, base: str, theme: str) -> None:
    with _page(browser, theme, width=1280) as page:
        page.goto(base)
        _take(page, f"welcome-{theme}")
        create_owner(page, base)
        page.goto(base + "/connections/new")
        _take(page, f"connect-{theme}")
        connect(page, base, TOKEN)
        _fill_editor(page, base)
        page.locator("#preview").scroll_into_view_if_needed()
        _take(page, f"editor-{theme}")
        page.get_by_role("button", name="Save and Run").click()
        await_end_of_run(page)
        _run_deals(page, base)
        _take(page, f"run-{theme}")
        page.get_by_role("link", name="View results").first.click()
        _take(page, f"results-{theme}")
        page.goto(base)
        page.locator("summary[aria-label^='Menu of']").first.click()
        _take(page, f"home-{theme}")
        page.goto(base + "/importers/1/copy")
        page.wait_for_timeout(500)
        _take(page, f"copy-{theme}")
        _phone(browser, page, base, theme)
        _google(page, base, theme)


def _google(page: Page, base: str, theme: str) -> None:
    page.goto(base + "/connections/google/new")
    _take(page, f"google-connect-{theme}")
    allow_at_google(page, "Connect with Google")
    page.goto(base + "/connections")
    _take(page, f"google-connections-{theme}")
    page.goto(base + "/importers/new")
    page.get_by_text("Google Sheets", exact=True).click()
    page.get_by_text("A new one", exact=True).click()
    page.get_by_label("Called").fill("Sales 2026")
    page.get_by_role("heading", name="Destination").scroll_into_view_if_needed()
    _take(page, f"google-editor-{theme}")
    page.get_by_role("button", name="Save and Run").click()
    await_end_of_run(page)
    _take(page, f"google-run-{theme}")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="View results").first.click()
    opened.value.wait_for_load_state()
    _take(opened.value, f"google-results-{theme}")
    opened.value.close()


def _fill_editor(page: Page, base: str) -> None:
    page.goto(base + "/importers/new")
    page.get_by_label("Persons", exact=True).check()
    page.get_by_text("Hours", exact=True).click()
    page.get_by_role("button", name="Show the first rows").click()
    page.get_by_role("region", name="Preview").wait_for()


def _run_deals(page: Page, base: str) -> None:
    page.goto(base)
    page.locator(".importer", has_text="Deals to Excel").get_by_role("button", name="Run").first.click()
    await_end_of_run(page)


def _phone(browser: Browser, page: Page, base: str, theme: str) -> None:
    context = browser.new_context(
        storage_state=page.context.storage_state(), color_scheme=theme, viewport={"width": 375, "height": 740}
    )
    phone = context.new_page()
    phone.goto(base)
    _take(phone, f"phone-{theme}")
    context.close()


@contextmanager
def _page(browser: Browser, theme: str, *, width: int) -> Iterator[Page]:
    context = browser.new_context(
        color_scheme=theme, viewport={"width": width, "height": 800}, timezone_id="Europe/Amsterdam"
    )
    yield context.new_page()
    context.close()


def _take(page: Page, name: str) -> None:
    page.screenshot(path=SCREENS / f"{name}.png")


if __name__ == "__main__":
    main()
