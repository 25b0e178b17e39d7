"""
Requests whose answer was lost at once and that are carried out later: what
makes repeating a write dangerous.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MARK = "sandbox.google.late"
"""In the environment of a request that is carried out late."""


@dataclass
class _Held:
    environ: dict[str, Any]
    requests: int
    due_at: float | None


class Late:
    """`carry_out` answers a WSGI environment; what it answers is dropped."""

    def __init__(self, carry_out: Callable[[dict[str, Any]], object], *, now: Callable[[], float] = time.time) -> None:
        self._carry_out = carry_out
        self._now = now
        self._lock = threading.Lock()
        self._held: list[_Held] = []

    def hold(self, environ: dict[str, Any], body: bytes, *, requests: int, seconds: float) -> None:
        """After so many more requests have been answered; with none, after so many seconds."""
        kept: dict[str, Any] = {name: value for name, value in environ.items() if isinstance(value, str)}
        kept |= {
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            MARK: True,
        }
        kept.pop("HTTP_TRANSFER_ENCODING", None)
        with self._lock:
            self._held.append(_Held(kept, requests, None if requests else self._now() + seconds))
        if not requests:
            timer = threading.Timer(seconds, self.look)
            timer.daemon = True
            timer.start()

    def answered(self) -> None:
        """Another request was answered."""
        with self._lock:
            for held in self._held:
                held.requests -= held.due_at is None
        self.look()

    def look(self) -> None:
        """Carry out what is due."""
        for held in self._take(lambda held: held.requests <= 0 if held.due_at is None else held.due_at <= self._now()):
            self._carry_out(held.environ)

    def all(self) -> int:
        """Carry out everything that is held, now; how many they were."""
        taken = self._take(lambda _: True)
        for held in taken:
            self._carry_out(held.environ)
        return len(taken)

    def drop(self) -> None:
        """Carry out none of them, ever."""
        self._take(lambda _: True)

    def __len__(self) -> int:
        return len(self._held)

    def _take(self, is_due: Callable[[_Held], bool]) -> list[_Held]:
        with self._lock:
            taken = [held for held in self._held if is_due(held)]
            self._held = [held for held in self._held if held not in taken]
            return taken
