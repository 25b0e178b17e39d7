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

from playwright.sync_api import Browser, Page, ViewportSize

from sandbox.world import TOKEN
from tests.browser import allow_at_google, await_end_of_run, chromium, connect, create_owner
from tests.importers.channels.listener import Listener, listening
from tests.processes import House, house, wait_until

SCREENS = Path(__file__).parent / "screens"
THEMES = ("light", "dark")
VIEWPORT: ViewportSize = {"width": 1280, "height": 800}


def main() -> None:
    SCREENS.mkdir(exist_ok=True)
    with chromium() as browser:
        for theme in THEMES:
            with (
                tempfile.TemporaryDirectory() as home,
                house(Path(home), "--sandbox") as running,
                listening() as receiver,
            ):
                _journey(browser, running.wait_until_ready(), receiver, theme)


def _journey(browser: Browser, running: House, receiver: Listener, theme: str) -> None:
    base = running.address
    with _page(browser, theme) as page:
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
        _schedule(page, base, theme)
        _waiting(page, running, theme)
        _notices(page, running, receiver, theme)


def _google(page: Page, base: str, theme: str) -> None:
    page.goto(base + "/connections/google/new")
    _take(page, f"google-connect-{theme}")
    allow_at_google(page, "Connect with Google")
    page.goto(base + "/connections")
    _take(page, f"google-connections-{theme}")
    page.goto(base + "/importers/new")
    page.get_by_text("Google Sheets", exact=True).click()
    page.get_by_text("A new one", exact=True).click()
    page.get_by_label("Called", exact=True).fill("Sales 2026")
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


def _schedule(page: Page, base: str, theme: str) -> None:
    page.goto(base + "/importers/new")
    page.get_by_text("Hours", exact=True).click()
    page.get_by_label("Every", exact=True).fill("2")
    for day in ("Mon", "Tue", "Wed", "Thu", "Fri"):
        page.get_by_label(day, exact=True).check()
    page.locator("#schedule-words strong", has_text="Every 2 hours").wait_for()
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.get_by_role("heading", name="Schedule").evaluate("heading => heading.scrollIntoView({ block: 'start' })")
    page.wait_for_timeout(500)
    _take(page, f"schedule-{theme}")
    page.set_viewport_size(VIEWPORT)


def _waiting(page: Page, running: House, theme: str) -> None:
    """Pipedrive is in trouble for a while."""
    running.sandbox.trouble("server_error", status=503)
    _press_run(page, running.address, "Deals to Excel")
    page.get_by_text("Trying again in").wait_for(timeout=180_000)
    _take(page, f"waiting-{theme}")
    running.sandbox.no_trouble()
    page.get_by_role("button", name="Cancel").click()


def _notices(page: Page, running: House, receiver: Listener, theme: str) -> None:
    """The account is refused, which is told at once."""
    page.goto(running.address + "/notices")
    page.get_by_role("link", name="Slack").click()
    page.get_by_label("Address").fill(receiver.url)
    page.get_by_label("Name").fill("#sales")
    page.get_by_role("button", name="Add").click()
    running.sandbox.trouble("revoked")
    _press_run(page, running.address, "Deals to Excel")
    page.get_by_role("alert").first.wait_for(timeout=60_000)
    wait_until(lambda: receiver.heard)
    page.goto(running.address + "/notices")
    page.locator(".sending").first.wait_for()
    _take(page, f"notices-{theme}", whole=True)
    running.sandbox.no_trouble()


def _press_run(page: Page, base: str, name: str) -> None:
    page.goto(base)
    page.locator(".importer", has_text=name).get_by_role("button", name="Run").first.click()


def _fill_editor(page: Page, base: str) -> None:
    page.goto(base + "/importers/new")
    page.get_by_label("Persons", exact=True).check()
    page.get_by_text("Hours", exact=True).click()
    page.get_by_role("button", name="Show the first rows").click()
    page.locator("#preview table").wait_for()


def _run_deals(page: Page, base: str) -> None:
    _press_run(page, base, "Deals to Excel")
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
def _page(browser: Browser, theme: str) -> Iterator[Page]:
    context = browser.new_context(color_scheme=theme, viewport=VIEWPORT, timezone_id="Europe/Amsterdam")
    yield context.new_page()
    context.close()


def _take(page: Page, name: str, *, whole: bool = False) -> None:
    page.screenshot(path=SCREENS / f"{name}.png", full_page=whole)


if __name__ == "__main__":
    main()
