"""Hands run ids to the workers. Loads no task, so that pages can queue without loading what runs them."""

from __future__ import annotations

import logging

from celery import Celery
from kombu.exceptions import OperationalError

from importers.errors import InvalidSettings

log = logging.getLogger(__name__)

QUEUE = "pipesheet"
RUN_IMPORT = "worker.tasks.run_import"


class CeleryQueue:
    """
    Implements `importers.interfaces.Queue` by the task's name.

    A broker that cannot be reached is told in the log and nowhere else: the
    run stands as queued in the database, and the clock queues it again.
    """

    def __init__(self, redis_url: str) -> None:
        self._app = Celery("pipesheet", broker=broker_url(redis_url), set_as_current=False)
        self._app.conf.update(
            task_default_queue=QUEUE,
            task_ignore_result=True,
            # Never waits: a page must answer while Redis is away. One more try, at once, because a
            # connection from before Redis restarted is found dead only when it is used.
            task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0},
            broker_transport_options={"max_retries": 0, "socket_connect_timeout": 2, "socket_timeout": 2},
        )

    def run_import(self, run_id: int) -> None:
        try:
            self._app.send_task(RUN_IMPORT, [run_id], ignore_result=True)
        except OperationalError as error:
            log.warning(
                "Run %s stays queued: Redis cannot be reached (%s). The clock hands it over again later.",
                run_id,
                error,
            )


def broker_url(redis_url: str) -> str:
    """
    The same server in Celery's words, which calls a Unix socket redis+socket.

    Raises InvalidSettings when there is none: Celery would look elsewhere.
    """
    if not redis_url:
        raise InvalidSettings(
            "REDIS_URL is not set.",
            hint="Set it, or start everything with `pipesheet up`, which brings a Redis along.",
        )
    return redis_url.replace("unix://", "redis+socket://", 1)
