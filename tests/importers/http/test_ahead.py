from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from importers.errors import RunStopped, ServiceTrouble
from importers.http.ahead import read_abreast, read_ahead
from importers.interfaces import Stop, Tell, never_stop, say_nothing

SOON = 5.0
"""Seconds a test waits for another thread before it fails."""


def counting(numbers: int) -> Iterator[int]:
    yield from range(numbers)


def test_everything_comes_in_order() -> None:
    assert list(read_ahead(lambda tell, stop: counting(50), tell=say_nothing, stop=never_stop)) == list(range(50))


def test_nothing_comes_of_nothing() -> None:
    assert list(read_ahead(lambda tell, stop: counting(0), tell=say_nothing, stop=never_stop)) == []


def test_one_item_is_made_ahead_and_no_more() -> None:
    begun: list[int] = []
    second_is_begun, third_is_begun = threading.Event(), threading.Event()

    def produce(tell: Tell, stop: Stop) -> Iterator[int]:
        for number in range(5):
            begun.append(number)
            if number == 1:
                second_is_begun.set()
            if number == 2:
                third_is_begun.set()
            yield number

    items = read_ahead(produce, tell=say_nothing, stop=never_stop)
    assert next(items) == 0
    assert second_is_begun.wait(SOON)
    assert not third_is_begun.wait(0.05)
    assert next(items) == 1
    assert third_is_begun.wait(SOON)
    items.close()


def test_errors_travel_to_the_reader_after_the_items_before_them() -> None:
    def produce(tell: Tell, stop: Stop) -> Iterator[int]:
        yield 1
        raise ServiceTrouble("broken")

    items = read_ahead(produce, tell=say_nothing, stop=never_stop)
    assert next(items) == 1
    with pytest.raises(ServiceTrouble):
        next(items)


def test_tell_and_stop_are_called_in_the_readers_thread() -> None:
    threads: list[threading.Thread] = []

    def produce(tell: Tell, stop: Stop) -> Iterator[int]:
        tell("working")
        stop()
        yield 1

    def note(*_: str) -> None:
        threads.append(threading.current_thread())

    assert list(read_ahead(produce, tell=note, stop=note)) == [1]
    assert set(threads) == {threading.current_thread()}
    assert len(threads) >= 2


def test_a_reader_who_is_stopped_stops_the_producer() -> None:
    ended = threading.Event()

    def produce(tell: Tell, stop: Stop) -> Iterator[int]:
        try:
            while True:
                stop()
        finally:
            ended.set()
        yield 1

    def stop() -> None:
        raise RunStopped("cancelled")

    with pytest.raises(RunStopped):
        list(read_ahead(produce, tell=say_nothing, stop=stop))
    assert ended.wait(SOON)


def test_a_reader_who_walks_away_ends_the_thread() -> None:
    before = set(threading.enumerate())
    items = read_ahead(lambda tell, stop: counting(1000), tell=say_nothing, stop=never_stop)
    next(items)
    (producer,) = set(threading.enumerate()) - before
    items.close()
    producer.join(SOON)
    assert not producer.is_alive()


def test_a_reader_who_waits_for_a_silent_producer_can_still_be_stopped() -> None:
    release = threading.Event()

    def produce(tell: Tell, stop: Stop) -> Iterator[int]:
        release.wait(SOON)
        yield 1

    def stop() -> None:
        raise RunStopped("cancelled")

    with pytest.raises(RunStopped):
        list(read_ahead(produce, tell=say_nothing, stop=stop))
    release.set()


def test_what_many_threads_make_all_comes() -> None:
    numbers = iter(range(200))
    lock = threading.Lock()

    def produce(tell: Tell, stop: Stop) -> Iterator[int]:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            yield number

    assert sorted(read_abreast(produce, threads=8, tell=say_nothing, stop=never_stop)) == list(range(200))


def test_no_more_items_are_in_the_making_or_wait_than_there_are_threads() -> None:
    made: list[int] = []

    def produce(tell: Tell, stop: Stop) -> Iterator[int]:
        for number in range(10):
            made.append(number)
            yield number

    items = read_abreast(produce, threads=3, tell=say_nothing, stop=never_stop)
    for taken in range(1, 6):
        next(items)
        assert len(made) <= taken + 3
    items.close()


def test_the_error_of_one_thread_ends_the_others_and_keeps_its_cause() -> None:
    before = {*threading.enumerate()}
    first = threading.Lock()

    def produce(tell: Tell, stop: Stop) -> Iterator[int]:
        if first.acquire(blocking=False):
            raise ServiceTrouble("broken") from ValueError("why")
        while True:
            stop()
            yield 1

    with pytest.raises(ServiceTrouble) as caught:
        list(read_abreast(produce, threads=6, tell=say_nothing, stop=never_stop))
    assert isinstance(caught.value.__cause__, ValueError)
    _all_end(before)


def test_a_reader_who_is_stopped_stops_all_threads() -> None:
    before = {*threading.enumerate()}

    def produce(tell: Tell, stop: Stop) -> Iterator[int]:
        while True:
            stop()
        yield 1

    def stop() -> None:
        raise RunStopped("cancelled")

    with pytest.raises(RunStopped):
        list(read_abreast(produce, threads=6, tell=say_nothing, stop=stop))
    _all_end(before)


def _all_end(before: set[threading.Thread]) -> None:
    for thread in {*threading.enumerate()} - before:
        thread.join(SOON)
        assert not thread.is_alive()
