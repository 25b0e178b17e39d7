from __future__ import annotations

import math
import re
from collections.abc import Sequence

from flask import Blueprint, Flask, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue

from importers.errors import NotThere
from importers.model import GOOGLE_SHEETS, Grid, Importer, Run
from web import current
from web.results.written import WRITTEN, offers_results

pages = Blueprint("results", __name__, url_prefix="/importers/<id:importer_id>")

ROWS_PER_PAGE = 100
_GOOGLE = "docs.google.com"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def register(app: Flask) -> None:
    app.register_blueprint(pages)
    app.add_template_global(offers_results)


@pages.get("/results")
def show(importer_id: int) -> ResponseReturnValue:
    """Of a workbook the rows; to a spreadsheet at Google it leads, to the tab wherever that is by now."""
    importer = current.services().importers.get(current.actor(), importer_id)
    if importer.target.kind == GOOGLE_SHEETS:
        return redirect(_address(importer))
    runs = current.services().runs.list(current.actor(), importer_id)
    try:
        grid = _grid(importer_id, request.args.get("page", 1, type=int))
    except NotThere as error:
        return render_template("results/nothing.html", importer=importer, error=error, runs=runs), 404
    pages_total = page_count(grid.total_rows)
    page = (grid.first - 1) // ROWS_PER_PAGE + 1
    return render_template(
        "results/show.html",
        importer=importer,
        grid=grid,
        page=page,
        pages_total=pages_total,
        page_links=page_links(page, pages_total),
        written=_last_written(runs),
        names_follow_ids=[header.casefold() for header in grid.headers[1:2]] in (["title"], ["name"]),
    )


@pages.get("/download")
def download(importer_id: int) -> ResponseReturnValue:
    """The workbook as it is now. The service only knows files of the asker's workspace."""
    importer = current.services().importers.get(current.actor(), importer_id)
    path = current.services().runs.workbook(current.actor(), importer_id)
    name = safe_file_name(importer.target.place)
    return send_file(path, mimetype=_XLSX, as_attachment=True, download_name=name, conditional=False, max_age=0)


def safe_file_name(place: str) -> str:
    """A name every system takes, without anything that could be a path."""
    name = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]+', "_", place).strip(" .")
    return f"{name[:150] or 'workbook'}.xlsx"


def page_count(total_rows: int) -> int:
    return max(1, math.ceil(total_rows / ROWS_PER_PAGE))


def page_links(page: int, pages_total: int) -> list[int | None]:
    """The numbers to offer: the ends, and two on each side of *page*; None stands for a gap."""
    near = {1, pages_total, *range(max(1, page - 2), min(pages_total, page + 2) + 1)}
    links: list[int | None] = []
    for number in sorted(near):
        if links and links[-1] is not None and number - links[-1] > 1:
            links.append(None)
        links.append(number)
    return links


def _address(importer: Importer) -> str:
    """Nobody is ever led to another host than Google's, or the one that stands for it in the sandbox."""
    address = current.services().importers.address(current.actor(), importer.id, finds_tab=True)
    home = current.settings().reroutes.get(_GOOGLE, f"https://{_GOOGLE}")
    if not address.startswith(f"{home}/"):
        raise NotThere(
            "The spreadsheet of this importer is not known.", hint="Choose it again in the importer’s settings."
        )
    return address


def _grid(importer_id: int, page: int) -> Grid:
    """The rows of *page*; of the last one when there are fewer."""
    page = min(max(page, 1), 1_000_000)
    grid = _window(importer_id, page)
    last = page_count(grid.total_rows)
    return grid if page <= last else _window(importer_id, last)


def _window(importer_id: int, page: int) -> Grid:
    first = (page - 1) * ROWS_PER_PAGE + 1
    return current.services().runs.grid(current.actor(), importer_id, first=first, count=ROWS_PER_PAGE)


def _last_written(runs: Sequence[Run]) -> Run | None:
    return next((run for run in runs if run.status in WRITTEN), None)
