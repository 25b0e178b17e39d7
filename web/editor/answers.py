"""Between a Draft and the answers of the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from wtforms import Field

from importers.model import (
    EXCEL,
    GOOGLE_SHEETS,
    Draft,
    Importer,
    Mode,
    Question,
    Refresh,
    Selection,
    Target,
    Vanished,
)
from importers.questions import in_words, unusual
from web.choices import MODES, OPTIONS, REFRESHES, VANISHED
from web.editor.brought import Settled, settled, usual_with
from web.editor.destination import LISTED, NEW, PASTED, as_googles
from web.editor.forms import CHOSEN, USUAL, EditorForm, is_filter
from web.editor.options import entity_named
from web.editor.schedule_answers import schedule_answers, schedule_from
from web.filters import count

_LONGEST_NAME = 255
_USUAL_KEY = "id"

C = TypeVar("C", bound=StrEnum)


def answers(draft: Draft) -> dict[str, Any]:
    """What the form shows for *draft*."""
    selection = draft.selection
    return {
        "name": draft.name,
        "connection_id": draft.connection_id,
        "entity": selection.entity,
        "filter": filter_value(selection.filter_id, selection.filter_name),
        "statuses": list(selection.statuses),
        "options": dict(selection.options),
        "refresh": selection.refresh.value,
        "vanished": selection.vanished.value,
        "columns_mode": USUAL if selection.columns is None else CHOSEN,
        "columns": list(_in_the_sheet(selection)),
        **_answers_for(draft.target),
        "options_for": options_key(draft.connection_id, selection.entity),
        **schedule_answers(draft.schedule),
    }


def draft_from(form: EditorForm, base: Draft) -> Draft:
    """*base* as the form changes it. Call it for a form that fits, or for a preview, which needs only the selection."""
    return Draft(
        name=form.name.data or "",
        connection_id=form.connection_id.data or 0,
        selection=_selection(form, base),
        target=_google_target(form)
        if form.kind.data == GOOGLE_SHEETS
        else Target(EXCEL, form.place.data or "", form.sheet.data or ""),
        schedule=schedule_from(form),
    )


def _answers_for(target: Target) -> dict[str, Any]:
    if target.kind == EXCEL:
        return {"kind": EXCEL, "place": target.place, "sheet": target.sheet}
    return {
        "kind": GOOGLE_SHEETS,
        "account": target.connection_id,
        "way": LISTED,
        "file": file_value(target.place, target.place_name),
        "tab": target.sheet,
        "start": target.start,
        "mode": target.mode.value,
        "key": target.key or _USUAL_KEY,
        **{name: getattr(target, name) for name in OPTIONS},
    }


def _google_target(form: EditorForm) -> Target:
    place, title = spreadsheet_from(form)
    mode = next((one for one in Mode if one.value == form.mode.data), Mode.REPLACE)
    target = Target(
        GOOGLE_SHEETS,
        place,
        form.tab.data or "",
        connection_id=form.account.data,
        place_name=title,
        start=form.start.data or "A1",
        mode=mode,
        key=(form.key.data or "") if mode is Mode.UPDATE else "",
    )
    options: dict[str, Any] = {name: bool(form[name].data) for name in OPTIONS}
    return replace(target, **options)


def spreadsheet_from(form: EditorForm) -> tuple[str, str]:
    """Its id or address, and its title as far as it is known; without the first it is to be created."""
    if form.way.data == NEW:
        return "", form.new_title.data or ""
    if form.way.data == PASTED:
        return as_googles(form.address.data or ""), ""
    place, _, title = (form.file.data or "").partition(":")
    return place, title[:_LONGEST_NAME]


def file_value(place: str, title: str) -> str:
    """A spreadsheet as one value of the form, its title with it: so that it can be shown without asking Google."""
    return f"{place}:{title}" if place else ""


def names_a_spreadsheet(form: EditorForm) -> bool:
    return any(spreadsheet_from(form))


def draft_of(importer: Importer) -> Draft:
    return Draft(importer.name, importer.connection_id, importer.selection, importer.target, importer.schedule)


def options_key(connection_id: int | None, entity: str | None) -> str:
    return f"{connection_id or ''}:{entity or ''}"


def drop_stale_choices(form: EditorForm) -> bool:
    """All but name, target and schedule belongs to one entity of one account; forget it when another was chosen."""
    if form.options_for.data == options_key(form.connection_id.data, form.entity.data):
        return False
    form.filter.data, form.statuses.data, form.options.data = "", [], {}
    form.columns_mode.data, form.columns.data = USUAL, []
    form.refresh.data, form.vanished.data = Refresh.EVERYTHING.value, Vanished.REMOVE.value
    form.options_for.data = options_key(form.connection_id.data, form.entity.data)
    return True


def kept_in_words(form: EditorForm) -> list[str]:
    """Those choices among filter, statuses, options and columns that are made."""
    _, filter_name = filter_from(form.filter.data)
    words = [f"filter “{filter_name}”"] if filter_name else []
    if form.statuses.data:
        words.append(f"status {' or '.join(form.statuses.data)}")
    words += in_words(_questions(form), form.options.data or {})
    words += [REFRESHES[chosen].lower() for chosen in _chosen(Refresh, form.refresh)]
    words += [VANISHED[chosen].lower() for chosen in _chosen(Vanished, form.vanished)]
    if form.columns_mode.data == CHOSEN:
        words.append(f"{count(len(form.columns.data or ()), 'chosen column')}")
    return words


def destination_in_words(form: EditorForm) -> str:
    """Workbook or spreadsheet, and what a run does there, as a copy keeps them."""
    if form.kind.data != GOOGLE_SHEETS:
        return f"workbook “{form.place.data}”"
    _, title = spreadsheet_from(form)
    chosen = next((one for one in Mode if one.value == form.mode.data), Mode.REPLACE)
    mode = "" if chosen is Mode.REPLACE else f", {MODES[chosen][0].lower()}"
    return f"Google spreadsheet “{title}”{mode}"


def _chosen(choice: type[C], field: Field) -> list[C]:
    """What was chosen, if it is not what everybody gets who chooses nothing."""
    usual = next(iter(choice))
    return [chosen for chosen in choice if chosen is not usual and chosen.value == field.data]


def filter_value(filter_id: int | None, name: str) -> str:
    """A filter as one value of the form, its name with it: so saving need not ask Pipedrive again."""
    return "" if filter_id is None else f"{filter_id}:{name}"


def filter_from(value: str | None) -> tuple[int | None, str]:
    number, _, name = (value or "").partition(":")
    return (int(number), name[:_LONGEST_NAME]) if is_filter(value or "") else (None, "")


def in_kept_order(picked: Sequence[str], kept: Sequence[str] | None) -> tuple[str, ...]:
    """The order of the picker, unless the same columns were kept in an order of their own."""
    unique = tuple(dict.fromkeys(picked))
    return tuple(kept) if kept and set(kept) == set(unique) else unique


def as_settled(form: EditorForm, base: Draft, usual: Sequence[str] = ()) -> Settled:
    """The answers and the columns as they go together; *usual* are those that there are unless columns are chosen."""
    questions, given, picked = _questions(form), form.options.data or {}, form.columns.data or ()
    if form.columns_mode.data == CHOSEN:
        return settled(questions, given, picked, _answers_before(form, base))
    return Settled(given, usual_with(questions, given, picked or usual))


def usual_count(form: EditorForm, usual: Sequence[str]) -> int:
    """How many columns the usual ones are, with those that come along with the answers."""
    return len(usual_with(_questions(form), form.options.data or {}, usual))


def _answers_before(form: EditorForm, base: Draft) -> Mapping[str, Sequence[str]]:
    return base.selection.options if base.selection.entity == form.entity.data else {}


def _in_the_sheet(selection: Selection) -> tuple[str, ...]:
    """The columns chosen; of the usual ones those the sheet has by now."""
    if selection.columns is not None:
        return selection.columns
    return selection.frozen.keys if selection.frozen else ()


def _selection(form: EditorForm, base: Draft) -> Selection:
    filter_id, filter_name = filter_from(form.filter.data)
    chosen = form.columns_mode.data == CHOSEN
    kept = base.selection.columns
    ours = as_settled(form, base)
    return replace(
        base.selection,
        entity=form.entity.data or "",
        columns=in_kept_order(ours.columns, kept) if chosen else None,
        frozen=base.selection.frozen if _keeps_its_sheet(form, base) else None,
        filter_id=filter_id,
        filter_name=filter_name,
        statuses=tuple(form.statuses.data or ()),
        refresh=Refresh(form.refresh.data or Refresh.EVERYTHING),
        vanished=Vanished(form.vanished.data or Vanished.REMOVE),
        options=unusual(_questions(form), {name: tuple(answer) for name, answer in ours.answers.items()}),
        time_zone=form.time_zone.data or "UTC",
    )


def _questions(form: EditorForm) -> tuple[Question, ...]:
    info = entity_named(form.entity.data)
    return info.questions if info else ()


def _keeps_its_sheet(form: EditorForm, base: Draft) -> bool:
    """
    Whether the columns of the sheet go on as they are, apart from those chosen
    or left out: not for another account or entity, nor for who goes back from
    a choice to the usual ones.
    """
    same = options_key(form.connection_id.data, form.entity.data) == options_key(
        base.connection_id, base.selection.entity
    )
    return same and (form.columns_mode.data == CHOSEN or base.selection.columns is None)
