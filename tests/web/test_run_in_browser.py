"""What only a browser can tell of a run's page: how long it is, which lines are in view, what it says when nobody answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chrome
from playwright.sync_api import Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from importers.model import Counts, Ending, Importer, Level, Line, Phase, Run, Status, Trouble
from importers.store.sql import SqlStore
from tests.builders import a_draft, a_run, a_target
from tests.fakes import NEW_YEAR
from tests.web.browser import Browser

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

pytestmark = [pytest.mark.browser]

LINES = [Line(f"Pipedrive did not answer: trying again in {number} s.", Level.NOTE) for number in range(1, 41)]
AT_THE_END = "box => box.scrollHeight - box.scrollTop - box.clientHeight < 2"


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any, **__: Any) -> None:
        """Nobody reads it."""


@contextmanager
def served(app: WSGIApplication, port: int = 0) -> Iterator[int]:
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def tab(chrome: Chrome, at_alice: Browser) -> Iterator[Page]:
    """Alice's, 1280 pixels wide."""
    context = chrome.new_context(viewport={"width": 1280, "height": 900})
    cookie = at_alice.client.get_cookie("pipesheet")
    assert cookie
    context.add_cookies([{"name": "pipesheet", "value": cookie.value, "url": "http://127.0.0.1"}])
    yield context.new_page()
    context.close()


@pytest.fixture
def running(store: SqlStore, importer: Importer) -> Run:
    """With forty lines, in the midst of reading."""
    run = a_run(store, importer, claim="a worker")
    store.save_progress(run.id, "a worker", phase=Phase.READING, counts=Counts(), lines=LINES, now=NEW_YEAR)
    return run


@pytest.fixture
def waiting(store: SqlStore, running: Run) -> Run:
    ending = Ending(Status.WAITING, Counts(), trouble=Trouble("temporary", "Not now."), wake_at=NEW_YEAR)
    store.end_run(running.id, "a worker", ending, lines=[], now=NEW_YEAR)
    return running


def more(store: SqlStore, run: Run, text: str) -> None:
    line = [Line(text)]
    store.save_progress(run.id, "a worker", phase=Phase.READING, counts=Counts(), lines=line, now=NEW_YEAR)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_of_a_long_story_ends_with_its_footer(tab: Page, app: Flask, waiting: Run, width: int):
    tab.set_viewport_size({"width": width, "height": 900})
    with served(app) as port:
        tab.goto(f"http://127.0.0.1:{port}/runs/{waiting.id}")
        height = tab.evaluate("document.documentElement.scrollHeight")
        end = tab.locator("footer").evaluate("foot => foot.getBoundingClientRect().bottom + window.scrollY")
    assert height <= max(end, 900) + 1


def test_the_newest_lines_are_in_view_unless_the_reader_scrolled_up(
    tab: Page, app: Flask, store: SqlStore, running: Run
):
    with served(app) as port:
        tab.goto(f"http://127.0.0.1:{port}/runs/{running.id}")
        story, earlier, newest = (
            tab.locator("#story"),
            tab.get_by_role("button", name="Earlier lines"),
            tab.get_by_role("button", name="Newest lines"),
        )
        expect(story.get_by_text("trying again in 40 s")).to_be_in_viewport()
        assert story.evaluate(AT_THE_END)
        expect(earlier).to_be_visible()
        expect(newest).to_be_hidden()
        more(store, running, "Read 500 rows")
        expect(story.get_by_text("Read 500 rows")).to_be_in_viewport()
        earlier.click()
        expect(newest).to_be_visible()
        expect(earlier).to_be_hidden()
        more(store, running, "Read 1,000 rows")
        expect(story.get_by_text("Read 1,000 rows")).to_be_attached()
        assert story.evaluate("box => box.scrollTop") == 0
        newest.click()
        expect(story.get_by_text("Read 1,000 rows")).to_be_in_viewport()
        expect(newest).to_be_hidden()


SILENCE = "Pipesheet does not answer; trying again …"
STANDS_STILL = "element => getComputedStyle(element).animationPlayState === 'paused'"


