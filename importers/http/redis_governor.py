"""One budget for the calls of all processes, kept in Redis."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import asdict
from datetime import timedelta
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from importers.http import arrivals, book
from importers.http.away import PROCESSES, Away
from importers.http.governor import MemoryGovernor, new_name, to_reset
from importers.http.reported import budget_in, burst_in, in_text, read_from
from importers.http.said import said_by
from importers.interfaces import Clock
from importers.model import Hold, Standing, Turn

_TIMEOUT_SECONDS = 2.0

_PAUSE_SECONDS = 10.0
"""
How long nobody calls once Redis is back: until every process has noticed, and
what they called meanwhile does not count any more.
"""

_FIGURES = json.dumps(
    {
        "window": arrivals.WINDOW,
        "remembered": arrivals.REMEMBERED,
        "given_up": arrivals.GIVEN_UP,
        "settled": arrivals.SETTLED,
        "prudence": arrivals.PRUDENCE,
        "longest_way": arrivals.LONGEST_WAY,
        "learning": arrivals.LEARNING,
        "minute": arrivals.MINUTE,
        "assumed": book.ASSUMED,
        "soon": book.SOON,
        "missed": book.MISSED,
        "believed": book.BELIEVED,
        "probe": book.PROBE,
        "day": book.DAY,
        "pace": book.PACE,
        "cautious": book.CAUTIOUS,
        "less": book.LESS,
        "least": book.LEAST,
        "recovery": book.RECOVERY,
        "pause": _PAUSE_SECONDS,
        "idle": 60,  # seconds after the last call until its window is forgotten
        "kept": 7 * 86_400,  # what was learned about a token, and a line that may be long
        "told": 90 * 86_400,  # what answers said last, for people to look at
    }
)


def connect(url: str) -> Redis:
    """A client that would rather fail than keep a caller waiting."""
    return Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),  # once: a connection from before Redis restarted is found dead when used
    )


class RedisGovernor:
    """
    Implements `interfaces.Governor` for the calls of one token wherever they are made.

    *identity* says whose calls these are (see `identity_of`); it is no secret. *moment* says what time it is,
    the same for all; without it the Redis server does, so that the clocks of
    several machines need not agree: only how long a wait is, is measured here.

    While Redis is away each process keeps its own count, as `MemoryGovernor`, of
    a small part of the limit.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        identity: str,
        clock: Clock,
        twin: MemoryGovernor | None = None,
        moment: Callable[[], float] | None = None,
    ) -> None:
        self._identity = identity
        self._keys = _keys_of(identity, identity)
        self._assumed = book.ASSUMED
        self._run = redis.register_script(files(__package__).joinpath("governor.lua").read_text(encoding="utf-8"))
        self._clock = clock
        self._twin = twin or MemoryGovernor(clock, among=PROCESSES)
        self._moment = moment
        self._away = Away(clock)
        self._who = new_name()

    def beside(self, company: str | None = None, *, assumed: int | None = None) -> RedisGovernor:
        """As that of `MemoryGovernor`."""
        keys = self._keys if company is None else _keys_of(self._identity, company)
        twin, other = self._twin.beside(company, assumed=assumed), copy(self)
        vars(other).update(_who=new_name(), _twin=twin, _keys=keys, _assumed=assumed or book.ASSUMED)
        return other

    def before_call(self, *, cost: int = 0, turn: Turn | None = None) -> Turn:
        turn = turn or Turn(f"{self._who}:{new_name()}")
        about = {"ticket": turn.ticket, "place": turn.place, "who": self._who, "cost": cost, "assumed": self._assumed}
        told = self._ask("ask", about)
        if told is None:
            self._away.called_alone = True
            return self._twin.before_call(cost=cost, turn=turn)
        wait, why, place, self._away.let_go = told
        return Turn(turn.ticket, int(place), timedelta(milliseconds=wait), Hold(why.decode()))

    def after_call(self, headers: Mapping[str, str], *, status: int = 200, turn: Turn | None = None) -> timedelta:
        said = said_by(headers, status, now=self._clock.now())
        known = {name: value for name, value in asdict(said).items() if value is not None}
        told = {
            "burst": in_text(burst_in(said, self._clock.now())),
            "budget": in_text(budget_in(said, self._clock.now())),
        }
        held = self._ask("hear", {"ticket": turn.ticket if turn else "", "said": known, "told": told})
        # The twin hears everything, so that it knows the limit when it is needed.
        ours = self._twin.after_call(headers, status=status, turn=turn)
        return ours if held is None else timedelta(milliseconds=held)

    def leave(self, turn: Turn) -> None:
        self._ask("leave", {"ticket": turn.ticket})
        self._twin.leave(turn)

    def block(self, span: timedelta) -> None:
        self._ask("block", {"span": span.total_seconds()})
        self._twin.block(span)

    def standing(self) -> Standing:
        found = self._ask("standing", {})
        if found is None:
            return self._twin.standing()
        burst, budget, blocked, spent = found
        spans = (timedelta(milliseconds=blocked), timedelta(milliseconds=spent))
        return Standing(read_from(burst), read_from(budget), *spans)

    def _ask(self, action: str, about: Mapping[str, Any]) -> Any:
        """What the script says; None while Redis is away."""
        now = "" if self._moment is None else repr(self._moment())
        about = {**about, "known": self._away.let_go, "called_alone": self._away.called_alone}
        arguments = [action, now, repr(to_reset(self._clock)), _FIGURES, json.dumps(about)]
        return self._away.unless(lambda: self._run(keys=self._keys, args=arguments))


def _keys_of(identity: str, company: str) -> list[str]:
    token, allowance = f"pipesheet:limit:{identity}", f"pipesheet:allowance:{company}"
    of_both = (*(f"{token}:{name}" for name in ("calls", "line", "due", "last", "token")), allowance)
    return [*of_both, f"{token}:told", f"{allowance}:told", f"{token}:arrived", f"{token}:runs"]
