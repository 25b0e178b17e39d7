"""How many records there will be, where Pipedrive tells."""

from __future__ import annotations

from importers.errors import ImporterError, RunStopped
from importers.model import Selection
from importers.sources.pipedrive.client import PipedriveClient

_SUMMARY_COST = 40


def deals_in(selection: Selection, client: PipedriveClient) -> int | None:
    """How many deals there are, where Pipedrive's summary counts the same ones we read. Nice to have."""
    countable = selection.statuses in ((), ("open",), ("won",), ("lost",))
    if selection.filter_id is not None or not countable:
        return None
    params = {"status": selection.statuses[0]} if selection.statuses else {}
    try:
        summary = client.get("/deals/summary", params, version="v1", cost=_SUMMARY_COST).data
    except RunStopped:
        raise
    except ImporterError:
        return None
    total = summary.get("total_count") if isinstance(summary, dict) else None
    if not isinstance(total, int):
        return None
    return total if selection.limit is None else min(total, selection.limit)
