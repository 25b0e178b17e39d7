"""A wire to the pretend Google on which one request goes wrong, of which there are as many as a run makes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from copy import copy
from typing import Any

import requests
from requests.adapters import BaseAdapter

from importers.http.session import make_session

KILLED_BEFORE, KILLED_AFTER = "killed before", "killed after"
NOT_ARRIVED, ANSWER_LOST = "not arrived", "answer lost"
KILLED_LATE, GIVEN_UP_LATE = "killed, carried out late", "given up, carried out late"
LATE = (KILLED_LATE, GIVEN_UP_LATE)
AT_ONCE = (KILLED_BEFORE, KILLED_AFTER, NOT_ARRIVED, ANSWER_LOST)


class Killed(BaseException):
    """The process is gone: nothing of it is carried out any more."""


class TroubledWire(BaseAdapter):
    """
    Carries requests for the Sheets API, and does what *trouble* says to number
    *at* of them (from 0). `held` is what will be carried out late.
    """

    def __init__(self, carrier: BaseAdapter, *, at: int = -1, trouble: str = "") -> None:
        super().__init__()
        self.count = 0
        self.writes: list[int] = []
        self.held: list[Callable[[], object]] = []
        self.before_each: Callable[[int], None] = lambda number: None
        self._carrier = carrier
        self._at = at
        self._trouble = trouble
        self._is_dead = False
        self._given_up: bytes | None = None
        self._lock = threading.RLock()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if "/v4/" not in (request.url or ""):
            return self._carrier.send(request, *args, **kwargs)
        with self._lock:
            return self._send(request, *args, **kwargs)

    def close(self) -> None:
        self._carrier.close()

    def session(self) -> requests.Session:
        return make_session(reroutes={}, adapter=self)

    def _send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self._is_dead:
            raise Killed
        number = self.count
        self.count += 1
        self.before_each(number)
        if request.method == "PUT" or ":batchUpdate" in (request.url or ""):
            self.writes.append(number)
        if self._given_up is not None and request.body == self._given_up:
            raise requests.ConnectionError("no route")
        if number != self._at:
            return self._carrier.send(request, *args, **kwargs)
        return self._in_trouble(request, *args, **kwargs)

    def _in_trouble(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self._trouble in (KILLED_AFTER, ANSWER_LOST):
            self._carrier.send(request, *args, **kwargs)
        if self._trouble in LATE:
            late = copy(request)
            self.held.append(lambda: self._carrier.send(late, *args, **kwargs))
        if self._trouble in (KILLED_BEFORE, KILLED_AFTER, KILLED_LATE):
            self._is_dead = True
            raise Killed
        if self._trouble == GIVEN_UP_LATE:
            self._given_up = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        raise requests.ConnectionError("Connection aborted.")
