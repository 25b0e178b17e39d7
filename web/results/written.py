"""Whether there is a sheet to look at."""

from __future__ import annotations

from importers.errors import ImporterError, NotThere
from importers.model import GOOGLE_SHEETS, Importer, Run, Status
from web import current

WRITTEN = (Status.DONE, Status.DONE_WITH_NOTES)


def offers_results(importer: Importer, last_run: Run | None) -> bool:
    """As `has_sheet`, without looking further where the last run tells."""
    if last_run is None:
        return False
    if last_run.status in WRITTEN and importer.updated_at <= last_run.queued_at:
        return True
    return has_sheet(importer)


def has_sheet(importer: Importer) -> bool:
    """
    Whether something was written to where *importer* writes now; yes where that
    cannot be told. Google is not asked: any run that wrote will do.
    """
    if importer.target.kind == GOOGLE_SHEETS:
        return any(run.status in WRITTEN for run in current.services().runs.list(current.actor(), importer.id))
    try:
        current.services().runs.grid(current.actor(), importer.id, count=0)
    except NotThere:
        return False
    except ImporterError:
        return True
    return True
