""" "Something new happened to run X": over Redis between processes, in memory within one."""

from __future__ import annotations

import logging
from collections import defaultdict

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from importers.interfaces import Clock

logger = logging.getLogger(__name__)

_CHANNEL = "pipesheet:run:{}"
_LOOK_SECONDS = 0.05
_TIMEOUT_SECONDS = 2.0
_SILENT_SECONDS = 5.0


class RedisDoorbell:
    """
    Implements `interfaces.Doorbell` by publish and subscribe.

    While Redis is away nobody rings and `wait` just waits: the doorbell saves
    time, nothing depends on it. After a failure it is left alone for a few
    seconds, so that an address that swallows calls does not slow the ringer.
    """

    def __init__(self, url: str, *, clock: Clock) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),  # once: a connection from before Redis restarted is found dead when used
        )
        self._clock = clock
        self._silent_until = 0.0

    def ring(self, run_id: int) -> None:
        if self._clock.monotonic() < self._silent_until:
            return
        try:
            self._redis.publish(_CHANNEL.format(run_id), b"!")
        except (RedisError, OSError) as error:
            self._silent_until = self._clock.monotonic() + _SILENT_SECONDS
            logger.debug("the doorbell did not ring: %s", type(error).__name__)

    def wait(self, run_id: int, seconds: float) -> None:
        started = self._clock.monotonic()
        try:
            self._listen(run_id, seconds)
        except (RedisError, OSError) as error:
            logger.debug("the doorbell is away: %s", type(error).__name__)
            self._clock.sleep(max(0.0, seconds - (self._clock.monotonic() - started)))

    def ping(self) -> None:
        """Raises RedisError or OSError when Redis does not answer."""
        self._redis.ping()

    def close(self) -> None:
        self._redis.close()

    def _listen(self, run_id: int, seconds: float) -> None:
        started = self._clock.monotonic()
        with self._redis.pubsub(ignore_subscribe_messages=True) as ear:  # type: ignore[no-untyped-call]  # redis types it not
            ear.subscribe(_CHANNEL.format(run_id))
            while (left := seconds - (self._clock.monotonic() - started)) > 0:
                if ear.get_message(timeout=left):
                    return


class MemoryDoorbell:
    """Implements `interfaces.Doorbell` within one process; looks twenty times a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rings: defaultdict[int, int] = defaultdict(int)

    def ring(self, run_id: int) -> None:
        self._rings[run_id] += 1

    def wait(self, run_id: int, seconds: float) -> None:
        heard = self._rings[run_id]
        ends_at = self._clock.monotonic() + seconds
        while self._rings[run_id] == heard and self._clock.monotonic() < ends_at:
            self._clock.sleep(min(_LOOK_SECONDS, seconds))

    def close(self) -> None:
        """Nothing to close."""
