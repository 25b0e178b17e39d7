"""Calling the sandbox as a client does: by requests, in process."""

from __future__ import annotations

from typing import Any

import msgspec
import requests
from flask import Flask

from sandbox.adapters import WSGIAdapter
from sandbox.world import TOKEN

COMPANY_HOST = "https://acme.pipedrive.com"


def read(answer: requests.Response) -> Any:
    return msgspec.json.decode(answer.content)


class Caller:
    """A session signed in with the sandbox's token."""

    def __init__(self, app: Flask, token: str | None = TOKEN) -> None:
        self.sandbox = app.extensions["sandbox"]
        self.session = requests.Session()
        self.session.mount("https://", WSGIAdapter(app))
        self.session.trust_env = False
        if token is not None:
            self.session.headers["x-api-token"] = token

    def get(self, path: str, *, timeout: float | None = None, **query: Any) -> requests.Response:
        return self.session.get(COMPANY_HOST + path, params=query, timeout=timeout)

    def data(self, path: str, **query: Any) -> Any:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return read(answer)["data"]

    def walk_v2(self, path: str, **query: Any) -> list[Any]:
        """All records of a v2 list, by following the cursor."""
        rows, cursor = [], None
        while True:
            answer = read(self.get(path, **query, **({"cursor": cursor} if cursor else {})))
            rows += answer["data"]
            cursor = answer["additional_data"]["next_cursor"]
            if cursor is None:
                return rows

    def walk_v1(self, path: str, **query: Any) -> list[Any]:
        """All records of a v1 list, by moving the start."""
        rows: list[Any] = []
        while True:
            answer = read(self.get(path, start=len(rows), **query))
            rows += answer["data"] or []
            if not answer["additional_data"]["pagination"]["more_items_in_collection"]:
                return rows
