"""What an import would cost, before it is made."""

from __future__ import annotations

import json

import click

from importers.bootstrap import estimate
from importers.costs import estimated, in_words, percent
from importers.interfaces import Source
from importers.model import Cost, Estimate, Reported, Selection


def show(source: Source, selection: Selection, *, as_json: bool) -> None:
    """Asks Pipedrive how many records there are, for a few tokens, and says what that took as well."""
    found = estimate(selection, source.sizes(selection))
    asking = Cost(source.usage.requests, source.usage.tokens)
    budget = source.standing().budget
    click.echo(_as_json(found, asking, budget) if as_json else _as_lines(found, asking, budget))


def _as_lines(found: Estimate, asking: Cost, budget: Reported | None) -> str:
    words = estimated(found) or "not known before the first run"
    lines = [f"{words[:1].upper()}{words[1:]}{_share(found, budget)}.", found.why]
    if asking.requests:
        lines.append(f"Finding that out took {in_words(asking)}.")
    return "\n".join(lines)


def _share(found: Estimate, budget: Reported | None) -> str:
    if found.most is None or budget is None or not budget.of:
        return ""
    return f"; {percent(found.most.tokens, budget.of)} of today's {budget.of:,}"


def _as_json(found: Estimate, asking: Cost, budget: Reported | None) -> str:
    most = found.most
    return json.dumps(
        {
            "least": {"requests": found.least.requests, "tokens": found.least.tokens},
            "most": {"requests": most.requests, "tokens": most.tokens} if most else None,
            "why": found.why,
            "asking": {"requests": asking.requests, "tokens": asking.tokens},
            "budget": {"daily": budget.of, "left": budget.left} if budget else None,
        },
        ensure_ascii=False,
    )
