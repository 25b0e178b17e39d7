"""Somebody at a browser: keeps cookies, follows redirects, sends the forms that the pages hold."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.people import PASSWORD
from tests.web.page import Page


class Browser:
    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.response: TestResponse
        self.path = "/"

    def open(self, path: str, **more: Any) -> Page:
        return self._arrive(self.client.get(path, follow_redirects=True, **more))

    def submit(self, form: Any = None, *, press: str = "", **answers: Any) -> Page:
        """
        Send a form of the page one is on (*form*: its action), changed by
        *answers*; a list for several values, None to leave a field out.
        *press* is the value of the button's `action`.
        """
        found = self.page.form(action=form or "")
        fields: dict[str, Any] = {**found.fields(), **answers, **({"action": press} if press else {})}
        data = {name: value for name, value in fields.items() if value is not None}
        return self._arrive(self.client.post(found.action or self.path, data=data, follow_redirects=True))

    def press(self, button: str) -> Page:
        """Press a button of a form in which nothing is left to fill in."""
        form = self.page.form(button=button)
        data = {**form.fields(), **form.sent_by(button)}
        return self._arrive(self.client.post(form.action, data=data, follow_redirects=True))

    def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        self.open("/sign-in")
        return self.submit(email=email, password=password)

    def cookie_of(self, email: str) -> str:
        """Sign in for the cookie."""
        self.sign_in(email)
        cookie = self.client.get_cookie("pipesheet")
        assert cookie
        return cookie.value

    @property
    def status(self) -> int:
        return self.response.status_code

    def _arrive(self, response: TestResponse) -> Page:
        self.response = response
        self.path = response.request.full_path.rstrip("?")
        self.page = Page(response.text if response.mimetype == "text/html" else "")
        return self.page
