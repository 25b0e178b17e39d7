"""How Celery is told to behave, each option with its reason."""

from __future__ import annotations

import socket
from typing import Any

from worker.queue import QUEUE

# After half a minute without a sign whoever is at the other end is gone: a host whose cable was pulled out says nothing,
# and by itself the system would wait for it for a quarter of an hour, and with nothing to send for two hours.
_VANISHED = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000}

OPTIONS: dict[str, Any] = {
    # A queue of our own, so that a Redis shared with another Celery does not mix the two.
    "task_default_queue": QUEUE,
    # A message holds a run id: JSON suffices, and pickle would let whoever reaches Redis run code.
    "task_serializer": "json",
    "accept_content": ["json"],
    # The database says how a run went; results in Redis would be a second, weaker truth.
    "result_backend": None,
    "task_ignore_result": True,
    # A message is acknowledged when its run is over, so a worker that loses its machine does not
    # take the message with it. Delivered twice it does no harm: a run is claimed in the database.
    "task_acks_late": True,
    # The same when only the process of one run is killed, by the kernel short of memory say.
    "task_reject_on_worker_lost": True,
    # One run per process and none in the bag: what waits here behind a long run, another worker
    # could be doing.
    "worker_prefetch_multiplier": 1,
    "broker_transport_options": {
        # After that long Redis hands an unacknowledged message out again. Longer than any sound
        # run; one whose worker died is noticed far earlier, by its heartbeat.
        "visibility_timeout": 12 * 60 * 60,
        # A connection that died without a word is found by asking, not by hanging on it.
        "socket_keepalive": True,
        "socket_keepalive_options": {
            getattr(socket, name): value for name, value in _VANISHED.items() if hasattr(socket, name)
        },
        "health_check_interval": 30,
    },
    # Worker and Redis start side by side under `pipesheet up`: wait for it instead of giving up.
    "broker_connection_retry_on_startup": True,
    # And however long Redis is away, come back when it does.
    "broker_connection_max_retries": None,
    # Losing Redis for a moment is no reason to abandon a run: it needs the database, not Redis.
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    # No limit: a large account on a small daily budget may read for hours. What hangs is found by
    # the run's heartbeat.
    "task_time_limit": None,
    # Runs wait for the network far more than they compute: more of them than a laptop has cores.
    "worker_concurrency": 4,
    # Python returns memory to the system reluctantly: a fresh process now and then, and at once
    # after a run that grew past 400 MB (counted in kB).
    "worker_max_tasks_per_child": 200,
    "worker_max_memory_per_child": 400_000,
    # Nobody listens to task events; they would only wake Redis.
    "worker_send_task_events": False,
    # `pipesheet up`, journald or the platform puts the time in front already.
    "worker_log_format": "%(levelname)s %(message)s",
    "worker_task_log_format": "%(levelname)s %(message)s",
}
