"""Prices as people read them: of a run, of a schedule, against the day."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

from importers.costs import estimated, in_words, percent
from importers.errors import ImporterError, InvalidSettings, NotThere
from importers.model import Connection, Cost, Draft, Estimate, Every
from importers.services.books import Budget, Demand, Idle, Load, Price
from importers.services.prices import Overfull
from web import current
from web.filters import count

_NEVER = {
    Every.MANUAL: "Only when you press Run",
    Every.AFTER: "Whenever the one it follows succeeds, which nothing starts by itself at present",
}
_IDLE = {Idle.PAUSED: "none while it is paused", Idle.NOT_BEGUN: "none before its first successful run"}

_TIGHT = 0.75
"""From three quarters on Pipedrive writes to the company's admins."""


@dataclass(frozen=True, slots=True)
class Tag:
    """
    What there is to show: a price, or the trouble that kept it from being
    found. `broken` is the connection, where it must be reconnected first.
    """

    price: Price | None = None
    trouble: ImporterError | None = None
    broken: Connection | None = None


def register(app: Flask) -> None:
    for function in (cost_words, estimate_words, share_words, rhythm_words, idle_words, load_words):
        app.add_template_filter(function)
    app.jinja_env.globals["load_state"] = load_state


def tag_of(draft: Draft, importer_id: int | None, *, counting: bool = False) -> Tag:
    """What *draft* would cost; never raises, because the form must go on without. *counting* asks Pipedrive."""
    services, actor = current.services(), current.actor()
    if not draft.selection.entity or not draft.connection_id:
        return Tag()
    trouble: ImporterError | None = None
    try:
        if counting:
            services.prices.count(actor, draft.connection_id, draft.selection)
    except ImporterError as error:
        trouble = error
    try:
        price = services.prices.of_draft(actor, draft, importer_id=importer_id)
        connection = services.connections.get(actor, draft.connection_id)
        if counting and trouble is None and price.next.can_ask:
            trouble = _untold()
        return Tag(price, trouble, None if connection.works else connection)
    except InvalidSettings:
        return Tag(trouble=trouble)  # the schedule, which says so itself
    except ImporterError as error:
        return Tag(trouble=trouble or error)


def _untold() -> NotThere:
    return NotThere(
        "Pipedrive did not tell how many there are: the user of this connection may not see the list.",
        hint="The first run will show whether it may read any.",
    )


def cost_words(cost: Cost) -> str:
    return in_words(cost)


def estimate_words(estimate: Estimate) -> str:
    words = estimated(estimate) or "not known before the first run"
    return words[:1].upper() + words[1:]


def share_words(tokens: int, budget: Budget) -> str:
    """ "5,280 tokens, 2 % of the 300,000 a day"."""
    said = count(tokens, "token")
    return said if budget.daily is None else f"{said}, {percent(tokens, budget.daily)} of the {budget.daily:,} a day"


def rhythm_words(demand: Demand) -> str:
    """How often it runs by itself: "12 runs a day on working days" would be the schedule again, so only the number."""
    if not demand.busiest:
        return _NEVER.get(demand.every, "No run is due any more")
    busiest = "" if len(set(demand.runs)) == 1 else " on the busiest day"
    return f"{count(demand.busiest, 'run')} a day{busiest}"


def idle_words(demand: Demand) -> str:
    """What is said of the price of a schedule of which nothing comes at present."""
    return _IDLE[demand.idle] if demand.idle else ""


def load_words(load: Load | Overfull) -> str:
    if load.budget.daily is None:
        return count(load.tokens, "token")
    return share_words(load.tokens, load.budget)


def load_state(load: Load) -> str:
    """ "over", "tight", or "" where there is nothing to warn of."""
    if not load.fits:
        return "over"
    return "tight" if load.share is not None and load.share > _TIGHT else ""
