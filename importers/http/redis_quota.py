"""Limits by the minute for the calls of all processes, kept in Redis."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Mapping
from copy import copy
from datetime import timedelta
from importlib.resources import files
from typing import Any

from redis import Redis

from importers.http import quota
from importers.http.away import PROCESSES, Away
from importers.http.quota import MemoryQuota, Sizes, kind_of, new_name, new_ticket, pause_of
from importers.interfaces import Clock
from importers.model import Hold, Turn


class RedisQuota:
    """
    Implements `interfaces.Quota` wherever the calls are made. `of` gives the
    one of a user, `beside` the same for another run.

    *moment* says what time it is, the same for all; without it the Redis server
    does. While Redis is away each process keeps its own count, as
    `MemoryQuota`, of a small part of the limits; what it called meanwhile it
    tells Redis afterwards.
    """

    def __init__(
        self,
        redis: Redis,
        clock: Clock,
        sizes: Sizes | None = None,
        *,
        moment: Callable[[], float] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        sizes = sizes or Sizes()
        self._run = redis.register_script(files(__package__).joinpath("quota.lua").read_text(encoding="utf-8"))
        self._clock = clock
        self._moment = moment
        self._jitter = jitter
        self._twin = MemoryQuota(clock, sizes.part(PROCESSES), jitter=jitter)
        self._away = Away(clock)
        self._figures = json.dumps(
            {
                "user": sizes.user,
                "project": sizes.project,
                "window": quota.WINDOW,
                "given_up": quota.GIVEN_UP,
                "lapse": quota.LAPSE,
            }
        )
        self._whose = ("", "")
        self._who = new_name()
        self._alone: dict[str, list[str]] = {}

    def of(self, project: str, user: str) -> RedisQuota:
        other = copy(self)
        twin = self._twin.of(project, user)
        vars(other).update(_whose=(project, user), _who=new_name(), _twin=twin, _alone={})
        return other

    def beside(self) -> RedisQuota:
        return self.of(*self._whose)

    def before_call(self, kind: str, turn: Turn | None = None) -> Turn:
        turn = turn or Turn(new_ticket(kind, self._who))
        told = self._ask("ask", kind, {"ticket": turn.ticket, "alone": self._alone.get(kind, [])})
        if told is None:
            turn = self._twin.before_call(kind, turn)
            if not turn.wait:
                self._away.called_alone = True
                self._alone.setdefault(kind, []).append(turn.ticket)
            return turn
        self._alone.pop(kind, None)
        wait, why = told
        if not wait:
            self._twin.note(turn)  # so that it knows how much is taken when it is needed
        return Turn(turn.ticket, wait=timedelta(milliseconds=wait), why=Hold(why.decode()))

    def after_call(self, turn: Turn, *, refused_by: str = "") -> None:
        pause = pause_of(self._clock, self._jitter)
        self._ask("over", kind_of(turn), {"ticket": turn.ticket, "refused_by": refused_by, "pause": pause})
        self._twin.after_call(turn, refused_by=refused_by)

    def leave(self, turn: Turn) -> None:
        self._ask("leave", kind_of(turn), {"ticket": turn.ticket})
        self._twin.leave(turn)

    def _ask(self, action: str, kind: str, about: Mapping[str, Any]) -> Any:
        """What the script says; None while Redis is away."""
        now = "" if self._moment is None else repr(self._moment())
        arguments = [action, now, self._figures, json.dumps(about)]
        return self._away.unless(lambda: self._run(keys=self._keys(kind), args=arguments))

    def _keys(self, kind: str) -> list[str]:
        project, user = self._whose
        owners = (_name_of(project, user), _name_of(project))
        return [f"pipesheet:quota:{one}:{kind}:{name}" for one in owners for name in ("taken", "line", "since", "held")]


def _name_of(*whose: str) -> str:
    """From which nobody's address can be read."""
    return hashlib.sha256("\0".join(("pipesheet quota", *whose)).encode()).hexdigest()[:32]
