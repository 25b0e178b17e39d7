"""Why a run that is queued has not begun, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importers.interfaces import Clock, Store
from importers.model import Actor, Place, Run, Status
from importers.services.health import is_heard_of

NO_WORKER = "No worker is running, so runs wait in the queue."
NO_WORKER_HINT = "Start everything with `pipesheet up`, or a worker as the Procfile says; `pipesheet check` tells more."


@dataclass(frozen=True, slots=True)
class Holdup:
    """`text` is a sentence, `short` the same for a list; `hint` is what to do, empty where waiting is all there is."""

    short: str
    text: str
    hint: str = ""


class Queueing:
    """Cheap enough to be asked every second: nobody but the store is."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def of(self, run: Run) -> Holdup | None:
        """None unless it is queued."""
        if run.status is not Status.QUEUED:
            return None
        place = self._store.place_of(run.workspace_id, run.id)
        return holdup(place, has_worker=self._has_worker()) if place else None

    def all(self, actor: Actor) -> Mapping[int, Holdup]:
        """Of every queued run of the workspace, by its id."""
        has_worker = self._has_worker()
        places = self._store.places(actor.workspace.id)
        return {run_id: holdup(place, has_worker=has_worker) for run_id, place in places.items()}

    def _has_worker(self) -> bool:
        return is_heard_of("worker", self._store.process_beats(), self._clock.now())


def holdup(place: Place, *, has_worker: bool) -> Holdup:
    if not has_worker:
        return Holdup("No worker is running", NO_WORKER, NO_WORKER_HINT)
    if not (place.is_held and place.at_work):
        return Holdup("Waits for a free worker", "It waits for a free worker.")
    account = "Google account" if place.writes else "Pipedrive account"
    are = f"1 run of this {account} is" if place.at_work == 1 else f"{place.at_work:,} runs of this {account} are"
    if not place.ahead:
        return Holdup("Next of its account", f"{are} at work; this one is next.")
    go = "1 other goes" if place.ahead == 1 else f"{place.ahead:,} others go"
    return Holdup(f"{place.ahead:,} before this one", f"{are} at work, and {go} before this one.")
