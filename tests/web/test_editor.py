from __future__ import annotations

import json
from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from importers.model import Actor, Connection, Every, Importer, Refresh, Schedule, Selection, Target, Vanished
from importers.services import Services
from tests.builders import a_draft, a_target
from tests.contracts.store import never
from tests.web.browser import Browser
from tests.web.page import Page


def test_without_a_connection_it_leads_to_connecting(at_alice: Browser):
    page = at_alice.open("/importers/new")
    assert at_alice.path == "/connections/new"
    assert "Connect Pipedrive first" in page.text


def test_a_new_importer_is_ready_to_save(at_alice: Browser, services: Services, alice: Actor, connection: Connection):
    form = at_alice.open("/importers/new").form()
    assert form.value("name") == "Deals to Excel"
    assert form.value("entity") == "deals"
    assert form.value("place") == "Pipedrive"
    assert form.value("sheet") == "Deals"
    page = at_alice.submit(press="save")
    assert at_alice.path == "/"
    assert "“Deals to Excel” is saved." in page.text
    (card,) = services.importers.cards(alice)
    assert card.importer.selection == Selection("deals", time_zone="Europe/Tallinn")
    assert card.importer.target == Target("excel", "Pipedrive", "Deals")
    assert card.importer.schedule.every is Every.MANUAL


def test_the_everyday_stands_in_sight_and_the_rest_under_headings(
    at_alice: Browser, services: Services, connection: Connection
):
    page = at_alice.open("/importers/new")
    everyday = [radio.attrs["value"] for radio in page.root.find("div", **{"class": "choices"}).find_all("input")]
    groups = page.root.find_all("fieldset", **{"class": "choice-group"})
    deep = {
        group.find("legend").text: [radio.attrs["value"] for radio in group.find_all("input", name="entity")]
        for group in groups
    }
    infos = services.importers.entities()
    rest = [info for info in infos if info.name not in everyday]
    assert everyday[0] == "deals"
    assert deep == {
        heading: [info.name for info in rest if info.group == heading] for heading in {info.group for info in rest}
    }
    assert len(everyday) + sum(map(len, deep.values())) == len(infos)


