"""What a message asks for. The services do it."""

from __future__ import annotations

from celery import current_app, shared_task

from importers.errors import ImporterError
from worker.process import log_trouble
from worker.queue import RUN_IMPORT


@shared_task(name=RUN_IMPORT)
def run_import(run_id: int) -> None:
    try:
        current_app.brought().runs.execute(run_id)
    except ImporterError as error:
        # As when the database is away; the run stands in it, and the clock finds what became of it.
        log_trouble(error, f"Run {run_id} could not be taken up or ended; the clock looks after it.")
