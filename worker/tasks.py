"""What a message asks for. The services do it."""

from __future__ import annotations

from celery import current_app, shared_task

from worker.queue import RUN_IMPORT


@shared_task(name=RUN_IMPORT)
def run_import(run_id: int) -> None:
    current_app.services.runs.execute(run_id)
