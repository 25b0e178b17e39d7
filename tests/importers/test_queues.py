"""The queue of those who have no worker."""

from importers.queues import InlineQueue


def test_it_executes_at_once():
    executed: list[int] = []
    InlineQueue(executed.append).run_import(7)
    assert executed == [7]
