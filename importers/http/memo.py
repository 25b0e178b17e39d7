"""What is worth knowing for a while, and harmless to forget."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from redis import Redis
from redis.exceptions import RedisError

from importers.interfaces import Clock, Memo

V = TypeVar("V")

_MOST = 1000
_A_MINUTE = timedelta(minutes=1)


def remembered(memo: Memo, key: str, find: Callable[[], V], shape: Any) -> V:
    """What *find* says, or said less than a minute ago, to whomever. *shape* is its type."""
    kept = memo.get(key)
    if kept is not None:
        try:
            known: V = msgspec.json.decode(kept, type=shape)
        except msgspec.MsgspecError:
            pass  # written by another version
        else:
            return known
    found = find()
    memo.put(key, msgspec.json.encode(found), _A_MINUTE)
    return found


class MemoryMemo:
    """Implements `interfaces.Memo` for this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            until, value = self._kept.get(key, (0.0, b""))
            return value if until > self._clock.monotonic() else None

    def put(self, key: str, value: bytes, span: timedelta) -> None:
        with self._lock:
            self._kept[key] = (self._clock.monotonic() + span.total_seconds(), value)
            self._kept.move_to_end(key)
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)


class RedisMemo:
    """Implements `interfaces.Memo` for all processes together. Forgets everything while Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def get(self, key: str) -> bytes | None:
        try:
            found = self._redis.get(f"pipesheet:memo:{key}")
        except (RedisError, OSError):
            return None
        return found if isinstance(found, bytes) else None

    def put(self, key: str, value: bytes, span: timedelta) -> None:
        try:
            self._redis.set(f"pipesheet:memo:{key}", value, px=max(int(span.total_seconds() * 1000), 1))
        except (RedisError, OSError):
            return
