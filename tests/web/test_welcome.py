from __future__ import annotations

import pytest

from importers.services import Services
from tests.people import ALICE, PASSWORD
from tests.web.browser import Browser


@pytest.mark.parametrize("path", ["/", "/sign-in", "/connections", "/importers/new", "/runs/1"])
def test_every_page_leads_there_until_there_is_an_owner(visitor: Browser, path: str):
    assert visitor.open(path).heading == "Welcome to Pipesheet"


def test_the_owner_is_signed_in_and_sees_the_first_step(visitor: Browser):
    visitor.open("/")
    page = visitor.submit(email="anna@example.com", password="long enough it is", time_zone="Europe/Tallinn")
    assert visitor.path == "/"
    assert "Your account is ready." in page.text
    assert page.links()["Connect Pipedrive"] == "/connections/new"


def test_the_browsers_time_zone_becomes_the_workspaces(visitor: Browser, services: Services):
    visitor.open("/welcome")
    visitor.submit(email="anna@example.com", password="long enough it is", time_zone="Asia/Tokyo")
    actor = services.people.sign_in("anna@example.com", "long enough it is")
    assert actor is not None
    assert actor.workspace.time_zone == "Asia/Tokyo"


def test_a_zone_that_does_not_exist_becomes_utc(visitor: Browser, services: Services):
    visitor.open("/welcome")
    visitor.submit(email="anna@example.com", password="long enough it is", time_zone="../../etc/passwd")
    actor = services.people.sign_in("anna@example.com", "long enough it is")
    assert actor is not None
    assert actor.workspace.time_zone == "UTC"


@pytest.mark.parametrize(
    ("email", "password", "told"),
    [
        ("", "long enough it is", "Type your e-mail address."),
        ("not an address", "long enough it is", "That is not an e-mail address."),
        ("anna@example.com", "", "Choose a password."),
        ("anna@example.com", "ninechars", "use at least 10 characters"),
        ("anna@example.com", "x" * 1001, "at most 1000 characters"),
    ],
)
def test_it_says_what_does_not_fit_and_keeps_the_address(visitor: Browser, email: str, password: str, told: str):
    visitor.open("/welcome")
    page = visitor.submit(email=email, password=password)
    assert visitor.status == 422
    assert told in page.text
    assert page.form().value("email") == email
    assert page.form().value("password") == ""


def test_an_error_is_tied_to_its_field(visitor: Browser):
    visitor.open("/welcome")
    page = visitor.submit(email="anna@example.com", password="short")
    field = page.root.find("input", id="password")
    assert field.attrs["aria-invalid"] == "true"
    described = " ".join(page.root.find(id=name).text for name in field.attrs["aria-describedby"].split())
    assert "too short" in described


@pytest.mark.usefixtures("neighbours")
def test_it_is_closed_once_there_is_an_owner(visitor: Browser):
    assert visitor.open("/welcome").heading == "Sign in"


@pytest.mark.usefixtures("neighbours")
def test_a_late_second_owner_is_turned_away(visitor: Browser, services: Services):
    visitor.open("/sign-in")
    token = visitor.page.form().value("csrf_token")
    visitor.client.post("/welcome", data={"csrf_token": token, "email": "eve@example.com", "password": PASSWORD})
    assert services.people.sign_in("eve@example.com", PASSWORD) is None
    assert services.people.sign_in(ALICE, PASSWORD) is not None
