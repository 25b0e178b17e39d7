"""What Pipedrive says about itself, best effort."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from flask import Flask, Response
from requests.adapters import BaseAdapter

from importers.http.session import make_session
from importers.model import Bulletin
from importers.sources.pipedrive.statuspage import HOME, bulletin
from sandbox.adapters import WSGIAdapter
from sandbox.pipedrive import create_app
from sandbox.world import World
from tests.fakes import NEW_YEAR, FakeClock


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(World(deals=1), plan="none")


@pytest.fixture
def status(app: Flask) -> Any:
    page = app.extensions["sandbox"].status
    page.clear()
    page.now = lambda: NEW_YEAR
    return page


def ask(app: Any, clock: FakeClock | None = None) -> Bulletin | None:
    clock = clock or FakeClock()
    return bulletin(make_session(reroutes={}, adapter=WSGIAdapter(app, on_wait=clock.sleep)), clock)


def test_when_all_is_well_it_says_so(app: Flask, status: Any) -> None:
    assert ask(app) == Bulletin("All Systems Operational", True, "", None, HOME, NEW_YEAR)


def test_trouble_comes_with_its_subject_its_beginning_and_a_link(app: Flask, status: Any) -> None:
    status.report("degraded", subject="Some API requests fail", minutes_ago=80)
    assert ask(app) == Bulletin(
        "Degraded Performance",
        False,
        "Some API requests fail",
        NEW_YEAR - timedelta(minutes=80),
        f"{HOME}/notices/2",
        NEW_YEAR,
    )


def test_it_asks_without_a_token_and_costs_none(app: Flask, status: Any) -> None:
    app.extensions["sandbox"].journal.clear()
    assert ask(app)
    assert app.extensions["sandbox"].journal.calls == []
    assert app.extensions["sandbox"].limits.spent == 0


def test_a_page_that_refuses_says_nothing(app: Flask, status: Any) -> None:
    status.answers = 503
    assert ask(app) is None


PAGE = '{"page": {"state": "degraded", "state_text": "Degraded"}}'


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"page": 7}', '{"page": {"state": null}}', "<html>", "\ud800", '{"page": {"sta', "x" * 600_000],
)
def test_nonsense_says_nothing(body: str) -> None:
    assert ask(_saying(body)) is None


@pytest.mark.parametrize(
    "notices",
    [
        "",
        '{"notices": null}',
        '{"notices": [{"state": "scheduled", "began_at": "2026-01-02T00:00:00Z"}]}',
        '{"notices": [{"state": "investigating", "began_at": "2026-01-01T10:00:00"}]}',
    ],
)
def test_the_state_is_told_without_notices_too(notices: str) -> None:
    said = ask(_saying(PAGE, notices))
    assert said is not None
    assert (said.state, said.is_well, said.since, said.url) == ("Degraded", False, None, HOME)


def test_a_link_never_leads_elsewhere() -> None:
    notice = (
        '{"state": "identified", "subject": "S", "url": "https://evil.example/", "began_at": "2026-01-01T10:00:00Z"}'
    )
    said = ask(_saying(PAGE, f'{{"notices": [{notice}]}}'))
    assert said is not None
    assert (said.url, said.subject) == (HOME, "S")


class Failing(BaseAdapter):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        assert kwargs["timeout"] == (2.0, 3.0)
        raise self._error

    def close(self) -> None:
        pass


@pytest.mark.parametrize("error", [requests.ConnectionError(), requests.ReadTimeout(), OSError()])
def test_no_answer_says_nothing(error: Exception) -> None:
    assert bulletin(make_session(reroutes={}, adapter=Failing(error)), FakeClock()) is None


def test_an_answer_that_drips_is_not_waited_for() -> None:
    clock = FakeClock()

    def drip() -> Any:
        for _ in range(100):
            clock.advance(seconds=2)
            yield b"x" * 20_000

    app = Flask("dripping")
    app.add_url_rule("/api/v1/status", view_func=lambda: Response(drip()))
    assert ask(app, clock) is None


def _saying(status: str, notices: str = "") -> Flask:
    app = Flask("saying")
    told: dict[str, Callable[[], Response]] = {
        "/api/v1/status": lambda: Response(status.encode("utf-8", "surrogatepass")),
        "/api/v1/notices": lambda: Response(notices.encode()),
    }
    for path, view in told.items():
        app.add_url_rule(path, endpoint=path, view_func=view)
    return app
