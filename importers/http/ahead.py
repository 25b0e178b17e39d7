"""Fetching items in threads of their own while the last one is being worked on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from importers.interfaces import Stop, Tell, never_stop

T = TypeVar("T")

_LOOK_UP_EVERY = 0.25
"""Seconds anybody waits for another thread before looking whether it is still worth it."""

_LAST_MOMENT = 0.5
"""Seconds a reader who leaves gives the threads to end; each ends by itself when its call does."""


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _Told:
    text: str


@dataclass(frozen=True, slots=True)
class _Check:
    """A producer asks whether to stop, and waits for the answer."""

    answered: threading.Event


@dataclass(frozen=True, slots=True)
class _Over:
    error: BaseException | None


class _AbandonedError(Exception):
    """Nobody reads any more."""


class _Line(Generic[T]):
    """What the reader and its producers share: at most *ahead* items are in the making or wait to be read."""

    def __init__(self, ahead: int) -> None:
        self.messages: SimpleQueue[_Item[T] | _Told | _Check | _Over] = SimpleQueue()
        self.permits = threading.Semaphore(ahead)
        self.is_abandoned = False

    def tell(self, text: str) -> None:
        self.messages.put(_Told(text))

    def stop(self) -> None:
        check = _Check(threading.Event())
        self.messages.put(check)
        while not check.answered.wait(_LOOK_UP_EVERY):
            self.leave_if_abandoned()
        self.leave_if_abandoned()

    def leave_if_abandoned(self) -> None:
        if self.is_abandoned:
            raise _AbandonedError

    def take_permit(self) -> None:
        while not self.permits.acquire(timeout=_LOOK_UP_EVERY):
            self.leave_if_abandoned()
        self.leave_if_abandoned()

    def abandon(self, producers: int) -> None:
        """Nobody answers any more: whoever waits finds that out at once."""
        self.is_abandoned = True
        self.permits.release(producers)
        while True:
            try:
                message = self.messages.get_nowait()
            except Empty:
                return
            if isinstance(message, _Check):
                message.answered.set()


Produce = Callable[[Tell, Stop], Iterator[T]]


def read_ahead(produce: Produce[T], *, tell: Tell, stop: Stop) -> Generator[T]:
    """
    Yield what `produce(tell, stop)` yields, made one item ahead in a thread.

    At most one finished item waits. *tell* and *stop* are only ever called in
    the caller's thread: while the producer waits for somebody else it asks the
    caller whether to stop, and the caller asks by itself while it waits for
    the producer. Errors of the producer are raised here.
    """
    return read_abreast(produce, threads=1, tell=tell, stop=stop)


def apart(do: Callable[[Tell, Stop], T], *, tell: Tell, stop: Stop) -> T:
    """
    What `do(tell, stop)` answers, done in a thread of its own: whoever is told
    to stop leaves at once, however long a call takes that is under way there.

    What was begun is then ended by itself, when its call is, and nobody hears of
    it. So it is for what shows nothing, or what others see to. *tell* and *stop*
    are called as in `read_ahead`; where nobody can stop, there is no thread.
    """
    if stop is never_stop:
        return do(tell, stop)

    def once(tell: Tell, stop: Stop) -> Iterator[T]:
        yield do(tell, stop)

    answer, *_ = _read(once, threads=1, tell=tell, stop=stop, last_moment=0)
    return answer


def read_abreast(produce: Produce[T], *, threads: int, tell: Tell, stop: Stop) -> Generator[T]:
    """
    Yield what *threads* threads make, each by its own `produce(tell, stop)`, in the order it gets ready.

    As many items as there are threads are in the making or wait to be read,
    never more. *tell* and *stop* are called as in `read_ahead`. The first
    error of any of them ends all and is raised here, after what was ready
    before it. A reader who leaves ends all threads.
    """
    return _read(produce, threads=threads, tell=tell, stop=stop, last_moment=_LAST_MOMENT)


def _read(produce: Produce[T], *, threads: int, tell: Tell, stop: Stop, last_moment: float) -> Generator[T]:
    line: _Line[T] = _Line(threads)
    crew = [threading.Thread(target=_run, args=(line, produce), name="read-ahead", daemon=True) for _ in range(threads)]
    for thread in crew:
        thread.start()
    try:
        yield from _receive(line, threads, tell, stop)
    finally:
        line.abandon(threads)
        _see_off(crew, last_moment)


def _see_off(crew: list[threading.Thread], seconds: float) -> None:
    ends_at = time.monotonic() + seconds
    for thread in crew:
        thread.join(max(ends_at - time.monotonic(), 0))


def _receive(line: _Line[T], producers: int, tell: Tell, stop: Stop) -> Iterator[T]:
    while producers:
        match _next_message(line, stop):
            case _Item(value):
                line.permits.release()
                yield value
            case _Told(text):
                tell(text)
            case _Check(answered):
                stop()
                answered.set()
            case _Over(error):
                if error is not None:
                    raise error
                producers -= 1


def _next_message(line: _Line[T], stop: Stop) -> _Item[T] | _Told | _Check | _Over:
    while True:
        try:
            return line.messages.get(timeout=_LOOK_UP_EVERY)
        except Empty:
            stop()


def _run(line: _Line[T], produce: Produce[T]) -> None:
    try:
        _produce(line, produce(line.tell, line.stop))
        line.messages.put(_Over(None))
    except _AbandonedError:
        pass
    except BaseException as error:  # noqa: BLE001 - raised again in the reader's thread
        line.messages.put(_Over(error))


def _produce(line: _Line[T], items: Iterator[T]) -> None:
    while True:
        line.take_permit()
        try:
            item = next(items)
        except StopIteration:
            line.permits.release()
            return
        line.messages.put(_Item(item))
