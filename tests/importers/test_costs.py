from __future__ import annotations

import pytest

from importers.costs import estimated, in_words, percent, share
from importers.model import Cost, Estimate


def test_a_cost_in_words():
    assert in_words(Cost(24, 1220)) == "1,220 tokens, 24 requests"
    assert in_words(Cost(1, 1)) == "1 token, 1 request"


@pytest.mark.parametrize(
    ("least", "most", "words"),
    [
        (Cost(24, 220), Cost(24, 220), "about 220 tokens, 24 requests"),
        (Cost(4, 40), Cost(9, 90), "40 to 90 tokens, 4 to 9 requests"),
        (Cost(1, 10), Cost(24, 240), "at most 240 tokens, 24 requests"),
        (Cost(1, 10), None, ""),
    ],
)
def test_an_estimate_says_how_sure_it_is(least: Cost, most: Cost | None, words: str):
    assert estimated(Estimate(least, most, "")) == words


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(0, 300, "0 %"), (1, 300, "less than 1 %"), (12_000, 300_000, "4 %"), (300, 300, "100 %"), (301, 300, "101 %")],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(part: int, whole: int, words: str):
    assert percent(part, whole) == words


def test_a_share_names_the_whole():
    assert share(12_000, 300_000) == "4 % of the 300,000 tokens a day"
