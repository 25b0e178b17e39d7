"""Which importers may follow which."""

from __future__ import annotations

import pytest

from importers.errors import InvalidSettings
from importers.schedule import check_chain

NAMES = {1: "A", 2: "B", 3: "C", 4: "D"}


@pytest.mark.parametrize(
    ("leaders", "importer_id", "after_id"),
    [
        ({}, None, 1),
        ({}, 2, 1),
        ({2: 1}, 3, 1),
        ({2: 1, 3: 2}, 4, 3),
        ({2: 1, 3: 1}, 1, 4),
        ({1: 2, 2: 1}, 3, 1),  # a loop that is there from before is not ours to tell of, and must not hold us up
    ],
)
def test_a_way_that_ends_is_allowed(leaders: dict[int, int], importer_id: int | None, after_id: int):
    check_chain(NAMES, leaders, importer_id, after_id)


@pytest.mark.parametrize(
    ("leaders", "importer_id", "after_id", "told"),
    [
        ({}, 1, 1, "“A” would run after “A”: none"),
        ({2: 1}, 1, 2, "“A” would run after “B”, which runs after “A”: none"),
        (
            {2: 1, 3: 2, 4: 3},
            1,
            4,
            "“A” would run after “D”, which runs after “C”, which runs after “B”, which runs after “A”: none",
        ),
    ],
)
def test_a_loop_is_told_by_the_names_of_all_who_are_in_it(
    leaders: dict[int, int], importer_id: int, after_id: int, told: str
):
    with pytest.raises(InvalidSettings, match=told) as caught:
        check_chain(NAMES, leaders, importer_id, after_id)
    assert caught.value.facts["field"] == "after_id"


def test_an_importer_that_is_not_there_cannot_be_followed():
    with pytest.raises(InvalidSettings, match="does not exist"):
        check_chain(NAMES, {}, 1, 9)
