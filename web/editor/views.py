from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from importers.errors import AccessDenied, CredentialsRejected, ImporterError, InvalidSettings, NeedsReconnecting
from importers.model import (
    EXCEL,
    GOOGLE_SHEETS,
    PIPEDRIVE,
    Column,
    Draft,
    Every,
    Importer,
    Role,
    Schedule,
    Selection,
    Target,
)
from importers.services.access import require
from importers.services.manage import ImporterCard
from web import current
from web.addresses import an_id
from web.choices import MODES, OPTIONS, REFRESHES, VANISHED
from web.editor import preview, proposals, schedule_forms
from web.editor.answers import (
    answers,
    as_settled,
    destination_in_words,
    draft_from,
    draft_of,
    drop_stale_choices,
    file_value,
    kept_in_words,
    options_key,
    spreadsheet_from,
    usual_count,
)
from web.editor.destination import (
    LISTED,
    NEW,
    PASTED,
    WAYS,
    Tabs,
    accounts,
    as_googles,
    as_told_here,
    files_of,
    tabs_of,
)
from web.editor.forms import COLUMN_MODES, KINDS, NO_COLUMN, EditorForm, an_account
from web.editor.options import Options, entity_named, load, on_shelf
from web.editor.schedule_forms import ScheduleForm, followable
from web.editor.timetable import timetable
from web.prices import Tag, tag_of
from web.security import let_pick_at_google, safe_next

pages = Blueprint("editor", __name__)


@pages.before_request
def editors_only() -> None:
    require(current.actor(), Role.EDITOR, "change importers")


@pages.context_processor
def words() -> dict[str, Any]:
    return {
        "schedules": schedule_forms,
        "column_modes": COLUMN_MODES,
        "no_column": NO_COLUMN,
        "refreshes": REFRESHES,
        "vanished": VANISHED,
        "kinds": KINDS,
        "ways": WAYS,
        "modes": MODES,
        "target_options": OPTIONS,
    }


_FIRST_ENTITY = "deals"


@dataclass(frozen=True, slots=True)
class Desk:
    """What is being edited: where it began, what saving does, and what the page says about it."""

    base: Draft
    save: Callable[[Draft, bool], Importer]
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
    connections = current.services().connections.list(current.actor(), PIPEDRIVE)
    if not connections:
        flash("Connect Pipedrive first; then choose what to import.", "info")
        return redirect(url_for("connections.connect"))
    wanted = request.args.get("connection_id", type=an_id)
    connection_id = wanted if wanted in {connection.id for connection in connections} else connections[0].id
    return _edit(Desk(_first_draft(connection_id, request.args.get("account", type=an_id)), _create, "Add importer"))


@pages.route("/importers/<id:importer_id>/edit", methods=["GET", "POST"])
def edit(importer_id: int) -> ResponseReturnValue:
    importer = current.services().importers.get(current.actor(), importer_id)

    def save(draft: Draft, start_anyway: bool) -> Importer:
        return current.services().importers.change(current.actor(), importer_id, draft, start_anyway=start_anyway)

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
    draft = replace(draft, selection=replace(draft.selection, entity=entity), name="")
    form = _form(draft)
    return render_template("editor/_options.html", form=form, **_offered(form, draft, load(connection_id, entity)))


@pages.post("/editor/preview")
def show_preview() -> ResponseReturnValue:
    form = EditorForm()
    drop_stale_choices(form)
    importer_id = request.args.get("importer_id", type=an_id)
    base = draft_of(current.services().importers.get(current.actor(), importer_id)) if importer_id else _first_draft(0)
    draft = draft_from(form, base)
    replaced = importer_id if "copying" not in request.args else None
    shown = preview.refused(NO_COLUMN) if form.lacks_columns else preview.show(draft, replaced)
    return render_template("editor/_preview.html", shown=shown)


@pages.get("/editor/accounts")
def show_accounts() -> ResponseReturnValue:
    """The Google accounts there are, as a piece of page: one may have been connected in another tab."""
    listed = accounts()
    wanted = _asked_account() or (listed[-1].id if listed else None)
    return render_template("editor/_accounts.html", accounts=listed, chosen=wanted, errors=[])


