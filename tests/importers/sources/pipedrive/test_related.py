"""The names of related records take the pages of their lists and a constant, however many deals show them."""

from __future__ import annotations

import pytest

from bench.related import LISTS, count
from importers.sources.pipedrive.walks import ABREAST

MOST_BESIDE_PAGES = len(LISTS) * ABREAST + 15
"""A page that is not full for each of the windows that are read side by side; fields, stages, users and the like."""


@pytest.mark.parametrize(
    "deals",
    [
        700,
        pytest.param(10_000, marks=pytest.mark.slow),  # a quarter of a minute
        pytest.param(20_000, marks=pytest.mark.slow),
    ],
)
def test_requests_are_pages_and_a_constant(deals: int) -> None:
    counted = count(deals)
    assert counted.rows == deals
    assert counted.constant <= MOST_BESIDE_PAGES
