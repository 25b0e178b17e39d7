"""What a mirror does for those who leave it in the middle."""

from __future__ import annotations

from importers.sources.pipedrive.mirror import Mirror


def test_who_reads_a_mirror_that_is_closed_meanwhile_may_leave_in_peace() -> None:
    mirror = Mirror.empty(None)
    mirror.put([{"id": number} for number in range(1200)], by_id=True)
    pages = mirror.pages(gone=False)
    assert next(pages)
    mirror.close()
    pages.close()  # type: ignore[attr-defined]  # an iterator for others, a generator inside