@pages.get("/editor/spreadsheets")
def show_spreadsheets() -> ResponseReturnValue:
    """The spreadsheets that an account shows, as a piece of page."""
    found = files_of(_asked_account())
    return render_template("editor/_files.html", found=found, chosen=request.args.get("file", ""), errors=[])


@pages.get("/editor/tabs")
def show_tabs() -> ResponseReturnValue:
    """The tabs of a spreadsheet, as a piece of page."""
    found = tabs_of(_asked_account(), as_googles(request.args.get("spreadsheet", "").strip()))
    return render_template("editor/_tabs.html", tabs=found)


@pages.post("/editor/picker")
def open_picker() -> ResponseReturnValue:
    """What Google's window for picking needs. The token goes to whoever pressed the button, and nowhere else."""
    account_id = request.form.get("account", type=an_id)
    if account_id is None:
        raise InvalidSettings("No Google account is chosen.", hint="Choose one first.")
    means = current.services().google.picker(current.actor(), account_id)
    return jsonify(
        token=means.access_token.reveal(), key=means.api_key.reveal(), app_id=means.app_id, script=means.script
    )


def _asked_account() -> int | None:
    return request.args.get("account", type=an_account)


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
        form.proposed_name.data = desk.base.name
        form.proposed_sheet.data, form.proposed_tab.data = form.sheet.data, form.tab.data
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
    entity, cards = entity_named(form.entity.data), current.services().importers.cards(current.actor())
    if not form.is_submitted():
        _fill_in(form, cards)
    # Scripts let names follow the kind by themselves, and what is sent for good stays as it was typed.
    is_other_kind = request.form.get("action") == "options" and form.proposed_kind.data != form.kind.data
    if entity and (changed or is_other_kind or (proposing and not form.is_submitted())):
        proposals.adopt(form, proposals.propose(entity, form, cards))
    elif entity and not form.is_submitted():
        _propose_elsewhere(form, proposals.propose(entity, form, cards))
    return form


def _fill_in(form: EditorForm, cards: Sequence[ImporterCard]) -> None:
    """What the other kind of destination would begin with."""
    form.place.data = form.place.data or proposals.first_workbook(cards)
    form.proposed_kind.data = form.kind.data
    if form.account.data is None:
        form.account.data = next((account.id for account in accounts()), None)
    form.new_title.data = form.new_title.data or proposals.FIRST_WORKBOOK


def _propose_elsewhere(form: EditorForm, proposal: proposals.Proposal) -> None:
    """For an importer that has its place: what it would be called in one of the other kind."""
    if form.kind.data == EXCEL:
        form.tab.data = form.proposed_tab.data = proposal.tab
    else:
        form.sheet.data = form.proposed_sheet.data = proposal.sheet


def _preview(desk: Desk, form: EditorForm) -> preview.Shown | None:
    if form.lacks_columns:
        form.columns.errors = [NO_COLUMN]
        return None
    return preview.show(draft_from(form, desk.base), desk.importer_id)


def _saved(desk: Desk, form: EditorForm) -> Importer | None:
    try:
        return desk.save(draft_from(form, desk.base), bool(form.start_anyway.data))
    except ImporterError as error:
        _tell(form, as_told_here(error))
        return None


def _tell(form: EditorForm, error: ImporterError) -> None:
    """At the field that *error* is about, where it says so; else above the form."""
    field = form._fields.get(_field_of(form, error))
    if field is None:
        form.form_errors.append(str(error))
    else:
        field.errors = [*field.errors, str(error)]


