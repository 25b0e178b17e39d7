"""Staying under a vendor's limit instead of running into it."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Mapping
from copy import copy
from datetime import datetime, time, timedelta

from importers.http.book import ASSUMED, Allowance, Asked, Book
from importers.http.reported import budget_in, burst_in
from importers.http.said import said_by
from importers.interfaces import Clock
from importers.model import Standing, Turn
from importers.secret import Secret


class NullGovernor:
    """Never waits and learns nothing."""

    def before_call(self, *, cost: int = 0, turn: Turn | None = None) -> Turn:
        return Turn("")

    def after_call(self, headers: Mapping[str, str], *, status: int = 200, turn: Turn | None = None) -> timedelta:
        return timedelta()

    def leave(self, turn: Turn) -> None:
        pass

    def block(self, span: timedelta) -> None:
        pass

    def standing(self) -> Standing:
        return Standing()


class MemoryGovernor:
    """
    Implements `interfaces.Governor` for the calls of one token within this process.

    It learns from the rate-limit headers of answers; a vendor that sends none
    is not waited for. *allowances* are those of the companies by name, shared
    by their tokens. Where so many as *among* processes count by themselves for
    one token, each keeps to its part. Safe to share between threads.
    """

    def __init__(self, clock: Clock, *, allowances: dict[str, Allowance] | None = None, among: int = 1) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._book = Book()
        self._allowances = {} if allowances is None else allowances
        self._allowance = Allowance()
        self._who = new_name()
        self._assumed = ASSUMED
        self._among = among

    def beside(self, company: str | None = None, *, assumed: int | None = None) -> MemoryGovernor:
        """
        The same limits for another run, which gets an equal share; *company* is whose token it is, if known,
        and *assumed* how many calls its plan allows, until an answer tells.
        """
        known = self._allowance if company is None else self._allowances.setdefault(company, Allowance())
        other = copy(self)
        vars(other).update(_who=new_name(), _allowance=known, _assumed=assumed or ASSUMED)
        return other

    def before_call(self, *, cost: int = 0, turn: Turn | None = None) -> Turn:
        turn = turn or Turn(f"{self._who}:{new_name()}")
        asked = Asked(turn.ticket, turn.place, self._who, cost, self._assumed, self._among)
        with self._lock:
            told = self._book.ask(asked, self._allowance, now=self._clock.monotonic(), to_reset=to_reset(self._clock))
        return Turn(turn.ticket, told.place, timedelta(milliseconds=told.wait_ms), told.why)

    def after_call(self, headers: Mapping[str, str], *, status: int = 200, turn: Turn | None = None) -> timedelta:
        said = said_by(headers, status, now=self._clock.now())
        ticket = turn.ticket if turn else ""
        with self._lock:
            now, reset = self._clock.monotonic(), to_reset(self._clock)
            held = self._book.hear(ticket, said, self._allowance, now=now, to_reset=reset)
            self._book.reported = burst_in(said, self._clock.now()) or self._book.reported
            self._allowance.reported = budget_in(said, self._clock.now()) or self._allowance.reported
        return timedelta(milliseconds=held)

    def leave(self, turn: Turn) -> None:
        with self._lock:
            self._book.leave(turn.ticket, now=self._clock.monotonic())

    def block(self, span: timedelta) -> None:
        with self._lock:
            self._book.block(span.total_seconds(), now=self._clock.monotonic())

    def standing(self) -> Standing:
        with self._lock:
            now, book, allowance = self._clock.monotonic(), self._book, self._allowance
            blocked = timedelta(seconds=max(book.blocked_until - now, 0))
            spent = timedelta(seconds=allowance.wait(0, now, to_reset(self._clock)))
            return Standing(book.reported, allowance.reported, blocked, spent)


def new_name() -> str:
    """For a run or a ticket: unlike any other, anywhere."""
    return secrets.token_hex(8)


def to_reset(clock: Clock) -> float:
    """Seconds to midnight in UTC, when a day's allowance is thought to be renewed: the vendor does not say where."""
    now = clock.now()
    return (datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo) - now).total_seconds()


def identity_of(token: Secret) -> str:
    """A name for the owner of *token* from which the token cannot be found out."""
    return hashlib.sha256(b"pipesheet governor\0" + token.reveal().encode()).hexdigest()[:32]