def test_while_pipesheet_does_not_answer_the_page_says_so_and_stands_still(
    tab: Page, app: Flask, store: SqlStore, running: Run
):
    tab.clock.install(time=NEW_YEAR + timedelta(seconds=30))
    bar, elapsed = tab.locator("progress"), tab.locator("[data-elapsed-since]")
    with served(app) as port:
        tab.goto(f"http://127.0.0.1:{port}/runs/{running.id}")
        expect(tab.get_by_text("trying again in 40 s").last).to_be_in_viewport()
        _until(tab, lambda: elapsed.inner_text() >= "32 s")
        assert not bar.evaluate(STANDS_STILL)
        expect(tab.get_by_text(SILENCE)).to_be_hidden()
    _until(tab, tab.get_by_text(SILENCE).is_visible)
    shown = elapsed.inner_text()
    tab.clock.fast_forward(3000)
    assert (bar.evaluate(STANDS_STILL), elapsed.inner_text()) == (True, shown)
    more(store, running, "Read 500 rows")
    with served(app, port):
        expect(tab.get_by_text("Read 500 rows").last).to_be_in_viewport(timeout=15_000)
        expect(tab.get_by_text(SILENCE)).to_be_hidden()
        assert not bar.evaluate(STANDS_STILL)
        _until(tab, lambda: elapsed.inner_text() > shown)


def test_a_page_that_a_proxy_answers_for_it_goes_on_by_itself_too(tab: Page, app: Flask, store: SqlStore, running: Run):
    """After an answer that is an error, browsers do not ask for a stream again by themselves."""
    tab.clock.install(time=NEW_YEAR)
    with served(app) as port:
        tab.goto(f"http://127.0.0.1:{port}/runs/{running.id}")
        expect(tab.get_by_text("trying again in 40 s").last).to_be_in_viewport()
    with served(_bad_gateway, port):
        with tab.expect_response(lambda answer: answer.status == 502 and "/stream" in answer.url):
            pass
        _until(tab, tab.get_by_text(SILENCE).is_visible)
    more(store, running, "Read 500 rows")
    with served(app, port):
        _until(tab, tab.locator("#story").get_by_text("Read 500 rows").is_visible)
        expect(tab.get_by_text(SILENCE)).to_be_hidden()


def _bad_gateway(_: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    start_response("502 Bad Gateway", [("Content-Type", "text/plain")])
    return [b"nobody is there"]


def test_the_list_says_so_too(tab: Page, app: Flask, running: Run):
    tab.clock.install()
    with served(app) as port:
        tab.goto(f"http://127.0.0.1:{port}/")
        expect(tab.get_by_role("link", name="Watch")).to_be_visible()
        tab.clock.fast_forward(3000)
        expect(tab.get_by_text(SILENCE)).to_be_hidden()
    tab.clock.fast_forward(3000)
    expect(tab.get_by_text(SILENCE)).to_be_visible()
    with served(app, port):
        tab.clock.fast_forward(3000)
        expect(tab.get_by_text(SILENCE)).to_be_hidden()


def _until(tab: Page, happened: Callable[[], bool]) -> None:
    """As seconds pass quickly; what the browser asks for takes the time it takes."""
    until = monotonic() + 15
    while not happened():
        assert monotonic() < until
        tab.clock.fast_forward(1000)
        tab.wait_for_timeout(100)


def test_the_list_takes_in_what_changed_and_leaves_alone_what_the_reader_is_at(
    tab: Page, app: Flask, store: SqlStore, importer: Importer, running: Run
):
    draft = a_draft(connection_id=importer.connection_id, name="Another", target=a_target("Another"))
    another = store.add_importer(importer.workspace_id, draft, next_run_at=None, now=NEW_YEAR)
    own, other = tab.locator(f"#importer-{importer.id}"), tab.locator(f"#importer-{another.id}")
    tab.clock.install()
    with served(app) as port:
        tab.goto(f"http://127.0.0.1:{port}/")
        menu = other.get_by_label("Menu of Another")
        menu.click()
        store.save_progress(running.id, "a worker", phase=Phase.READING, counts=Counts(500), lines=[], now=NEW_YEAR)
        store.pause_importer(another.workspace_id, another.id, now=NEW_YEAR)
        assert _asks_for_news(tab) == 1
        expect(own).to_contain_text("500 rows")
        expect(other).not_to_contain_text("Paused")
        expect(other.get_by_role("link", name="Edit")).to_be_visible()
        assert _asks_for_news(tab) == 0
        tab.keyboard.press("Escape")
        expect(menu).to_be_focused()
        own.get_by_role("link", name="Watch").focus()
        done = Ending(Status.DONE, Counts(500, rows_written=500))
        store.end_run(running.id, "a worker", done, lines=[], now=NEW_YEAR)
        assert _asks_for_news(tab) == 1
        expect(other).to_contain_text("Paused")
        expect(own.get_by_role("link", name="Watch")).to_be_focused()
        own.get_by_role("link", name="Watch").evaluate("link => link.blur()")
        assert _asks_for_news(tab) == 1
        expect(own.get_by_role("button", name="Run").first).to_be_visible()


def _asks_for_news(tab: Page) -> int:
    """Of how many importers there were."""
    with tab.expect_response(lambda response: "seen=" in response.url) as heard:
        tab.clock.fast_forward(3000)
    return heard.value.text().count("data-mark")
