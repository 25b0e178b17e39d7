"""
Limits by the minute that many share: so many calls of a project, and so many
of each of its users, reads and writes apart.

The vendor counts a call when it arrives, which is somewhere between its
leaving and its answer. So a call takes a place when it leaves, and gives it
back a minute after its answer: then no minute of the vendor's can hold more
than there are places, wherever its minutes begin. A place that takes L seconds
to answer serves once in 60 + L seconds, so 60/(60 + L) of what is permitted is
reached where as much is wanted.

The library `limits`, which Flask-Limiter brings, would count calls when they
leave (too many then arrive at once), knows neither calls on their way nor what
the vendor says, takes one limit at a time, and lets in whoever asks first.
"""

from __future__ import annotations

import math
import random
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta

from importers.errors import NotOurTurn
from importers.http.waiting import wait
from importers.interfaces import Clock, Quota, Stop, Tell, never_stop, say_nothing
from importers.model import Hold, Turn

READ, WRITE = "read", "write"
PROJECT, USER = "project", "user"

WINDOW = 60.15
"""Seconds: the vendor's minute, and a four-hundredth for clocks that do not run alike."""

GIVEN_UP = 270.0
"""Seconds after which a call without a word is over: its process died, or has given up on it long ago."""

LAPSE = 3.0
"""Seconds without asking after which somebody who waits does not count as waiting any more."""

JITTER = 5.0
"""Over so many seconds those who were told to wait for the next minute come back."""

MOST_WAIT = timedelta(minutes=2)
"""As long a worker waits for one turn. While turns come, a run goes on."""

