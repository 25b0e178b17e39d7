import pytest

from importers.sources.pipedrive.seen import SeenIds


@pytest.mark.parametrize("ids", [[1, 2, 3], [8, 7, 0], [10**6, 5], [2**40, -3], ["b-1", "b-2"]])
def test_an_id_is_new_once(ids: list[object]) -> None:
    seen = SeenIds()
    assert [seen.is_new(record_id) for record_id in ids] == [True] * len(ids)
    assert [seen.is_new(record_id) for record_id in ids] == [False] * len(ids)


def test_records_without_an_id_are_all_kept() -> None:
    seen = SeenIds()
    assert [seen.is_new(None), seen.is_new(None)] == [True, True]
