"""
`python -m worker.clock`: asks, every second, what is due.

A process of its own rather than a task: in a worker busy with imports a tick
would stand in line behind them, and nobody would notice that the worker next
door died. The database decides what is due, so any number of clocks may run.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Sequence

from importers.interfaces import Clock
from importers.services import Services
from worker.process import beat, build_services, log_trouble, settings_or_exit

log = logging.getLogger(__name__)

TICK_EVERY = 1.0
"""Seconds between two looks at what is due."""

NOTIFY_EVERY = 5.0
"""Seconds between two looks at what is to be told, and at what is to be sent."""

SENDERS = 4
"""Letters under way at the same time; of one workspace there are fewer (`posting.MOST_OF_ONE`)."""

ARRIVE_WITHIN = 3.0
"""Seconds for what is under way when the clock is to stop; what takes longer is sent again by whoever comes next."""

THIN_EVERY = 60.0
"""Seconds between two looks at what is old enough to be forgotten."""


def run(services: Services, stopping: threading.Event, *, every: float = TICK_EVERY) -> None:
    """Tick until *stopping*. Trouble in one tick is logged, and the next comes a little later."""
    while not stopping.is_set():
        went_well = tick(services)
        if went_well:
            mark(services)
        stopping.wait(every if went_well else every * 10)


def sweep(services: Services) -> None:
    """Once, at the start: what a process that was killed could not put away."""
    try:
        swept = services.importers.sweep()
    except Exception as error:  # noqa: BLE001  # the edge
        log_trouble(error, "What deleted importers left could not be removed; the next start tries again.")
        return
    if swept:
        log.info("Removed what %d deleted importers had remembered.", swept)


def tick(services: Services) -> bool:
    """Queue what is due; whether that went well."""
    try:
        ticked = services.scheduling.tick()
    except Exception as error:  # noqa: BLE001  # the edge
        log_trouble(error, "The clock could not look at what is due; it tries again.")
        return False
    if ticked.due or ticked.woken or ticked.rescued:
        log.info("Queued runs: %s due, %s woken, %s rescued.", ticked.due, ticked.woken, ticked.rescued)
    return True


def mark(services: Services) -> None:
    """Note that a round was done: how one that comes after a gap is known."""
    try:
        services.noticing.mark()
    except Exception as error:  # noqa: BLE001  # the edge
        log_trouble(error, "That the clock did its round could not be noted.")


def look(services: Services, stopping: threading.Event, *, every: float = NOTIFY_EVERY) -> None:
    """Look for what is to be told until *stopping*."""
    while not stopping.is_set():
        try:
            services.noticing.look()
        except Exception as error:  # noqa: BLE001  # the edge
            log_trouble(error, "What is to be told could not be looked for; the next round tries again.")
        stopping.wait(every)


def send(services: Services, stopping: threading.Event, *, every: float = NOTIFY_EVERY) -> None:
    """Send what is to be told until *stopping*. In several threads of their own, because a channel may be slow to answer."""
    while not stopping.is_set():
        try:
            services.posting.send_due(until=stopping.is_set)
        except Exception as error:  # noqa: BLE001  # the edge
            log_trouble(error, "Notices could not be sent; the next round tries again.")
        stopping.wait(every)


def thin(services: Services, stopping: threading.Event, *, every: float = THIN_EVERY) -> None:
    """Forget what is old until *stopping*. In a thread of its own, because the first time there may be much of it."""
    while not stopping.is_set():
        try:
            forgotten = services.upkeep.thin()
        except Exception as error:  # noqa: BLE001  # the edge
            log_trouble(error, "What is old could not be forgotten; the next round tries again.")
        else:
            if forgotten:
                log.info("Forgot what %d old runs had told.", forgotten)
        stopping.wait(every)


def main() -> None:
    settings = settings_or_exit()
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(message)s")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    services = build_services(settings)
    threading.Thread(target=beat, args=(services, "clock", stopping), name="beat", daemon=True).start()
    threading.Thread(target=thin, args=(services, stopping), name="thin", daemon=True).start()
    threading.Thread(target=look, args=(services, stopping), name="look", daemon=True).start()
    senders = [
        threading.Thread(target=send, args=(services, stopping), name="send", daemon=True) for _ in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    sweep(services)
    log.info("The clock is ticking.")
    run(services, stopping)
    leave(senders, services.clock)


def leave(senders: Sequence[threading.Thread], clock: Clock, *, within: float = ARRIVE_WITHIN) -> None:
    """Let what is under way arrive, if that does not take long."""
    ends_at = clock.monotonic() + within
    for sender in senders:
        sender.join(timeout=max(0.0, ends_at - clock.monotonic()))


if __name__ == "__main__":
    main()