def test_what_lies_deep_is_unfolded_when_it_is_chosen(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    def is_open(path: str) -> bool:
        return "open" in at_alice.open(path).root.find("details", **{"class": "more-choices"}).attrs

    shallow = services.importers.create(alice, a_draft(connection_id=connection.id))
    deep = services.importers.create(
        alice,
        a_draft(
            connection_id=connection.id, name="Roles", selection=Selection("roles"), target=a_target(sheet="Roles")
        ),
    )
    assert not is_open(f"/importers/{shallow.id}/edit")
    assert is_open(f"/importers/{deep.id}/edit")


def test_save_and_run_leads_to_the_run(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="run")
    assert at_alice.path == "/runs/1"
    assert page.links()["View results"] == "/importers/1/results"


def test_everything_that_can_be_set_is_kept(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    form = at_alice.open("/importers/new").form()
    filter_value = next(
        option.attrs["value"] for option in form.element.find("select", name="filter").find_all("option")[1:]
    )
    at_alice.submit(
        press="save",
        name="Won on Mondays",
        filter=filter_value,
        statuses=["won", "lost"],
        columns_mode="chosen",
        columns=["id", "title", "status"],
        place="Sales",
        sheet="Won",
        every="weeks",
        weekdays=["0", "4"],
        at="07:30",
        time_zone="America/New_York",
    )
    (card,) = services.importers.cards(alice)
    importer = card.importer
    number, _, name = filter_value.partition(":")
    assert importer.name == "Won on Mondays"
    assert replace(importer.selection, frozen=None) == Selection(
        "deals",
        columns=("id", "title", "status"),
        filter_id=int(number),
        filter_name=name,
        statuses=("won", "lost"),
        time_zone="America/New_York",
    )
    assert importer.target == Target("excel", "Sales", "Won")
    assert importer.schedule == Schedule(Every.DAYS, 1, (0, 4), time(7, 30), "America/New_York")


def test_what_an_entity_asks_is_kept_shown_and_copied(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    at_alice.open("/importers/new")
    at_alice.submit(press="options", entity="mail-messages")
    at_alice.submit(press="save", **{"option:folders": ["inbox", "sent"], "option:messages": "first"})
    (card,) = services.importers.cards(alice)
    assert card.importer.selection.options == {"folders": ("inbox", "sent"), "messages": ("first",)}
    for page in ("edit", "copy"):
        form = at_alice.open(f"/importers/{card.importer.id}/{page}").form()
        assert form.fields()["option:folders"] == ["inbox", "sent"]
        assert (form.value("option:messages"), form.value("option:text")) == ("first", "none")
    assert "folders: inbox, sent, messages: the first of each thread" in at_alice.page.text
    at_alice.submit(press="save")
    copied = next(other for other in services.importers.cards(alice) if other.importer.id != card.importer.id)
    assert copied.importer.selection.options == card.importer.selection.options


def test_what_a_run_reads_and_what_becomes_of_removed_rows_is_kept_shown_and_copied(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    at_alice.open("/importers/new")
    at_alice.submit(press="save", refresh="weekly", vanished="move")
    (card,) = services.importers.cards(alice)
    selection = card.importer.selection
    assert (selection.refresh, selection.vanished) == (Refresh.WEEKLY, Vanished.MOVE)
    for page in ("edit", "copy"):
        form = at_alice.open(f"/importers/{card.importer.id}/{page}").form()
        assert (form.value("refresh"), form.value("vanished")) == ("weekly", "move")
    assert "only what changed, and everything once a week" in at_alice.page.text
    at_alice.open(f"/importers/{card.importer.id}")
    assert "Only what changed, and everything once a week" in at_alice.page.text
    assert "Its row moves to a second sheet" in at_alice.page.text


@pytest.mark.parametrize(("entity", "there"), [("deals", 2), ("files", 1), ("deal-changes", 0), ("mail-messages", 2)])
def test_only_what_pipedrive_tells_can_be_chosen(at_alice: Browser, connection: Connection, entity: str, there: int):
    at_alice.open(f"/editor/options?connection_id={connection.id}&entity={entity}")
    assert sum(f'name="{name}"' in at_alice.page.html for name in ("refresh", "vanished")) == there


def test_a_copy_of_something_else_asks_afresh(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    draft = a_draft(connection_id=connection.id, selection=Selection("mail-threads", options={"folders": ("sent",)}))
    original = services.importers.create(alice, draft)
    at_alice.open(f"/importers/{original.id}/copy")
    at_alice.submit(press="save", entity="roles", name="Roles", sheet="Roles")
    assert [card.importer.selection.options for card in services.importers.cards(alice)] == [
        {"folders": ("sent",)},
        {},
    ]


def test_a_preview_shows_what_was_chosen(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    at_alice.submit(press="options", entity="mail-threads")
    page = at_alice.submit(press="preview", **{"option:folders": ["archive"]})
    shown = page.root.find("table", **{"class": "grid"})
    folders = [row.find_all("td")[1].text.strip() for row in shown.find("tbody").find_all("tr")]
    assert folders
    assert set(folders) <= {"archive"}


def test_an_answer_that_does_not_exist_is_refused_at_its_place(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    at_alice.submit(press="options", entity="mail-threads")
    page = at_alice.submit(press="save", **{"option:folders": ["spam"]})
    assert "no 'spam' to choose for “folders”" in page.text


def test_editing_shows_what_was_kept_and_changes_nothing_by_itself(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    draft = a_draft(
        connection_id=connection.id,
        selection=Selection("deals", columns=("title", "id"), statuses=("open",), limit=7, time_zone="Asia/Tokyo"),
        schedule=Schedule(Every.MINUTES, 30, (1, 2), time(9, 0), "Asia/Tokyo"),
    )
    before = services.importers.create(alice, draft)
    page = at_alice.open(f"/importers/{before.id}/edit")
    assert page.heading == "Edit Deals to Excel"
    at_alice.submit(press="save")
    after = services.importers.get(alice, before.id)
    assert after.selection == before.selection
    assert after.schedule == before.schedule
    assert (after.name, after.target, after.next_run_at) == (before.name, before.target, before.next_run_at)


@pytest.mark.parametrize(
    ("answers", "field", "told"),
    [
        ({"name": "  "}, "name", "Give the importer a name."),
        ({"name": "x" * 121}, "name", "at most 120 characters"),
        ({"place": ""}, "place", "Name the workbook to write to."),
        ({"sheet": ""}, "sheet", "Name the sheet to write to."),
        ({"sheet": "s" * 32}, "sheet", "at most 31 characters"),
        ({"every": "hours", "number": ""}, "number", "Type a whole number"),
        ({"every": "hours", "number": "2.5"}, "number", "Type a whole number"),
        ({"every": "days", "at": "25:00"}, "at", "Type a time of day"),
        ({"columns_mode": "chosen", "columns": None}, "columns", "Choose at least one column"),
        ({"sheet": "a/b"}, "sheet", "A sheet's name may not contain"),
        ({"place": "CON"}, "place", "Windows keeps the name"),
        ({"place": "p" * 101}, "place", "at most 100 characters"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_the_rest_is_kept(
    at_alice: Browser, connection: Connection, answers: dict[str, Any], field: str, told: str
):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", **{"statuses": ["won"], "time_zone": "Asia/Tokyo", **answers})
    assert at_alice.status == 422
    assert told in page.root.find(id=f"{field}-error").text
    form = page.form()
    assert form.value("statuses") == "won"
    assert form.value("time_zone") == "Asia/Tokyo"
    for name, value in answers.items():
        if isinstance(value, str) and name not in ("number", "at", "name"):
            assert form.value(name) == value


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"entity": "unicorns"}, "unicorns"),
        ({"connection_id": "77"}, "connection"),
        ({"every": "minutes", "number": "9999"}, "not possible"),
        ({"every": "days", "number": "0"}, "not possible"),
        ({"time_zone": "Mars/Olympus"}, "time zone"),
        ({"columns_mode": "chosen", "columns": ["id", "no-such-column"]}, "no-such-column"),
    ],
)
def test_what_the_services_refuse_is_told_on_the_page(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection, answers: dict[str, Any], told: str
):
    at_alice.open("/importers/new")
    if {"entity", "connection_id"} & set(answers):
        answers = {**answers, "options_for": None}
    page = at_alice.submit(press="save", **answers)
    assert at_alice.status == 422
    assert told.lower() in page.root.find("main").text.lower()
    assert services.importers.cards(alice) == []


@pytest.mark.parametrize(
    "answers",
    [{"connection_id": "x"}, {"connection_id": "9" * 40}, {"every": "moon"}, {"every": "weeks", "weekdays": "9"}],
)
def test_answers_no_form_would_send_do_no_harm(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection, answers: dict[str, str]
):
    at_alice.open("/importers/new")
    at_alice.submit(press="save", **answers)
    assert at_alice.status == 422
    assert services.importers.cards(alice) == []


def test_a_taken_sheet_names_the_importer_that_has_it(at_alice: Browser, importer: Importer):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", place="Pipesheet", sheet="Deals", name="Another")
    assert "“Deals to Excel” writes to the sheet Deals" in page.root.find(id="sheet-error").text


def test_the_next_importer_is_proposed_a_free_sheet_and_the_same_workbook(at_alice: Browser, importer: Importer):
    form = at_alice.open("/importers/new").form()
    assert form.value("place") == "Pipesheet"
    assert form.value("sheet") == "Deals (2)"
    assert form.value("name") == "Deals to Excel (2)"


def test_without_scripts_options_follow_the_entity(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="options", entity="persons", columns_mode="chosen", columns=["id", "title"])
    assert at_alice.status == 200
    form = page.form()
    assert form.value("entity") == "persons"
    assert form.value("name") == "Persons to Excel"
    assert form.value("sheet") == "Persons"
    assert form.value("columns_mode") == "usual"
    assert not page.root.find_all("input", name="statuses")
    assert "title" not in [box.attrs["value"] for box in page.root.find_all("input", name="columns")]


def test_a_typed_name_stays_when_the_entity_changes(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="options", entity="persons", name="My people")
    assert page.form().value("name") == "My people"


def test_columns_of_another_entity_are_forgotten_on_saving(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    at_alice.open("/importers/new")
    at_alice.submit(press="save", entity="persons", statuses=["won"], columns_mode="chosen", columns=["id", "title"])
    (card,) = services.importers.cards(alice)
    assert card.importer.selection == Selection("persons", time_zone="Europe/Tallinn")


def test_the_picker_groups_columns_and_ticks_the_usual_ones(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    page = at_alice.open("/importers/new")
    columns = services.importers.columns(alice, connection.id, "deals")
    boxes = page.root.find_all("input", name="columns")
    assert {box.attrs["value"] for box in boxes} == {column.key for column in columns}
    ticked = {box.attrs["value"] for box in boxes if "checked" in box.attrs}
    assert ticked == {column.key for column in columns if column.usual}


def test_a_column_that_is_gone_can_be_seen_and_unticked(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection, importer: Importer, store: Any
):
    draft = a_draft(connection_id=connection.id, selection=Selection("deals", columns=("id", "gone-field")))
    store.change_importer(alice.workspace.id, importer.id, draft, next_turn=never, now=services.clock.now())
    page = at_alice.open(f"/importers/{importer.id}/edit")
    assert "No longer in Pipedrive" in page.text
    at_alice.submit(press="save", columns=["id"])
    assert services.importers.get(alice, importer.id).selection.columns == ("id",)


def test_vendor_trouble_shows_in_place_and_nothing_is_lost(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection, pretend: Any
):
    draft = a_draft(
        connection_id=connection.id,
        selection=Selection("deals", columns=("title", "id"), filter_id=3, filter_name="Mine"),
    )
    before = services.importers.create(alice, draft)
    pretend.faults.add("server_error", status=502)
    page = at_alice.open(f"/importers/{before.id}/edit")
    assert at_alice.status == 200
    assert "Your settings are kept" in page.text
    assert "2 chosen columns kept." in page.text
    at_alice.submit(press="save", sheet="Other", time_zone="UTC")
    after = services.importers.get(alice, before.id)
    assert after.target.sheet == "Other"
    assert after.selection.columns == ("title", "id")
    assert (after.selection.filter_id, after.selection.filter_name) == (3, "Mine")


def test_options_are_sent_as_a_piece_of_page(at_alice: Browser, connection: Connection):
    page = at_alice.open(f"/editor/options?connection_id={connection.id}&entity=leads")
    assert not page.root.find_all("html")
    proposal = next(one for one in page.root.walk() if "data-proposed-name" in one.attrs)
    assert proposal.attrs["data-proposed-name"] == "Leads to Excel"
    assert page.root.find("input", name="options_for").attrs["value"] == f"{connection.id}:leads"


@pytest.mark.parametrize(
    "query", ["", "?entity=deals", "?connection_id=x&entity=deals", "?connection_id=1&entity=%3Cb%3E"]
)
def test_options_of_nothing_are_empty(at_alice: Browser, connection: Connection, query: str):
    page = at_alice.open(f"/editor/options{query}")
    assert at_alice.status == 200
    assert not page.root.find_all("input", name="columns")


def test_the_schedule_is_put_in_words_while_it_is_typed(at_alice: Browser):
    answer = at_alice.client.get("/editor/schedule?every=weeks&weekdays=0&weekdays=2&at=09:00&time_zone=Europe/Tallinn")
    told = json.loads(answer.text)
    assert told["words"] == "Every Monday and Wednesday at 09:00 (Europe/Tallinn)"
    assert told["problem"] == ""
    assert [moment["at"] for moment in told["next"]] == [
        "2026-01-05T07:00:00+00:00",
        "2026-01-07T07:00:00+00:00",
        "2026-01-12T07:00:00+00:00",
        "2026-01-14T07:00:00+00:00",
        "2026-01-19T07:00:00+00:00",
    ]
    assert told["next"][0]["text"] == "Mon 5 Jan 2026, 09:00:00 EET"


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("every=hours&number=x", "Type a whole number"),
        ("every=hours&number=0", "not possible"),
        ("every=days&number=1&at=99:99", "Type a time of day"),
        ("every=days&number=1&at=09:00&time_zone=Nowhere", "no time zone"),
        ("every=weeks&at=09:00", "Tick at least one day"),
    ],
)
def test_a_schedule_that_does_not_fit_is_explained(at_alice: Browser, query: str, problem: str):
    told = json.loads(at_alice.client.get(f"/editor/schedule?{query}").text)
    assert problem in told["problem"]
    assert told["next"] == []


def test_without_scripts_the_page_tells_the_schedule_too(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="options", every="hours", number="6", time_zone="UTC")
    assert "Every 6 hours" in page.root.find(id="schedule-words").text


class TestCopy:
    @pytest.fixture
    def page(self, at_alice: Browser, services: Services, alice: Actor, connection: Connection) -> Page:
        draft = a_draft(
            connection_id=connection.id,
            selection=Selection("deals", columns=("id", "title"), time_zone="Asia/Tokyo"),
            schedule=Schedule(Every.HOURS, 6, time_zone="Asia/Tokyo"),
        )
        importer = services.importers.create(alice, draft)
        return at_alice.open(f"/importers/{importer.id}/copy")

    def test_exactly_entity_sheet_and_name_are_put_in_focus_in_this_order(self, page: Page):
        marked = [one for one in page.root.walk() if "to-look-at" in one.attrs.get("class", "")]
        names = [one.find("input").attrs["name"] for one in marked]
        assert names == ["entity", "sheet", "name"]
        focused = [one.attrs["id"] for one in page.root.walk() if "autofocus" in one.attrs]
        assert focused == ["entity-deals"]

    def test_everything_else_is_folded_away(self, page: Page):
        rest = page.root.find("details", class_="card-box rest")
        assert "open" not in rest.attrs
        assert "Everything else stays as in “Deals to Excel”" in rest.find("summary").text
        folded = {one.attrs.get("name") for one in rest.find_all("input", "select")}
        assert {"connection_id", "place", "every", "time_zone", "columns"} <= folded
        assert not folded & {"entity", "sheet", "name"}

    def test_a_free_name_and_sheet_are_filled_in(self, page: Page):
        assert page.form().value("name") == "Copy of Deals to Excel"
        assert page.form().value("sheet") == "Deals (2)"

    def test_saving_makes_another_one_and_leaves_the_first(
        self, page: Page, at_alice: Browser, services: Services, alice: Actor
    ):
        at_alice.submit(press="save")
        copy, first = sorted((card.importer for card in services.importers.cards(alice)), key=lambda one: one.name)
        assert first.name == "Deals to Excel"
        assert copy.target == a_target("Deals (2)")
        assert copy.selection == first.selection
        assert copy.schedule == first.schedule

    def test_another_entity_brings_its_own_names_and_columns(
        self, page: Page, at_alice: Browser, services: Services, alice: Actor
    ):
        at_alice.submit(press="run", entity="leads")
        assert at_alice.path == "/runs/1"
        names = {card.importer.name: card.importer for card in services.importers.cards(alice)}
        leads = names["Leads to Excel"]
        assert leads.target == a_target("Leads")
        assert replace(leads.selection, frozen=None) == Selection("leads", time_zone="Asia/Tokyo")
        assert leads.selection.frozen is not None
        assert "lead_id" not in leads.selection.frozen.keys

    def test_a_mistake_unfolds_the_rest(self, page: Page, at_alice: Browser):
        page = at_alice.submit(press="save", place="")
        assert "open" in page.root.find("details", class_="card-box rest").attrs


@pytest.mark.parametrize("forged", ["9" * 5000 + ":x", "-1:x", "x", "٣:x"])
def test_a_filter_that_can_be_none_is_not_mistaken_for_no_filter(at_alice: Browser, importer: Importer, forged: str):
    at_alice.open(f"/importers/{importer.id}/edit")
    page = at_alice.submit(press="save", filter=forged)
    assert at_alice.status == 422
    assert page.root.find(id="filter-error").text == "Choose a filter from the list, or none."
    at_alice.open(f"/importers/{importer.id}/edit")
    at_alice.submit(press="preview", filter=forged)
    assert at_alice.status == 200


def test_a_name_that_another_importer_has_is_told_at_its_field(at_alice: Browser, importer: Importer):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", name="Deals to Excel")
    assert at_alice.status == 422
    assert "called “Deals to Excel” already" in page.root.find(id="name-error").text
    field = page.root.find("input", id="name")
    assert (field.attrs["aria-invalid"], field.attrs["aria-describedby"]) == ("true", "name-error")


def test_nothing_typed_is_cut_by_the_browser(at_alice: Browser, connection: Connection):
    fields = at_alice.open("/importers/new").form().element.find_all("input")
    assert not [one for one in fields if "maxlength" in one.attrs]


def test_a_preview_without_any_column_is_refused_at_the_field(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="preview", columns_mode="chosen", columns=None)
    assert at_alice.status == 422
    assert "Choose at least one column" in page.root.find(id="columns-error").text
    assert not page.root.find_all("table")


def test_what_no_choice_means_is_said(at_alice: Browser, connection: Connection):
    page = at_alice.open("/importers/new")
    assert "(none ticked: all but deleted)" in page.text
    assert page.root.find("select", name="filter").find("option").text == "No filter"
    assert "Filter and status combine" in page.text


@pytest.mark.parametrize("press", ["save", "cancel"])
def test_the_editor_leads_back_to_where_it_was_opened(at_alice: Browser, importer: Importer, press: str):
    own = f"/importers/{importer.id}"
    at_alice.open(at_alice.open(own).links()["Edit"])
    if press == "cancel":
        assert at_alice.page.links()["Cancel"] == own
        return
    at_alice.submit(press="save")
    assert at_alice.path == own


def test_the_editor_leads_to_no_other_site(at_alice: Browser, importer: Importer):
    at_alice.open(f"/importers/{importer.id}/edit?next=//evil.example/")
    at_alice.submit(press="save")
    assert at_alice.path == "/"


def test_minutes_and_hours_say_where_counting_begins(at_alice: Browser):
    for every, note in (("minutes", "Counted from midnight."), ("hours", "Counted from midnight."), ("days", "")):
        told = json.loads(at_alice.client.get(f"/editor/schedule?every={every}&number=5&at=09:00").text)
        assert told["note"] == note


@pytest.mark.parametrize("typed", ["07:30", "7:30", "07.30", "7:30 AM", "07:30:00"])
def test_a_time_of_day_may_be_typed_in_several_ways(at_alice: Browser, typed: str):
    query = {"every": "days", "number": "1", "at": typed, "time_zone": "UTC"}
    told = json.loads(at_alice.client.get("/editor/schedule", query_string=query).text)
    assert told["words"] == "Every day at 07:30 (UTC)"


def test_time_zones_are_offered_once_with_their_offset(at_alice: Browser, connection: Connection):
    select = at_alice.open("/importers/new").root.find("select", name="time_zone")
    zones = {one.attrs["value"]: one.text for one in select.find_all("option")}
    assert zones["Europe/Amsterdam"] == "Amsterdam (UTC+01:00)"
    assert zones["America/Argentina/Buenos_Aires"] == "Argentina/Buenos Aires (UTC-03:00)"
    assert zones["UTC"] == "UTC"
    assert "Asia/Kolkata" in zones
    assert "Asia/Calcutta" not in zones


def test_a_zone_that_is_kept_stays_whatever_it_is_called_now(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    draft = a_draft(connection_id=connection.id, schedule=Schedule(time_zone="Asia/Calcutta"))
    importer = services.importers.create(alice, draft)
    assert at_alice.open(f"/importers/{importer.id}/edit").form().value("time_zone") == "Asia/Calcutta"


class TestWhatACopyKeeps:
    @pytest.fixture
    def importer(self, services: Services, alice: Actor, connection: Connection) -> Importer:
        selection = Selection("deals", columns=("id",), filter_id=3, filter_name="Mine", statuses=("won", "lost"))
        return services.importers.create(alice, a_draft(connection_id=connection.id, selection=selection))

    def _promise(self, page: Page) -> list[str]:
        summary = page.root.find("details", class_="card-box rest").find("summary")
        return [
            one.text
            for one in summary.find_all("span")
            if {"data-kept", "data-afresh"} & set(one.attrs) and "hidden" not in one.attrs
        ]

    def test_it_names_what_is_set(self, at_alice: Browser, importer: Importer):
        page = at_alice.open(f"/importers/{importer.id}/copy")
        assert self._promise(page) == [", filter “Mine” , status won or lost , 1 chosen column".replace(" ,", ",")]

    def test_another_entity_starts_afresh(self, at_alice: Browser, importer: Importer):
        at_alice.open(f"/importers/{importer.id}/copy")
        page = at_alice.submit(press="options", entity="persons")
        assert self._promise(page) == ["Filter, status and columns start afresh for Persons ."]

    def test_nothing_set_is_not_promised(
        self, at_alice: Browser, services: Services, alice: Actor, connection: Connection
    ):
        plain = services.importers.create(alice, a_draft(connection_id=connection.id))
        assert self._promise(at_alice.open(f"/importers/{plain.id}/copy")) == [""]


def test_optional_settings_asked_for_without_scripts_are_open(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="options", entity="persons")
    assert "open" in page.root.find("details", class_="more").attrs


def test_the_schedule_speaks_of_its_own_mistakes_only(at_alice: Browser, connection: Connection):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", sheet="a/b", every="hours", number="6", minute="0", time_zone="UTC")
    assert page.root.find(id="schedule-words").find("strong").text == "Every 6 hours (UTC)"
    page = at_alice.submit(press="save", every="hours", number="x")
    assert page.root.find(id="number-error").text == "Type a whole number, such as 2."
    assert page.root.find(id="schedule-words").find("strong").text == ""
