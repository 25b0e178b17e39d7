"""The queue of those who have no worker."""

import pytest

from importers.queues import InlineQueue


def test_it_executes_at_once():
    executed: list[int] = []
    queue = InlineQueue(executed.append)
    queue.run_import(7)
    assert executed == [7]


def test_whoever_executes_may_be_named_later():
    executed: list[int] = []
    queue = InlineQueue()
    with pytest.raises(RuntimeError, match="nobody"):
        queue.run_import(7)
    queue.attach(executed.append)
    queue.run_import(8)
    assert executed == [8]
