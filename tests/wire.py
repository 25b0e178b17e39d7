"""A wire on which one request is held up, as by a vendor that is slow to take it or to answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import BaseAdapter

from importers.http.session import make_session

Those = Callable[[requests.PreparedRequest], bool]

PATIENCE = 30.0
"""Seconds after which a request is let go by itself, so that no thread of a test stays."""


class HeldWire(BaseAdapter):
    """
    Carries requests; from `hold` on the first of *those* (but *after* some)
    waits until it is let go: before it is carried out, or with its answer. The
    caller's thread waits in here, as it does for a socket. `is_holding` is set
    from then on, and whatever is one of *then* waits as well.
    """

    def __init__(self, carrier: BaseAdapter) -> None:
        super().__init__()
        self.is_holding = threading.Event()
        self.let_go = threading.Event()
        self.is_over = threading.Event()
        self._carrier = carrier
        self._those: Those = nothing
        self._then: Those = nothing
        self._after = 0
        self._is_carried_out_first = False
        self._lock = threading.Lock()

    def hold(self, those: Those, *, answer_only: bool = False, after: int = 0, then: Those | None = None) -> None:
        self._those, self._then, self._after = those, then or nothing, after
        self._is_carried_out_first = answer_only

    def session(self) -> requests.Session:
        return make_session(reroutes={}, adapter=self)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if not self._is_one_of_those(request):
            return self._carrier.send(request, *args, **kwargs)
        early = self._carrier.send(request, *args, **kwargs) if self._is_carried_out_first else None
        self.is_holding.set()
        self.let_go.wait(PATIENCE)
        try:
            return early or self._carrier.send(request, *args, **kwargs)
        finally:
            self.is_over.set()

    def close(self) -> None:
        self._carrier.close()

    def _is_one_of_those(self, request: requests.PreparedRequest) -> bool:
        with self._lock:
            if not self._those(request):
                return False
            self._after -= 1
            if self._after >= 0:
                return False
            self._those = self._then
            return True


def nothing(request: requests.PreparedRequest) -> bool:
    return False


def goes_to(part: str, method: str = "") -> Those:
    """Requests whose address has *part* in it."""
    return lambda request: part in (request.url or "") and method in ("", request.method)
