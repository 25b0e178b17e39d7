"""One running Pipesheet with its sandbox for the journeys of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import create_owner, pipesheet_up


@pytest.fixture(scope="session")
def browser(chrome: Browser) -> Browser:
    return chrome


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a fresh Pipesheet, as `make run` starts it."""
    home = tmp_path_factory.mktemp("home")
    with pipesheet_up(home, "--sandbox", env={"PORT": "8400"}) as address:
        yield address


@pytest.fixture(scope="module")
def owner(browser: Browser, base: str) -> Iterator[BrowserContext]:
    """The browser of the owner, signed in, time zone Amsterdam."""
    context = browser.new_context(timezone_id="Europe/Amsterdam", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    create_owner(page, base)
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(owner: BrowserContext) -> Iterator[Page]:
    """A fresh tab of the owner; whatever the browser complains about fails the test."""
    page = owner.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert complaints == []
