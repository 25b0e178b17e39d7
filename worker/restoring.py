"""
A mend of Kombu's Redis transport, 5.7: a worker outlives Redis.

When Redis goes away Celery closes its connection twice, and the second time
Kombu may want to put back what is not acknowledged yet, over a connection that
is no more. It falls over that, and with it the worker, though nothing needs to
be put back: the database says what is to be run, and the clock hands it over again.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis


class QoS(redis.QoS):
    def restore_unacked(self, client: Any = None) -> None:
        if self.channel.connection.client is None:
            self._delivered.clear()
            return
        super().restore_unacked(client)  # type: ignore[no-untyped-call]


def mend() -> None:
    redis.Channel.QoS = QoS
