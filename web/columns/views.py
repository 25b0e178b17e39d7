from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from importers.errors import InvalidSettings
from importers.model import Importer
from web import current
from web.columns.words import TAKE, words_of
from web.security import safe_next

pages = Blueprint("columns", __name__)

_HEADER = "header-"


def register(app: Flask) -> None:
    app.register_blueprint(pages)
    app.add_template_global(words_of, "words_of_change")


@pages.route("/importers/<id:importer_id>/columns", methods=["GET", "POST"])
def show(importer_id: int) -> ResponseReturnValue:
    """The columns of the sheet in its order, each with the header it has there, to be changed."""
    services, actor = current.services(), current.actor()
    importer = services.importers.get(actor, importer_id)
    if request.method == "GET":
        return _page(importer, {})
    headers = {key.removeprefix(_HEADER): text for key, text in request.form.items() if key.startswith(_HEADER)}
    try:
        services.columns.rename(actor, importer_id, headers)
    except InvalidSettings as error:
        return _page(importer, headers, error), 422
    flash("The headers are saved. The next run writes them.", "success")
    return redirect(url_for("runs.history", importer_id=importer_id))


@pages.post("/importers/<id:importer_id>/changes")
def decide(importer_id: int) -> ResponseReturnValue:
    take, change_id = request.form.get("answer") == TAKE, request.form.get("change", "")
    try:
        current.services().columns.decide(current.actor(), importer_id, change_id, take=take)
    except InvalidSettings as error:
        flash(str(error), "info")
    else:
        flash("The next run writes it that way." if take else "It stays as it is.", "success")
    return redirect(safe_next(request.form.get("next")))


def _page(importer: Importer, typed: dict[str, str], trouble: InvalidSettings | None = None) -> str:
    changes = importer.changes
    return render_template(
        "columns/show.html",
        importer=importer,
        typed=typed,
        names=current.services().columns.names(current.actor(), importer.id),
        trouble=trouble,
        lost={column.key for change in changes if change.what == "deleted" for column in change.columns},
    )
