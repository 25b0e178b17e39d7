"""Costs in words people understand."""

from __future__ import annotations

from importers.model import Cost, Estimate

_ALIKE = 1.1
_FAR_APART = 3


def in_words(cost: Cost) -> str:
    """ "220 tokens, 24 requests"."""
    return f"{_count(cost.tokens, 'token')}, {_count(cost.requests, 'request')}"


def estimated(estimate: Estimate) -> str:
    """ "about 220 tokens, 24 requests", "40 to 90 tokens, 4 to 9 requests", "at most …"; empty where nobody knows."""
    least, most = estimate.least, estimate.most
    if most is None:
        return ""
    if most.tokens <= least.tokens * _ALIKE:
        return f"about {in_words(most)}"
    if most.tokens > least.tokens * _FAR_APART:
        return f"at most {in_words(most)}"
    return (
        f"{least.tokens:,} to {_count(most.tokens, 'token')}, {least.requests:,} to {_count(most.requests, 'request')}"
    )


def share(tokens: int, daily: int) -> str:
    """ "4 % of the 300,000 tokens a day"."""
    return f"{percent(tokens, daily)} of the {daily:,} tokens a day"


def percent(part: int, whole: int) -> str:
    """Never 0 % of something, and never 100 % of more."""
    if 0 < part * 100 < whole:
        return "less than 1 %"
    return f"{-(-part * 100 // whole) if part > whole else round(part * 100 / whole):,} %"


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"
