from __future__ import annotations

import pytest
from flask import Flask

from tests.people import ALICE, BOB, PASSWORD
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("neighbours")


def test_it_leads_to_the_importers(visitor: Browser):
    assert visitor.sign_in(ALICE).heading == "Importers"
    assert visitor.path == "/"


def test_it_leads_back_to_the_page_one_wanted(visitor: Browser):
    visitor.open("/connections?a=b")
    assert visitor.path == "/sign-in?next=/connections?a%3Db"
    visitor.submit(email=ALICE, password="correct horse battery")
    assert visitor.path == "/connections?a=b"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "evil.example",
        "http:evil.example",
        "",
    ],
)
def test_it_never_leads_to_another_site(visitor: Browser, target: str):
    visitor.client.get("/sign-in")
    visitor.open("/sign-in", query_string={"next": target})
    form = visitor.page.form().fields()
    answer = visitor.client.post(
        "/sign-in",
        query_string={"next": target},
        data={**form, "email": ALICE, "password": "correct horse battery"},
    )
    assert answer.location == "/"


@pytest.mark.parametrize(("email", "password"), [(ALICE, "wrong"), ("nobody@example.com", "correct horse battery")])
def test_it_does_not_say_which_of_the_two_was_wrong(visitor: Browser, email: str, password: str):
    page = visitor.sign_in(email, password)
    assert visitor.status == 422
    assert "E-mail and password do not fit together." in page.text


def test_empty_answers_are_told_apart(visitor: Browser):
    page = visitor.sign_in("", "")
    assert "Type your e-mail address." in page.text
    assert "Type your password." in page.text


def test_guessing_is_stopped_after_ten_tries(visitor: Browser):
    for _ in range(10):
        visitor.sign_in(ALICE, "wrong")
        assert visitor.status == 422
    page = visitor.sign_in(ALICE)
    assert visitor.status == 429
    assert page.heading == "Too many tries"
    assert "Try again in 5 minutes." in page.text
    assert page.links()["Sign in"] == "/sign-in"
    assert int(visitor.response.headers["Retry-After"]) > 0


def test_somebody_elses_wrong_guesses_do_not_count(visitor: Browser):
    for _ in range(10):
        visitor.sign_in(ALICE, "wrong")
    assert visitor.sign_in(BOB).heading == "Importers"


def test_signing_in_rightly_is_never_counted(visitor: Browser):
    for _ in range(12):
        visitor.sign_in(ALICE)
        assert visitor.path == "/"
        visitor.client.delete_cookie("pipesheet")


def test_a_session_from_before_is_thrown_away(visitor: Browser):
    visitor.open("/sign-in")
    with visitor.client.session_transaction() as session:
        session["planted"] = "by somebody else"
    visitor.submit(email=ALICE, password="correct horse battery")
    with visitor.client.session_transaction() as session:
        assert "planted" not in session
        assert session["_user_id"]


def test_signing_out_ends_the_session(at_alice: Browser):
    at_alice.open("/")
    token = at_alice.page.root.find("form", action="/sign-out").find("input").attrs["value"]
    at_alice.client.post("/sign-out", data={"csrf_token": token})
    assert at_alice.open("/connections").heading == "Sign in"


def sign_out(browser: Browser) -> None:
    token = browser.open("/").root.find("form", action="/sign-out").find("input").attrs["value"]
    browser.client.post("/sign-out", data={"csrf_token": token})


def thief_of(browser: Browser, app: Flask) -> Browser:
    """Somebody with a copy of the cookie."""
    thief, cookie = Browser(app), browser.client.get_cookie("pipesheet")
    assert cookie
    thief.client.set_cookie("pipesheet", cookie.value)
    return thief


def test_signing_out_makes_a_stolen_cookie_worthless(at_alice: Browser, at_bob: Browser, app: Flask):
    thief = thief_of(at_alice, app)
    assert thief.open("/").heading == "Importers"
    sign_out(at_alice)
    assert thief.open("/").heading == "Sign in"
    assert at_bob.open("/").heading == "Importers"
    assert at_alice.sign_in(ALICE).heading == "Importers"


def test_a_new_password_signs_out_everywhere_but_here(at_alice: Browser, app: Flask):
    thief = thief_of(at_alice, app)
    at_alice.open("/password")
    page = at_alice.submit(old=PASSWORD, password="another good one")
    assert "Everywhere else you are signed out" in page.root.find(role="status").text
    assert thief.open("/").heading == "Sign in"
    assert thief.sign_in(ALICE).heading == "Sign in"
    assert thief.sign_in(ALICE, "another good one").heading == "Importers"


@pytest.mark.parametrize(
    ("old", "new", "field", "told"),
    [
        ("wrong", "another good one", "old", "That is not your password."),
        ("", "another good one", "old", "Type your password."),
        (PASSWORD, "short", "password", "too short"),
        (PASSWORD, "", "password", "Choose a password."),
    ],
)
def test_a_password_is_changed_by_whoever_knows_it_and_to_a_good_one(
    at_alice: Browser, old: str, new: str, field: str, told: str
):
    at_alice.open("/password")
    page = at_alice.submit(old=old, password=new)
    assert at_alice.status == 422
    assert told in page.root.find(id=f"{field}-error").text
    assert at_alice.open("/").heading == "Importers"


def test_guessing_the_password_of_an_open_session_is_stopped(at_alice: Browser):
    at_alice.open("/password")
    for _ in range(10):
        at_alice.submit(old="wrong", password="another good one")
    at_alice.submit(old=PASSWORD, password="another good one")
    assert at_alice.status == 429


def test_a_link_cannot_sign_anybody_out(at_alice: Browser):
    at_alice.open("/sign-out")
    assert at_alice.status == 405
    assert at_alice.open("/").heading == "Importers"


def test_who_is_signed_in_already_is_led_on(at_alice: Browser):
    at_alice.open("/sign-in?next=/connections")
    assert at_alice.path == "/connections"


def test_a_session_that_names_nobody_is_none(visitor: Browser):
    for name in ("999", "x", "-1", "1; drop table users"):
        with visitor.client.session_transaction() as session:
            session["_user_id"] = name
        assert visitor.open("/").heading == "Sign in"


def test_who_is_about_to_be_stopped_is_warned(visitor: Browser):
    told = [visitor.sign_in(ALICE, "wrong").root.find(role="alert").text for _ in range(10)]
    assert not any("pause" in one for one in told[:4])
    assert told[4].endswith("5 more tries, then a pause of 5 minutes.")
    assert told[8].endswith("One more try, then a pause of 5 minutes.")
    assert told[9].endswith("That was the last try, then a pause of 5 minutes.")
