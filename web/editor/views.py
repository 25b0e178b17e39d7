from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from importers.errors import ImporterError, NeedsReconnecting
from importers.model import Draft, Importer, Role, Schedule, Selection, Target
from importers.services.access import require
from web import current
from web.addresses import an_id
from web.choices import REFRESHES, VANISHED
from web.editor import preview, proposals
from web.editor.answers import (
    answers,
    as_settled,
    draft_from,
    draft_of,
    drop_stale_choices,
    kept_in_words,
    options_key,
    usual_count,
)
from web.editor.forms import COLUMN_MODES, NO_COLUMN, EditorForm
from web.editor.options import Options, entity_named, load, on_shelf
from web.editor.schedule_forms import RHYTHMS, WEEKDAYS, ScheduleForm
from web.editor.timetable import timetable
from web.prices import Tag, tag_of
from web.security import safe_next

pages = Blueprint("editor", __name__)


@pages.before_request
def editors_only() -> None:
    require(current.actor(), Role.EDITOR, "change importers")


@pages.context_processor
def words() -> dict[str, Any]:
    return {
        "rhythms": RHYTHMS,
        "weekdays": WEEKDAYS,
        "column_modes": COLUMN_MODES,
        "no_column": NO_COLUMN,
        "refreshes": REFRESHES,
        "vanished": VANISHED,
    }


_FIRST_ENTITY = "deals"


@dataclass(frozen=True, slots=True)
class Desk:
    """What is being edited: where it began, what saving does, and what the page says about it."""

    base: Draft
    save: Callable[[Draft], Importer]
    title: str
    original: Importer | None = None
    copying: bool = False

    @property
    def importer_id(self) -> int | None:
        """Whose place it takes when it is saved."""
        return self.original.id if self.original and not self.copying else None


def register(app: Flask) -> None:
    app.register_blueprint(pages)


