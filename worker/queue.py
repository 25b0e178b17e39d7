"""Hands run ids to the workers. Loads no task, so that pages can queue without loading what runs them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from celery import Celery
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import RedisError

from importers.errors import InvalidSettings

log = logging.getLogger(__name__)

QUEUE = "pipesheet"
RUN_IMPORT = "worker.tasks.run_import"

_AT_ONCE, _IN_TURN = 0, 3
"""Priorities, as Redis has them: workers look into the list of the first before that of the second."""


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
            self._app.send_task(RUN_IMPORT, [run_id], ignore_result=True, priority=_AT_ONCE)
        except OperationalError as error:
            log.warning(
                "Run %s stays queued: Redis cannot be reached (%s). The clock hands it over again later.",
                run_id,
                error,
            )

    def run_imports(self, run_ids: Sequence[int]) -> None:
        """All of them by one pipeline, which is much faster than one after the other."""
        trouble: Exception | None = None
        for _ in range(2):  # a connection from before Redis restarted is found dead only when it is used
            try:
                self._send_batch(run_ids)
            except (KombuError, RedisError, OSError) as error:
                trouble = error
            else:
                return
        log.warning(
            "%d runs stay queued: Redis cannot be reached (%s). The clock hands them over again later.",
            len(run_ids),
            trouble,
        )

    def waiting(self) -> int | None:
        try:
            with self._app.producer_or_acquire() as producer:
                declared = self._app.amqp.queues[QUEUE](producer.channel).queue_declare()
        except (KombuError, RedisError, OSError):
            return None
        return int(declared.message_count)

    def _send_batch(self, run_ids: Sequence[int]) -> None:
        with self._app.producer_or_acquire() as producer, producer.batch(max_size=len(run_ids)):
            for run_id in run_ids:
                self._app.send_task(
                    RUN_IMPORT,
                    [run_id],
                    ignore_result=True,
                    priority=_IN_TURN,
                    producer=producer,
                    # What would be worked out anew for every message.
                    declare=[],
                    argsrepr=f"[{run_id}]",
                    kwargsrepr="{}",
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