WORTH_TELLING = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many calls of a kind the vendor takes in a minute: of a project, and of each user of it."""

    project: int = 300
    user: int = 60

    def part(self, among: int) -> Sizes:
        """What each gets of it where so many count by themselves; one call at least."""
        return Sizes(max(self.project // among, 1), max(self.user // among, 1))


@dataclass
class Places:
    """
    Those of one limit. `taken` are tickets and when their places are free
    again, `waiting` runs and since when they wait and when they last asked.
    Places are kept for those who wait and have taken fewer.
    """

    size: int
    taken: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, tuple[float, float]] = field(default_factory=dict)
    held_until: float = 0.0
    _first_free_at: float = math.inf  # no place is free before

    def wait(self, who: str, now: float) -> float:
        """Seconds until *who* may take a place, as it looks now; puts them in line."""
        self._forget(now)
        since, _ = self.waiting.get(who, (now, now))
        self.waiting[who] = (since, now)
        if self.held_until > now:
            return self.held_until - now
        ahead = self._ahead_of(who)
        missing = ahead + 1 - (self.size - len(self.taken))
        if missing <= 0:
            return 0.0
        frees = sorted(self.taken.values())[missing - 1 : missing] or [now + WINDOW]
        return min(max(frees[0] - now, 0.05), WINDOW)

    def take(self, ticket: str, now: float) -> None:
        self.waiting.pop(owner(ticket), None)
        self._take_until(ticket, now + GIVEN_UP)

    def leave_line(self, who: str) -> None:
        self.waiting.pop(who, None)

    def give_back(self, ticket: str, now: float) -> None:
        """It has arrived by now."""
        if ticket in self.taken:
            self._take_until(ticket, min(self.taken[ticket], now + WINDOW))

    def undo(self, ticket: str) -> None:
        """It never left."""
        self.taken.pop(ticket, None)
        self.waiting.pop(owner(ticket), None)

    def hold(self, until: float) -> None:
        self.held_until = max(self.held_until, until)

    def _ahead_of(self, who: str) -> int:
        """How many places the others who wait may take before *who*: until they have as many; who came first, one more."""
        if len(self.waiting) == 1:
            return 0
        shares = Counter(owner(ticket) for ticket in self.taken)
        ours, since = shares[who], (self.waiting[who][0], who)
        return sum(
            max(ours - shares[run], 0) + (shares[run] <= ours and (began, run) < since)
            for run, (began, _) in self.waiting.items()
        )

    def _take_until(self, ticket: str, free_at: float) -> None:
        self.taken[ticket] = free_at
        self._first_free_at = min(self._first_free_at, free_at)

    def _forget(self, now: float) -> None:
        if self._first_free_at <= now:
            self.taken = {ticket: free for ticket, free in self.taken.items() if free > now}
            self._first_free_at = min(self.taken.values(), default=math.inf)
        self.waiting = {who: (since, seen) for who, (since, seen) in self.waiting.items() if seen > now - LAPSE}


class MemoryQuota:
    """
    Implements `interfaces.Quota` within this process. `of` gives the one of a
    user, `beside` the same for another run. Safe to share between threads.
    """

    def __init__(
        self, clock: Clock, sizes: Sizes | None = None, *, jitter: Callable[[], float] = random.random
    ) -> None:
        self._clock = clock
        self._sizes = sizes or Sizes()
        self._jitter = jitter
        self._lock = threading.Lock()
        self._places: dict[tuple[str, ...], Places] = {}
        self._project = self._user = ""
        self._who = new_name()

    def of(self, project: str, user: str) -> MemoryQuota:
        other = copy(self)
        vars(other).update(_project=project, _user=user, _who=new_name())
        return other

    def beside(self) -> MemoryQuota:
        return self.of(self._project, self._user)

    def before_call(self, kind: str, turn: Turn | None = None) -> Turn:
        turn = turn or Turn(new_ticket(kind, self._who))
        who = owner(turn.ticket)
        with self._lock:
            now = self._clock.monotonic()
            ours, all_ = self._of_user(kind), self._of_project(kind)
            pause = ours.wait(who, now)
            if pause:
                all_.leave_line(who)  # whoever may not go anyway keeps nobody else from it
                return later(turn, pause, is_told=ours.held_until > now)
            pause = all_.wait(who, now)
            if pause:
                return later(turn, pause, is_told=all_.held_until > now)
            for places in (ours, all_):
                places.take(turn.ticket, now)
        return Turn(turn.ticket)

    def after_call(self, turn: Turn, *, refused_by: str = "") -> None:
        kind = kind_of(turn)
        with self._lock:
            now = self._clock.monotonic()
            for scope, places in ((USER, self._of_user(kind)), (PROJECT, self._of_project(kind))):
                places.give_back(turn.ticket, now)
                if scope == refused_by:
                    places.hold(now + pause_of(self._clock, self._jitter))

    def leave(self, turn: Turn) -> None:
        kind = kind_of(turn)
        with self._lock:
            self._of_user(kind).undo(turn.ticket)
            self._of_project(kind).undo(turn.ticket)

    def note(self, turn: Turn) -> None:
        """A turn that was given elsewhere counts here, too."""
        kind = kind_of(turn)
        with self._lock:
            for places in (self._of_user(kind), self._of_project(kind)):
                places.take(turn.ticket, self._clock.monotonic())

    def _of_user(self, kind: str) -> Places:
        return self._places.setdefault((self._project, self._user, kind), Places(self._sizes.user))

    def _of_project(self, kind: str) -> Places:
        return self._places.setdefault((self._project, kind), Places(self._sizes.project))


def take(
    quota: Quota, kind: str, *, vendor: str, clock: Clock, tell: Tell = say_nothing, stop: Stop = never_stop
) -> Turn:
    """
    Wait for a turn, in slices.

    Raises:
        NotOurTurn: it did not come for so long that a worker should do something else.
        What *stop* raises.
    """
    began_at, turn, has_told = clock.monotonic(), quota.before_call(kind), False
    try:
        while turn.wait:
            _refuse_to_wait(turn, vendor, clock.monotonic() - began_at)
            if turn.wait >= WORTH_TELLING and not has_told:
                tell(f"{_WHY[turn.why].format(vendor=vendor)}: waiting {-(-turn.wait // timedelta(seconds=1))} s.")
                has_told = True
            wait(min(turn.wait, timedelta(seconds=1)), clock=clock, stop=stop)
            turn = quota.before_call(kind, turn)
    except BaseException:
        quota.leave(turn)
        raise
    return turn


def _refuse_to_wait(turn: Turn, vendor: str, waited: float) -> None:
    if waited < MOST_WAIT.total_seconds():
        return
    why = _WHY[turn.why].format(vendor=vendor)
    raise NotOurTurn(
        f"{why}, and other runs use up what there is, so this one waits for its turn.",
        hint="It begins anew by itself. If that happens often, let fewer importers start at the same time.",
        retry_after=MOST_WAIT,
    )


_WHY = {
    Hold.WINDOW: "{vendor} takes only so many requests a minute",
    Hold.TOLD: "{vendor} asks us to slow down",
}


def later(turn: Turn, seconds: float, *, is_told: bool) -> Turn:
    return Turn(turn.ticket, wait=timedelta(seconds=seconds), why=Hold.TOLD if is_told else Hold.WINDOW)


def pause_of(clock: Clock, jitter: Callable[[], float]) -> float:
    """Seconds until the vendor counts anew, as far as anybody knows, and a bit, so that not all come back at once."""
    now = clock.now().timestamp()
    return (math.floor(now / 60) + 1) * 60 - now + JITTER * jitter()


def new_name() -> str:
    return secrets.token_hex(6)


def new_ticket(kind: str, who: str) -> str:
    return f"{kind}:{who}:{new_name()}"


def owner(ticket: str) -> str:
    return ticket.split(":")[1]


def kind_of(turn: Turn) -> str:
    return turn.ticket.partition(":")[0]