@pages.route("/importers/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    connections = current.services().connections.list(current.actor())
    if not connections:
        flash("Connect Pipedrive first; then choose what to import.", "info")
        return redirect(url_for("connections.connect"))
    wanted = request.args.get("connection_id", type=an_id)
    connection_id = wanted if wanted in {connection.id for connection in connections} else connections[0].id
    return _edit(Desk(_first_draft(connection_id), _create, "Add importer"))


@pages.route("/importers/<id:importer_id>/edit", methods=["GET", "POST"])
def edit(importer_id: int) -> ResponseReturnValue:
    importer = current.services().importers.get(current.actor(), importer_id)

    def save(draft: Draft) -> Importer:
        return current.services().importers.change(current.actor(), importer_id, draft)

    return _edit(Desk(draft_of(importer), save, f"Edit {importer.name}", importer))


@pages.route("/importers/<id:importer_id>/copy", methods=["GET", "POST"])
def copy(importer_id: int) -> ResponseReturnValue:
    original = current.services().importers.get(current.actor(), importer_id)
    draft = current.services().importers.copy_of(current.actor(), importer_id)
    return _edit(Desk(draft, _create, f"Copy {original.name}", original, copying=True))


@pages.get("/editor/options")
def options() -> ResponseReturnValue:
    """What the chosen entity offers, as a piece of page."""
    connection_id, entity = request.args.get("connection_id", type=an_id), request.args.get("entity", "")
    draft = _first_draft(connection_id or 0)
    draft = replace(
        draft, selection=replace(draft.selection, entity=entity), name="", target=replace(draft.target, sheet="")
    )
    form = _form(draft)
    return render_template("editor/_options.html", form=form, **_offered(form, draft, load(connection_id, entity)))


@pages.post("/editor/preview")
def show_preview() -> ResponseReturnValue:
    form = EditorForm()
    drop_stale_choices(form)
    importer_id = request.args.get("importer_id", type=an_id)
    base = draft_of(current.services().importers.get(current.actor(), importer_id)) if importer_id else _first_draft(0)
    draft = draft_from(form, base)
    shown = preview.refused(NO_COLUMN) if form.lacks_columns else preview.show(draft)
    return render_template("editor/_preview.html", shown=shown)


@pages.post("/editor/price")
def show_price() -> ResponseReturnValue:
    """What the importer would cost, as a piece of page; asks Pipedrive how many records there are if wanted."""
    form = EditorForm()
    drop_stale_choices(form)
    importer_id = request.args.get("importer_id", type=an_id)
    tag = tag_of(draft_from(form, _first_draft(0)), importer_id, counting=request.form.get("action") == "count")
    return render_template("editor/_price.html", tag=tag, form=form)


@pages.get("/editor/schedule")
def schedule() -> ResponseReturnValue:
    """The schedule in words and the next runs, as JSON."""
    form = ScheduleForm(request.args, meta={"csrf": False})
    form.validate()
    return jsonify(asdict(timetable(form)))


def _edit(desk: Desk) -> ResponseReturnValue:
    form = _form(desk.base, proposing=not desk.original)
    if desk.copying and request.method == "GET":
        form.proposed_name.data, form.proposed_sheet.data = desk.base.name, desk.base.target.sheet
    action = request.form.get("action")
    if action in ("save", "run") and form.validate():
        saved = _saved(desk, form)
        if saved:
            return _after_saving(saved, run=action == "run")
    shown = _preview(desk, form) if action == "preview" else None
    page = _page(desk, form, shown)
    return page, 422 if form.errors else 200


def _form(base: Draft, *, proposing: bool = True) -> EditorForm:
    """The form for *base*, or as it was sent; names that were only proposed follow the entity."""
    form = EditorForm(data=answers(base))
    changed = drop_stale_choices(form)
    entity = entity_named(form.entity.data)
    if entity and (changed or (proposing and not form.is_submitted())):
        cards = current.services().importers.cards(current.actor())
        proposals.adopt(form, proposals.propose(entity, form.place.data or "", cards))
    return form


def _preview(desk: Desk, form: EditorForm) -> preview.Shown | None:
    if form.lacks_columns:
        form.columns.errors = [NO_COLUMN]
        return None
    return preview.show(draft_from(form, desk.base))


def _saved(desk: Desk, form: EditorForm) -> Importer | None:
    try:
        return desk.save(draft_from(form, desk.base))
    except ImporterError as error:
        _tell(form, error)
        return None


def _tell(form: EditorForm, error: ImporterError) -> None:
    """At the field that *error* is about, where it says so; else above the form."""
    field = form._fields.get(error.facts.get("field"))
    if field is None:
        form.form_errors.append(str(error))
    else:
        field.errors = [*field.errors, str(error)]


def _after_saving(importer: Importer, *, run: bool) -> ResponseReturnValue:
    if not run:
        flash(f"“{importer.name}” is saved.", "success")
        return redirect(_back())
    try:
        started = current.services().runs.start(current.actor(), importer.id)
    except NeedsReconnecting as error:
        flash(f"“{importer.name}” is saved. {error}", "info")
        return redirect(url_for("runs.history", importer_id=importer.id))
    return redirect(url_for("runs.show", run_id=started.id))


def _back() -> str:
    """The page one came from: the list, or an importer's own."""
    return safe_next(request.args.get("next"))


def _page(desk: Desk, form: EditorForm, shown: preview.Shown | None) -> str:
    services, actor = current.services(), current.actor()
    cards = services.importers.cards(actor)
    return render_template(
        "editor/edit.html",
        desk=desk,
        form=form,
        connections=services.connections.list(actor),
        shelf=on_shelf(services.importers.entities()),
        **_offered(form, desk.base, load(form.connection_id.data, form.entity.data)),
        workbooks=proposals.workbooks(cards),
        timetable=timetable(form),
        tag=_tag(desk, form),
        shown=shown,
        back=_back(),
        kept=kept_in_words(form),
        starts_afresh=options_key(desk.base.connection_id, desk.base.selection.entity) != form.options_for.data,
        is_open=request.form.get("action") == "options",
    )


def _offered(form: EditorForm, base: Draft, found: Options) -> dict[str, Any]:
    """What the chosen entity offers, and what of it is chosen."""
    return {
        "options": found,
        "settled": as_settled(form, base, found.usual),
        "usual_count": usual_count(form, found.usual),
    }


def _tag(desk: Desk, form: EditorForm) -> Tag:
    if form.is_submitted() and timetable(form).problem:
        return Tag()
    return tag_of(draft_from(form, desk.base), desk.importer_id, counting=request.form.get("action") == "count")


def _create(draft: Draft) -> Importer:
    return current.services().importers.create(current.actor(), draft)


def _first_draft(connection_id: int) -> Draft:
    zone = current.actor().workspace.time_zone
    books = proposals.workbooks(current.services().importers.cards(current.actor()))
    place = books[0] if books else proposals.FIRST_WORKBOOK
    return Draft(
        name="",
        connection_id=connection_id,
        selection=Selection(_FIRST_ENTITY, time_zone=zone),
        target=Target("excel", place, ""),
        schedule=Schedule(time_zone=zone),
    )
