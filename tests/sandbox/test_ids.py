from hypothesis import given
from hypothesis import strategies as st

from sandbox.ids import DealIds, archived_ids, deleted_ids

COUNTS = st.integers(0, 500)


@given(COUNTS)
def test_listed_deleted_and_archived_ids_share_nothing_and_leave_no_two_alike(count: int) -> None:
    listed, deleted, archived = list(DealIds(count)), list(deleted_ids(count)), list(archived_ids(count))

    together = listed + deleted + archived

    assert len(listed) == count
    assert len(set(together)) == len(together)
    assert len(deleted) == len(archived) == -(-count // 24)


@given(COUNTS)
def test_ids_ascend_and_know_their_own(count: int) -> None:
    ids = DealIds(count)

    assert list(ids) == sorted(ids)
    assert [n for n in range(-1, count * 2 + 60) if n in ids] == list(ids)


@given(COUNTS)
def test_with_deleted_the_list_is_the_two_lists_in_order(count: int) -> None:
    assert list(DealIds(count, deleted=True)) == sorted([*DealIds(count), *deleted_ids(count)])