def _field_of(form: EditorForm, error: ImporterError) -> str:
    """Which answer of the form *error* is about; empty where none is."""
    name = str(error.facts.get("field", ""))
    if isinstance(error, CredentialsRejected):
        return "account" if error.facts.get("kind") == GOOGLE_SHEETS else "connection_id"
    if form.kind.data != GOOGLE_SHEETS:
        return name
    if isinstance(error, AccessDenied) and not name:
        # Google said it about the account, or we saw by ourselves that the cells are protected.
        return "account" if "status" in error.facts else "tab"
    return {"destination": "account", "sheet": "tab", "place": _NAMED_BY.get(form.way.data, "file")}.get(name, name)


_NAMED_BY = {LISTED: "file", PASTED: "address", NEW: "new_title"}


def _after_saving(importer: Importer, *, run: bool) -> ResponseReturnValue:
    if not run:
        is_waiting = importer.starts_after_success and importer.schedule.every is not Every.MANUAL
        flash(f"“{importer.name}” is saved.{_BEGINS_LATER if is_waiting else ''}", "success")
        return redirect(_back())
    try:
        started = current.services().runs.start(current.actor(), importer.id)
    except NeedsReconnecting as error:
        flash(f"“{importer.name}” is saved. {error}", "info")
        return redirect(url_for("runs.history", importer_id=importer.id))
    return redirect(url_for("runs.show", run_id=started.id))


_BEGINS_LATER = " Its schedule begins after the first successful run."


def _back() -> str:
    """The page one came from: the list, or an importer's own."""
    return safe_next(request.args.get("next"))


def _page(desk: Desk, form: EditorForm, shown: preview.Shown | None) -> str:
    services, actor = current.services(), current.actor()
    cards = services.importers.cards(actor)
    let_pick_at_google(services.google.has_picker)
    offered = _offered(form, desk.base, load(form.connection_id.data, form.entity.data))
    return render_template(
        "editor/edit.html",
        desk=desk,
        form=form,
        connections=services.connections.list(actor, PIPEDRIVE),
        **_destination(form),
        shelf=on_shelf(services.importers.entities()),
        **offered,
        key_columns=_key_columns(offered["options"], offered["settled"].columns),
        workbooks=proposals.workbooks(cards),
        timetable=timetable(form),
        followable=followable(desk.importer_id),
        tag=_tag(desk, form),
        shown=shown,
        back=_back(),
        kept=kept_in_words(form),
        starts_afresh=options_key(desk.base.connection_id, desk.base.selection.entity) != form.options_for.data,
        is_open=request.form.get("action") == "options",
    )


def _destination(form: EditorForm) -> dict[str, Any]:
    """
    What Google offers to write to. It is asked only where somebody who has no
    scripts wants to see it; scripts fetch it once the page is there.
    """
    is_wanted = request.form.get("action") == "options" and form.kind.data == GOOGLE_SHEETS
    place, title = spreadsheet_from(form)
    files = files_of(form.account.data, asking=is_wanted)
    if files.is_empty and files.can_create and form.way.data == LISTED and not place:
        form.way.data = NEW
    return {
        "accounts": accounts(),
        "files": files,
        "tabs": tabs_of(form.account.data, place) if is_wanted else Tabs(),
        "file_kept": file_value(place, title) if form.way.data == LISTED else "",
        "destination_kept": destination_in_words(form),
    }


def _key_columns(found: Options, chosen: Sequence[str]) -> list[Column]:
    """Those by which rows may be told apart: what the sheet gets."""
    return [column for column in found.columns if column.key in chosen]


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


def _create(draft: Draft, start_anyway: bool) -> Importer:
    return current.services().importers.create(current.actor(), draft, start_anyway=start_anyway)


def _first_draft(connection_id: int, account_id: int | None = None) -> Draft:
    """*account_id* is the Google account to write with, where somebody asked for that."""
    zone = current.actor().workspace.time_zone
    target = proposals.first_target(current.services().importers.cards(current.actor()))
    if account_id is not None and account_id != target.connection_id:
        target = Target(GOOGLE_SHEETS, "", "", account_id)
    return Draft(
        name="",
        connection_id=connection_id,
        selection=Selection(_FIRST_ENTITY, time_zone=zone),
        target=target,
        schedule=Schedule(time_zone=zone),
    )
