from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
from flask import Flask

from importers import errors
from tests.web.browser import Browser


@pytest.fixture
def app(own_app: Flask) -> Flask:
    return own_app


@pytest.fixture
def at_alice(app: Flask, at_alice: Browser) -> Browser:
    """With a page that goes wrong as a test wishes."""
    app.config["WRONG"] = None
    # Flask refuses new addresses after the first request; a test may add one.
    app._got_first_request = False

    @app.get("/wrong")
    def wrong() -> str:
        raise app.config["WRONG"]

    return at_alice


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotThere("That is gone.", hint="Look elsewhere."), 404),
        (errors.AccessDenied("That is not yours.", hint="Ask."), 403),
        (errors.InvalidSettings("That does not fit.", hint="Change it."), 422),
        (errors.CredentialsRejected("Refused.", hint="Replace it."), 422),
        (errors.NoRoom("The disk is full.", hint="Make room."), 507),
        (errors.ServiceTrouble("Pipedrive is down.", hint="Wait."), 503),
        (errors.RunStopped("Stopped.", hint="Run it again."), 409),
    ],
)
def test_our_errors_become_pages_that_say_what_to_do(
    at_alice: Browser, app: Flask, error: errors.ImporterError, status: int
):
    app.config["WRONG"] = error
    page = at_alice.open("/wrong")
    assert at_alice.status == status
    assert error.message in page.text
    assert error.hint in page.text


def test_who_prefers_json_gets_json(at_alice: Browser, app: Flask):
    app.config["WRONG"] = errors.InvalidSettings("That does not fit.", hint="Change it.")
    answer = at_alice.client.get("/wrong", headers={"Accept": "application/json"})
    told = json.loads(answer.text)
    assert (told["code"], told["message"], told["hint"]) == ("invalid-settings", "That does not fit.", "Change it.")


def test_temporary_trouble_says_when_to_try_again(at_alice: Browser, app: Flask):
    app.config["WRONG"] = errors.RateLimited("Slow down.", retry_after=timedelta(seconds=11.2))
    at_alice.open("/wrong")
    assert at_alice.response.headers["Retry-After"] == "12"


def test_a_mistake_of_ours_has_a_reference_that_the_log_repeats(
    at_alice: Browser, app: Flask, caplog: pytest.LogCaptureFixture
):
    app.config["WRONG"] = KeyError("secret-detail-0815")
    with caplog.at_level(logging.ERROR):
        page = at_alice.open("/wrong")
    assert at_alice.status == 500
    reference = page.root.find("code").text
    assert reference in caplog.text
    assert "secret-detail-0815" in caplog.text
    assert "secret-detail-0815" not in page.html
    assert "Traceback" not in page.html


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/", 405), ("GET", "/importers/1/run", 405)]
)
def test_wrong_addresses_get_a_page_of_ours(at_alice: Browser, method: str, path: str, status: int):
    answer = at_alice.client.open(path, method=method)
    assert answer.status_code == status
    assert "To the importers" in answer.text
    assert (status != 405) or "Allow" in answer.headers


def test_a_database_that_is_gone_makes_an_error_page_and_no_loop(at_alice: Browser, services, settings):  # type: ignore[no-untyped-def]
    services.close()
    (settings.home / "pipesheet.db").write_bytes(b"this is no database")
    for ending in ("-wal", "-shm"):
        (settings.home / f"pipesheet.db{ending}").unlink(missing_ok=True)
    at_alice.open("/")
    assert at_alice.status in (500, 503)
    assert "Traceback" not in at_alice.page.html
    assert at_alice.page.heading
