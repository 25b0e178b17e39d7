"""What goes wrong, and when: by chance, and the same for the same seed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Protocol

import requests

from tests.chaos.hours import Hours
from tests.chaos.notices import Outage
from tests.chaos.parts import Supervisor
from tests.chaos.receivers import Webhook
from tests.chaos.wires import Wire

WORKERS, CLOCKS = ("worker1", "worker2"), ("clock1", "clock2")
_BATCH = "/v4/spreadsheets/*:batchUpdate"


class Database(Protocol):
    def crash(self) -> None: ...
    def start(self) -> None: ...


@dataclass
class World:
    """All that can be broken; `outages` is when something died that sends notices."""

    supervisor: Supervisor
    pipedrive: Wire
    google: Wire
    pipedrive_at: str
    google_at: str
    hours: Hours
    webhook: Webhook
    wipe_redis: Callable[[], None]
    flush_redis: Callable[[], None]
    database: Database | None
    cancel_one: Callable[[float], None]
    send_all_again: Callable[[], None]
    workbook_held: Callable[[], AbstractContextManager[None]]
    who_waits_for_it: Callable[[], tuple[str, int] | None]
    carried_out: Callable[[int], bool]
    look: Callable[[], None]
    outages: list[Outage] = field(default_factory=list)


Deed = Callable[[World, float], None]


@dataclass(frozen=True)
class Disaster:
    """One that is planned: `chance` from 0 to 1 chooses what there is to choose."""

    at: float
    name: str
    chance: float

    def __str__(self) -> str:
        return f"{self.at:6.2f} {self.name} ({self.chance:.4f})"

    def strike(self, world: World) -> None:
        DEEDS[self.name](world, self.chance)


def planned(chance: Random, seconds: float, *, every: float, has_server: bool) -> list[Disaster]:
    """Deck after deck of all there are, each shuffled: none is left out for long."""
    names = [name for name in DEEDS if has_server or name != "database crashes"]
    at, plan = every, list[Disaster]()
    for name in _decks(chance, names):
        if at > seconds:
            break
        plan.append(Disaster(round(at, 2), name, round(chance.random(), 4)))
        at += every + (_FREEZES_WITHIN if name == _FREEZE else 0)
    return plan


def _decks(chance: Random, names: list[str]) -> Iterator[str]:
    """First those that let whoever takes over from a frozen worker do so."""
    while True:
        gentle = [name for name in names if name in _GENTLE]
        others = [name for name in names if name not in _GENTLE and name != _FREEZE]
        chance.shuffle(gentle)
        chance.shuffle(others)
        yield from (_FREEZE, *gentle, *others)


# --- processes ---


def _kill(names: tuple[str, ...], number: int) -> Deed:
    def strike(world: World, chance: float) -> None:
        name = names[int(chance * len(names))]
        with _outage(world, name in CLOCKS and number == signal.SIGKILL):
            world.supervisor[name].send(number)

    return strike


def _kill_group(world: World, chance: float) -> None:
    world.supervisor[WORKERS[int(chance * len(WORKERS))]].send_all(signal.SIGKILL)


def _kill_child(world: World, chance: float) -> None:
    part = world.supervisor[WORKERS[int(chance * len(WORKERS))]]
    child = part.child(chance * len(WORKERS) % 1)
    if child is not None:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _stop(world: World, chance: float) -> None:
    """While answers take long, so that its runs are not over in time and must be handed back."""
    fault = {"kind": "slow", "seconds": 2.5, "count": 12, "method": "GET"}
    _lay_out(f"{world.pipedrive_at}/_sandbox/faults", fault)
    time.sleep(1)
    world.supervisor[WORKERS[int(chance * len(WORKERS))]].send(signal.SIGTERM)


def _freeze(world: World, chance: float) -> None:
    """
    For longer than its silence is borne, so that its runs are another's when it wakes. If it can be, right before it
    writes a workbook, and until another one has written it, for which the story is a worker itself: what it has read by
    then is old when it wakes.
    """
    with ExitStack() as until_it_wakes:
        with world.workbook_held():
            ends = time.monotonic() + _FREEZES_WITHIN
            while not (waits := world.who_waits_for_it()) and time.monotonic() < ends:
                time.sleep(0.1)
            name, run_id = waits or (WORKERS[int(chance * len(WORKERS))], 0)
            until_it_wakes.enter_context(world.supervisor[name].frozen())
        time.sleep(11)
        ends = time.monotonic() + 15
        while run_id and not world.carried_out(run_id) and time.monotonic() < ends:
            time.sleep(0.3)
    for _ in range(4):
        time.sleep(0.3)
        world.look()


def _hour_without_clocks(world: World, chance: float) -> None:
    with _outage(world, True):
        for name in CLOCKS:
            world.supervisor.hold(name)
    with suppress(Exception):
        world.hours.nothing_ran_for(timedelta(hours=1))
    for name in CLOCKS:
        world.supervisor.release(name)


@contextmanager
def _outage(world: World, counts: bool = True) -> Iterator[None]:
    begins = time.monotonic()
    yield
    if counts:
        world.outages.append(Outage(begins, time.monotonic()))


# --- Redis and the database ---


def _kill_redis(world: World, chance: float) -> None:
    world.supervisor["redis"].send(signal.SIGKILL)


def _lose_redis(world: World, chance: float) -> None:
    world.supervisor.hold("redis")
    world.wipe_redis()
    world.supervisor.release("redis")


def _flush_redis(world: World, chance: float) -> None:
    with suppress(Exception):
        world.flush_redis()


def _crash_database(world: World, chance: float) -> None:
    assert world.database
    with _outage(world):
        world.database.crash()
        time.sleep(0.5 + chance)
        world.database.start()


# --- the network and the vendors ---


def _cut_off(which: str, how: str, seconds: float) -> Deed:
    def strike(world: World, chance: float) -> None:
        wire: Wire = getattr(world, which)
        getattr(wire, how)()
        time.sleep(seconds)
        wire.heal()

    return strike


def _pipedrive_fails(world: World, chance: float) -> None:
    faults: tuple[dict[str, Any], ...] = (
        {"kind": "server_error", "count": 6},
        {"kind": "rate_limit", "count": 3, "seconds": 1},
        {"kind": "cut", "count": 4},
        {"kind": "truncate", "count": 4},
    )
    _lay_out(f"{world.pipedrive_at}/_sandbox/faults", {"method": "GET", **faults[int(chance * len(faults))]})


def _google_fails(world: World, chance: float) -> None:
    faults: tuple[dict[str, Any], ...] = (
        {"kind": "server_error", "count": 4, "status": 503},
        {"kind": "cut", "count": 3},
        {"kind": "rate_limit", "count": 2},
    )
    fault = {"method": "POST", "path": _BATCH, **faults[int(chance * len(faults))]}
    _lay_out(f"{world.google_at}/_sandbox/google/faults", fault)


def _google_loses_answers(world: World, chance: float) -> None:
    faults: tuple[dict[str, Any], ...] = ({"kind": "cut_after", "count": 3}, {"kind": "late", "count": 2, "seconds": 4})
    fault = {"method": "POST", "path": _BATCH, **faults[int(chance * len(faults))]}
    _lay_out(f"{world.google_at}/_sandbox/google/faults", fault)


def _lay_out(address: str, fault: Mapping[str, Any]) -> None:
    requests.post(address, json=fault, timeout=30).raise_for_status()


def _webhook_fails(world: World, chance: float) -> None:
    world.webhook.is_in_trouble = True
    time.sleep(3)
    world.webhook.is_in_trouble = False


def _send_again(world: World, chance: float) -> None:
    """Of runs that wait, that work, and that are over: as after a worker or a broker that remembers what is done already."""
    with suppress(Exception):
        world.send_all_again()


def _cancel(world: World, chance: float) -> None:
    world.cancel_one(chance)


_FREEZE = "a worker freezes"
_FREEZES_WITHIN = 3.0
"""Seconds until it comes to that: before nothing else happens."""

_GENTLE = (
    "a clock is killed",
    "a clock is told to stop",
    "the web is killed",
    "the web is told to stop",
    "all messages come once more",
    "Google refuses connections",
    "Google is silent",
    "connections to Google are reset",
    "Google fails",
    "Google loses answers",
    "the receiver of notices fails",
)
"""What does not keep workers from reading Pipedrive and writing workbooks."""

DEEDS: Mapping[str, Deed] = {
    "a worker is killed": _kill(WORKERS, signal.SIGKILL),
    "a worker is killed with its children": _kill_group,
    "a child of a worker is killed": _kill_child,
    "a worker is told to stop": _stop,
    _FREEZE: _freeze,
    "a clock is killed": _kill(CLOCKS, signal.SIGKILL),
    "a clock is told to stop": _kill(CLOCKS, signal.SIGTERM),
    "an hour without clocks": _hour_without_clocks,
    "the web is killed": _kill(("web",), signal.SIGKILL),
    "the web is told to stop": _kill(("web",), signal.SIGTERM),
    "Redis is killed": _kill_redis,
    "Redis is killed and loses its data": _lose_redis,
    "Redis is flushed": _flush_redis,
    "all messages come once more": _send_again,
    "database crashes": _crash_database,
    "Pipedrive refuses connections": _cut_off("pipedrive", "refuse", 3),
    "Pipedrive is silent": _cut_off("pipedrive", "silence", 4),
    "connections to Pipedrive are reset": _cut_off("pipedrive", "reset", 0),
    "Pipedrive fails": _pipedrive_fails,
    "Google refuses connections": _cut_off("google", "refuse", 3),
    "Google is silent": _cut_off("google", "silence", 4),
    "connections to Google are reset": _cut_off("google", "reset", 0),
    "Google fails": _google_fails,
    "Google loses answers": _google_loses_answers,
    "the receiver of notices fails": _webhook_fails,
    "somebody cancels a run": _cancel,
}
