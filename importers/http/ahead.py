"""Fetching one item while the last one is being worked on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from importers.interfaces import Stop, Tell

T = TypeVar("T")

_LOOK_UP_EVERY = 0.5
"""Seconds the reader waits for an item before it asks again whether to stop."""

_LAST_MOMENT = 0.5
"""Seconds a reader who leaves gives the thread to end; it ends by itself when its call does."""


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _Told:
    text: str


@dataclass(frozen=True, slots=True)
class _Check:
    """The producer asks whether to stop, and waits for the answer."""


@dataclass(frozen=True, slots=True)
class _Over:
    error: BaseException | None


class _Abandoned(Exception):
    """Nobody reads any more."""


@dataclass
class _Line(Generic[T]):
    """What the two threads share."""

    messages: SimpleQueue[_Item[T] | _Told | _Check | _Over] = field(default_factory=SimpleQueue)
    permits: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1))
    answers: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    abandoned: bool = False

    def abandon(self) -> None:
        self.abandoned = True
        self.permits.release()
        self.answers.release()


Produce = Callable[[Tell, Stop], Iterator[T]]


def read_ahead(produce: Produce[T], *, tell: Tell, stop: Stop) -> Generator[T]:
    """
    Yield what `produce(tell, stop)` yields, made one item ahead in a thread.

    At most one finished item waits. *tell* and *stop* are only ever called in
    the caller's thread: while the producer waits for somebody else it asks the
    caller whether to stop, and the caller asks by itself while it waits for
    the producer. Errors of the producer are raised here.
    """
    line: _Line[T] = _Line()
    thread = threading.Thread(target=_run, args=(line, produce), name="read-ahead", daemon=True)
    thread.start()
    try:
        yield from _receive(line, tell, stop)
    finally:
        line.abandon()
        thread.join(_LAST_MOMENT)


def _receive(line: _Line[T], tell: Tell, stop: Stop) -> Iterator[T]:
    while True:
        match _next_message(line, stop):
            case _Item(value):
                line.permits.release()
                yield value
            case _Told(text):
                tell(text)
            case _Check():
                stop()
                line.answers.release()
            case _Over(error):
                if error is not None:
                    raise error
                return


def _next_message(line: _Line[T], stop: Stop) -> _Item[T] | _Told | _Check | _Over:
    while True:
        try:
            return line.messages.get(timeout=_LOOK_UP_EVERY)
        except Empty:
            stop()


def _run(line: _Line[T], produce: Produce[T]) -> None:
    def tell(text: str) -> None:
        line.messages.put(_Told(text))

    def stop() -> None:
        line.messages.put(_Check())
        line.answers.acquire()
        _leave_if_abandoned(line)

    try:
        _produce(line, produce(tell, stop))
        line.messages.put(_Over(None))
    except _Abandoned:
        pass
    except BaseException as error:  # noqa: BLE001 - raised again in the reader's thread
        line.messages.put(_Over(error))


def _produce(line: _Line[T], items: Iterator[T]) -> None:
    while True:
        line.permits.acquire()
        _leave_if_abandoned(line)
        try:
            item = next(items)
        except StopIteration:
            return
        line.messages.put(_Item(item))


def _leave_if_abandoned(line: _Line[T]) -> None:
    if line.abandoned:
        raise _Abandoned
