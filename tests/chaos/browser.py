"""Somebody who presses buttons on the pages."""

from __future__ import annotations

import re

import requests

from tests.people import ALICE, PASSWORD

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Browser:
    """Signed in as Alice. `answers` are the status codes it got."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.headers["Accept"] = "text/html"
        self._token = ""
        self.answers: list[int] = []

    def sign_in(self) -> None:
        page = self._session.get(f"{self._address}/sign-in", timeout=30)
        found = _TOKEN.search(page.text)
        assert found, page.text
        form = {"email": ALICE, "password": PASSWORD, "csrf_token": found[1]}
        answer = self._session.post(f"{self._address}/sign-in", data=form, timeout=30)
        assert answer.ok, answer.text
        self._token = self._csrf(answer.text)

    def press(self, path: str) -> int:
        """The status code of the answer; 0 where there was none."""
        try:
            answer = self._session.post(
                f"{self._address}{path}", data={"csrf_token": self._token}, timeout=30, allow_redirects=False
            )
        except requests.RequestException:
            return 0
        self.answers.append(answer.status_code)
        return answer.status_code

    def is_well(self) -> bool:
        try:
            return requests.get(f"{self._address}/healthz", timeout=10).ok
        except requests.RequestException:
            return False

    def _csrf(self, page: str) -> str:
        found = _TOKEN.search(page) or re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found, page
        return found[1]
