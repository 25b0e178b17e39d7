"""Schedules in the editor: every rhythm, what is told of it, and what happens when it is saved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from importers.model import (
    LAST,
    WORKING_DAY,
    Actor,
    Beginning,
    Connection,
    Due,
    Every,
    Importer,
    Line,
    Missed,
    Schedule,
)
from importers.schedule import check, upcoming
from importers.services import Services
from importers.services.dispatch import beginnings_at
from importers.store.sql import SqlStore
from tests.builders import a_draft, a_target
from tests.fakes import FakeClock
from tests.web.browser import Browser
from web.editor.schedule_answers import schedule_answers, schedule_from
from web.editor.schedule_forms import USES, ScheduleForm
from web.editor.timetable import timetable

TALLINN = {"time_zone": "Europe/Tallinn"}
RHYTHMS: list[tuple[dict[str, Any], Schedule, str]] = [
    ({"every": "manual"}, Schedule(), "Manually"),
    (
        {"every": "minutes", "number": "15", "minute": "0"},
        Schedule(Every.MINUTES, 15),
        "Every 15 minutes (Europe/Tallinn)",
    ),
    (
        {"every": "minutes", "number": "30", "minute": "17", "weekdays": ["0", "1", "2", "3", "4"]},
        Schedule(Every.MINUTES, 30, (0, 1, 2, 3, 4), minute=17),
        "Every 30 minutes at 17 and 47 past on weekdays (Europe/Tallinn)",
    ),
    (
        {"every": "hours", "number": "2", "minute": "23"},
        Schedule(Every.HOURS, 2, minute=23),
        "Every 2 hours at 23 past (Europe/Tallinn)",
    ),
    (
        {"every": "hours", "number": "1", "minute": "23", "opens": "8:00", "closes": "6 pm"},
        Schedule(Every.HOURS, 1, minute=23, opens=time(8), closes=time(18)),
        "Every hour from 08:00 to 18:00 (Europe/Tallinn)",
    ),
    (
        {"every": "days", "number": "1", "at": "17:30; 9:00 and 1 pm"},
        Schedule(Every.DAYS, 1, at=time(9), more_times=(time(13), time(17, 30))),
        "Every day at 09:00, 13:00 and 17:30 (Europe/Tallinn)",
    ),
    (
        {"every": "days", "number": "3", "at": "07:30", "starts_on": "2026-02-01", "ends_on": "2026-03-01"},
        Schedule(Every.DAYS, 3, at=time(7, 30), starts_on=date(2026, 2, 1), ends_on=date(2026, 3, 1)),
        "Every 3 days at 07:30 (Europe/Tallinn) from 1 February 2026 until 1 March 2026",
    ),
    (
        {"every": "weeks", "weekdays": ["4", "0"], "at": "07:30", "missed": "skip"},
        Schedule(Every.DAYS, 1, (0, 4), time(7, 30), missed=Missed.SKIP),
        "Every Monday and Friday at 07:30 (Europe/Tallinn)",
    ),
    (
        {"every": "months", "number": "1", "at": "06:00", "month_by": "day", "month_day": "31"},
        Schedule(Every.MONTHS, 1, at=time(6), month_day=31),
        "On the 31st (or last) of every month at 06:00 (Europe/Tallinn)",
    ),
    (
        {"every": "months", "number": "3", "at": "06:00", "month_by": "day", "month_day": "-1"},
        Schedule(Every.MONTHS, 3, at=time(6), month_day=LAST),
        "On the last day of every 3rd month at 06:00 (Europe/Tallinn)",
    ),
    (
        {"every": "months", "number": "1", "at": "06:00", "month_by": "weekday", "nth": "-1", "nth_day": "7"},
        Schedule(Every.MONTHS, 1, at=time(6), nth=LAST, nth_day=WORKING_DAY),
        "On the last working day of every month at 06:00 (Europe/Tallinn)",
    ),
    (
        {"every": "months", "number": "1", "at": "06:00", "month_by": "weekday", "nth": "1", "nth_day": "0"},
        Schedule(Every.MONTHS, 1, at=time(6), nth=1, nth_day=0),
        "On the first Monday of every month at 06:00 (Europe/Tallinn)",
    ),
    ({"every": "cron", "cron": "30 8 * * 1-5"}, Schedule(Every.CRON, cron="30 8 * * 1-5"), "At 08:30"),
]


def sent(answers: dict[str, Any]) -> MultiDict[str, str]:
    return MultiDict({name: value for name, value in answers.items() if value is not None})


def asked(browser: Browser, answers: dict[str, Any]) -> dict[str, Any]:
    return json.loads(browser.client.get("/editor/schedule", query_string=sent(answers)).text)


@pytest.fixture
def fresh(services: Services, alice: Actor, connection: Connection) -> Importer:
    return services.importers.create(alice, a_draft(connection_id=connection.id))


@pytest.mark.parametrize(("answers", "schedule", "words"), RHYTHMS)
def test_every_rhythm_is_kept_told_and_shown_again(
    at_alice: Browser, services: Services, alice: Actor, fresh: Importer, answers: Any, schedule: Schedule, words: str
):
    edit = f"/importers/{fresh.id}/edit"
    at_alice.open(edit)
    at_alice.submit(press="save", **TALLINN, **answers)
    kept = services.importers.get(alice, fresh.id)
    assert kept.schedule == replace(schedule, time_zone="Europe/Tallinn")
    page = at_alice.open(edit)
    assert page.root.find(id="schedule-words").find("strong").text.startswith(words)
    at_alice.submit(press="save")
    assert services.importers.get(alice, fresh.id).schedule == kept.schedule
    assert words in at_alice.open("/").text
    assert words in at_alice.open(f"/importers/{fresh.id}").text


@pytest.mark.parametrize(("answers", "schedule", "words"), RHYTHMS)
def test_the_next_runs_are_those_that_fire(
    at_alice: Browser, clock: FakeClock, answers: Any, schedule: Schedule, words: str
):
    told = asked(at_alice, {**TALLINN, **answers})
    expected = upcoming(replace(schedule, time_zone="Europe/Tallinn"), clock.now(), 5)
    assert [datetime.fromisoformat(moment["at"]) for moment in told["next"]] == expected
    assert told["words"].startswith(words)
    assert told["problem"] == ""


AROUND_CHANGES = [
    # Some hours before the clocks of a zone skip an hour or show it twice, in order; and a zone without any.
    ("America/New_York", "2026-03-07 20:00"),
    ("Europe/Amsterdam", "2026-03-28 20:00"),
    ("Australia/Lord_Howe", "2026-04-04 02:00"),  # half an hour
    ("Asia/Kathmandu", "2026-07-01 12:34"),
    ("Europe/Amsterdam", "2026-10-24 20:00"),
    ("America/New_York", "2026-10-31 20:00"),
]
AT_NIGHT: list[tuple[dict[str, Any], Schedule]] = [
    ({"every": "days", "number": "1", "at": "02:30"}, Schedule(Every.DAYS, at=time(2, 30))),
    (
        {"every": "days", "number": "1", "at": "1:45, 2:15"},
        Schedule(Every.DAYS, at=time(1, 45), more_times=(time(2, 15),)),
    ),
    ({"every": "minutes", "number": "20", "minute": "7"}, Schedule(Every.MINUTES, 20, minute=7)),
    (
        {"every": "hours", "number": "1", "minute": "0", "opens": "22:00", "closes": "04:00"},
        Schedule(Every.HOURS, opens=time(22), closes=time(4)),
    ),
    ({"every": "cron", "cron": "30 2 * * *"}, Schedule(Every.CRON, cron="30 2 * * *")),
    ({"every": "cron", "cron": "*/20 1-2 * * *"}, Schedule(Every.CRON, cron="*/20 1-2 * * *")),
]


@pytest.mark.parametrize(
    ("answers", "schedule"), [row[:2] for row in RHYTHMS if row[1].every is not Every.MANUAL] + AT_NIGHT
)
def test_what_the_page_announces_is_what_the_clock_starts(
    at_alice: Browser,
    services: Services,
    store: SqlStore,
    alice: Actor,
    connection: Connection,
    clock: FakeClock,
    answers: Any,
    schedule: Schedule,
):
    """Each of the five moments, and none in between; also where clocks change."""
    for number, (zone, begins) in enumerate(AROUND_CHANGES):
        move_to(clock, datetime.fromisoformat(begins).replace(tzinfo=UTC))
        schedule = replace(schedule, time_zone=zone, starts_on=None, ends_on=None)
        draft = a_draft(name=str(number), connection_id=connection.id, schedule=schedule, target=a_target(str(number)))
        importer = services.importers.create(alice, draft, start_anyway=True)
        told = asked(at_alice, {**answers, "time_zone": zone, "starts_on": None, "ends_on": None})["next"]
        assert len(told) == 5
        for moment in (datetime.fromisoformat(one["at"]) for one in told):
            move_to(clock, moment - timedelta(seconds=1))
            assert begun(store, clock) == [], (zone, moment)
            move_to(clock, moment)
            assert begun(store, clock) == [importer.id], (zone, moment)
        services.importers.pause(alice, importer.id)


def begun(store: SqlStore, clock: FakeClock) -> list[int]:
    """The importers whose turn the clock takes now; each run is over at once."""
    taken: list[int] = []
    begin = beginnings_at(clock.now())

    def note(due: Due) -> Beginning:
        taken.append(due.importer_id)
        return begin(due)

    store.take_turns(clock.now(), limit=9, begin=note)
    for run in store.runs_to_send(clock.now(), per_connection=9, limit=9):
        store.cancel_run(run.workspace_id, run.id, line=Line("Enough."), now=clock.now())
    return taken


def move_to(clock: FakeClock, moment: datetime) -> None:
    clock.advance(seconds=(moment - clock.now()).total_seconds())


@pytest.mark.parametrize(
    "odd",
    [
        Schedule(Every.HOURS, time_zone="Atlantis"),
        Schedule(Every.HOURS, time_zone="Atlantis", ends_on=date(2026, 12, 31)),
        Schedule(Every.CRON, cron="once in a blue moon"),
        Schedule(Every.DAYS, starts_on=date(9999, 12, 30)),
        Schedule(Every.HOURS, starts_on=date(9999, 12, 31), time_zone="America/New_York"),
        Schedule(Every.HOURS, starts_on=date(1, 1, 1), ends_on=date(9999, 12, 31), time_zone="Asia/Tokyo"),
    ],
)
def test_a_schedule_that_would_be_refused_today_can_be_seen_and_changed(
    at_alice: Browser, services: Services, store: SqlStore, alice: Actor, connection: Connection, odd: Schedule
):
    far = None if odd.ends_on else datetime(9999, 12, 30, 9, tzinfo=UTC)
    importer = store.add_importer(
        alice.workspace.id,
        a_draft(connection_id=connection.id, schedule=odd),
        next_run_at=far,
        now=services.clock.now(),
    )
    for path in ("/", f"/importers/{importer.id}", f"/importers/{importer.id}/edit"):
        at_alice.open(path)
        assert at_alice.status == 200, path
    at_alice.submit(press="save", every="hours", number="1", minute="0", starts_on="", ends_on="", time_zone="UTC")
    assert services.importers.get(alice, importer.id).schedule == Schedule(Every.HOURS)


# --- all schedules there are ---

clock_times = st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0))
some_days = st.lists(st.integers(0, 6), unique=True).map(lambda days: tuple(sorted(days)))
windows = st.one_of(st.just({}), st.fixed_dictionaries({"opens": clock_times, "closes": clock_times}))
spans = st.fixed_dictionaries(
    {
        "starts_on": st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        "ends_on": st.none() | st.dates(date(2028, 1, 1), date(2030, 12, 31)),
        "missed": st.sampled_from(Missed),
        "time_zone": st.sampled_from(["UTC", "Europe/Tallinn", "Pacific/Apia", "America/New_York"]),
    }
)


@st.composite
def times_of_day(draw: st.DrawFn) -> dict[str, Any]:
    first, *others = sorted(draw(st.sets(clock_times, min_size=1, max_size=4)))
    return {"at": first, "more_times": tuple(others)}


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Of every rhythm, with no answer that the rhythm has no use for."""
    span, every = draw(spans), draw(st.sampled_from(Every))
    zone = {"time_zone": span["time_zone"]}
    if every is Every.MANUAL:
        return Schedule(**zone)
    if every is Every.AFTER:
        days = {name: span[name] for name in ("starts_on", "ends_on")}
        return Schedule(every, after_id=draw(st.integers(1, 1000)), **days, **zone)
    if every is Every.CRON:
        return Schedule(every, cron=draw(st.sampled_from(["30 8 * * 1-5", "*/7 * * * *", "0 0 L * *"])), **span)
    if every in (Every.MINUTES, Every.HOURS):
        most = 24 if every is Every.HOURS else 1440
        number, minute = draw(st.integers(1, most)), draw(st.integers(0, 59))
        return Schedule(every, number, draw(some_days), minute=minute, **draw(windows), **span)
    times = draw(times_of_day())
    if every is Every.DAYS:
        days = draw(some_days)
        return Schedule(every, 1 if days else draw(st.integers(1, 365)), days, **times, **span)
    nth = draw(st.sampled_from([0, 1, 2, 3, 4, LAST]))
    day = {"nth": nth, "nth_day": draw(st.integers(0, 7))} if nth else {"month_day": draw(st.integers(1, 31))}
    return Schedule(every, draw(st.integers(1, 12)), **day, **times, **span)


def as_a_browser_sends(form: ScheduleForm) -> MultiDict[str, str]:
    """The answers as the fields of *form* hold them."""
    typed: MultiDict[str, str] = MultiDict()
    for field in form:
        if field.name == "weekdays":
            typed.setlist("weekdays", [str(day) for day in field.data])
        elif hasattr(field, "_value"):
            typed[field.name] = str(field._value())
        elif field.data is not None and field.name not in ("start_anyway", "csrf_token"):
            typed[field.name] = str(field.data)
    return typed


@pytest.fixture
def app_in_request(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


ONE_PAGE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
"""The pages stay as they are from one example to the next."""


@ONE_PAGE
@given(schedules())
def test_what_is_shown_of_a_schedule_is_sent_back_as_the_same(app_in_request: None, schedule: Schedule):
    check(schedule)
    shown = ScheduleForm(None, data=schedule_answers(schedule), meta={"csrf": False})
    again = ScheduleForm(as_a_browser_sends(shown), meta={"csrf": False})
    assert again.validate(), again.errors
    assert schedule_from(again) == schedule


@ONE_PAGE
@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.text(max_size=12) | st.sampled_from(["hours", "months", "after", "9", "-1", "08:00", "weekday"])
            for name in ("every", "time_zone", *dict.fromkeys(chain.from_iterable(USES.values())))
        },
    )
)
def test_nonsense_is_a_problem_or_a_schedule_and_never_a_crash(app_in_request: None, answers: dict[str, str]):
    form = ScheduleForm(MultiDict(answers), meta={"csrf": False})
    form.validate()
    told = timetable(form)
    assert bool(told.problem) is not bool(told.words)
    if told.problem:
        assert told.field in answers or told.field in form.used


# --- mistakes ---


@pytest.mark.parametrize(
    ("answers", "field", "told"),
    [
        ({"every": "minutes", "number": "0", "minute": "0"}, "number", "not possible"),
        ({"every": "hours", "number": "2", "minute": "x"}, "minute", "Type a whole number"),
        ({"every": "hours", "number": "2", "minute": "60"}, "minute", "Choose 0 to 59"),
        ({"every": "minutes", "number": "7", "minute": "-1"}, "minute", "Choose 0 to 59"),
        ({"every": "hours", "number": "2", "minute": "0", "opens": "25"}, "opens", "Type a time of day"),
        ({"every": "hours", "number": "2", "minute": "0", "closes": "08:00"}, "opens", "Only one end"),
        ({"every": "weeks", "at": "09:00"}, "weekdays", "Tick at least one day"),
        ({"every": "days", "number": "1", "at": "09:00, noon"}, "at", "Type a time of day"),
        ({"every": "days", "number": "1", "at": " "}, "at", "Type a time of day"),
        ({"every": "months", "number": "13", "at": "09:00"}, "number", "not possible"),
        ({"every": "cron", "cron": "30 8 * *"}, "cron", "five parts"),
        ({"every": "cron", "cron": "0 0 30 2 *"}, "cron", "the day it names does not exist"),
        ({"every": "cron", "cron": ""}, "cron", "empty"),
        ({"every": "after"}, "after_id", "Choose the importer to follow"),
        ({"every": "days", "number": "1", "at": "09:00", "starts_on": "tomorrow"}, "starts_on", "Type a date"),
        (
            {"every": "days", "number": "1", "at": "09:00", "starts_on": "2026-02-02", "ends_on": "2026-02-01"},
            "ends_on",
            "ends before it starts",
        ),
        ({"every": "days", "number": "1", "at": "09:00", "starts_on": "9999-12-30"}, "starts_on", "from 2000 to 2100"),
        ({"every": "days", "number": "1", "at": "09:00", "ends_on": "0001-01-01"}, "ends_on", "from 2000 to 2100"),
        (
            {"every": "hours", "number": "1", "minute": "0", "starts_on": "0001-01-01", "ends_on": "9999-12-31"},
            "starts_on",
            "from 2000 to 2100",
        ),
    ],
)
def test_a_mistake_is_told_at_its_field_while_typing_and_after_posting(
    at_alice: Browser, services: Services, alice: Actor, fresh: Importer, answers: Any, field: str, told: str
):
    while_typing = asked(at_alice, answers)
    assert (while_typing["field"], while_typing["next"]) == (field, [])
    assert told in while_typing["problem"]
    at_alice.open(f"/importers/{fresh.id}/edit")
    page = at_alice.submit(press="save", **answers)
    assert at_alice.status == 422
    assert told in page.root.find(id=f"{field}-error").text
    assert page.root.find_all("input", "select", name=field)[0].attrs["aria-invalid"] == "true"
    assert services.importers.get(alice, fresh.id).schedule == fresh.schedule


def test_what_the_rhythm_does_not_use_may_hold_anything(
    at_alice: Browser, services: Services, alice: Actor, fresh: Importer
):
    at_alice.open(f"/importers/{fresh.id}/edit")
    nonsense = dict.fromkeys(("number", "minute", "at", "cron", "opens", "starts_on", "month_day", "nth"), "nonsense")
    at_alice.submit(press="save", **{**nonsense, "every": "manual"})
    assert at_alice.path == "/"
    assert services.importers.get(alice, fresh.id).schedule == fresh.schedule


@pytest.mark.parametrize(
    ("answers", "is_open"),
    [
        ({}, False),
        ({"opens": "08:00", "closes": "18:00"}, True),
        ({"ends_on": "2026-12-31"}, True),
        ({"missed": "skip"}, True),
        ({"starts_on": "x"}, True),
        ({"every": "after", "ends_on": "2026-12-31"}, True),
        ({"every": "after", "opens": "08:00", "closes": "18:00", "missed": "skip"}, False),
        ({"every": "manual", "ends_on": "2026-12-31"}, False),
    ],
)
def test_more_is_open_when_something_in_it_is_set(
    at_alice: Browser, fresh: Importer, answers: dict[str, str], is_open: bool
):
    at_alice.open(f"/importers/{fresh.id}/edit")
    hourly = {"every": "hours", "number": "1", "minute": "0"}
    page = at_alice.submit(press="save" if "x" in answers.values() else "options", **{**hourly, **answers})
    assert ("open" in page.root.find("details", class_="more schedule-more").attrs) is is_open


# --- what is told ---


def test_a_change_of_the_clocks_among_the_next_runs_is_pointed_out(at_alice: Browser, clock: FakeClock):
    clock.advance(seconds=(datetime(2026, 3, 27, 12, tzinfo=UTC) - clock.now()).total_seconds())
    daily = {"every": "days", "number": "1", "at": "02:30", "time_zone": "Europe/Amsterdam"}
    told = asked(at_alice, daily)
    assert [moment["note"] for moment in told["next"]] == [
        "",
        "02:30 does not exist on 29 March: runs at 03:00",
        "",
        "",
        "",
    ]
    assert told["next"][1]["text"] == "Sun 29 Mar 2026, 03:00:00 CEST"


def test_without_scripts_the_page_tells_the_next_runs_too(at_alice: Browser, connection: Connection, clock: FakeClock):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="options", every="weeks", weekdays=["2"], at="09:00, 10:00", time_zone="Asia/Tokyo")
    box = page.root.find(id="schedule-words")
    schedule = Schedule(Every.DAYS, weekdays=(2,), at=time(9), more_times=(time(10),), time_zone="Asia/Tokyo")
    told = [one.attrs["datetime"] for one in box.find_all("time")]
    assert told == [moment.isoformat() for moment in upcoming(schedule, clock.now(), 5)]
    assert "Wed 7 Jan 2026, 09:00:00" in box.text
    assert "in 5 days" in box.text


def test_a_new_importer_is_proposed_a_minute_other_than_the_full_hour(at_alice: Browser, connection: Connection):
    form = at_alice.open("/importers/new").form()
    assert 1 <= int(form.value("minute")) <= 59
    minutes = {at_alice.open("/importers/new").form().value("minute") for _ in range(8)}
    assert len(minutes) > 1
    page = at_alice.submit(press="options", every="hours", number="1")
    assert f"Every hour at {page.form().value('minute')} past" in page.root.find(id="schedule-words").text


def test_the_minute_of_an_hourly_importer_stays(at_alice: Browser, services: Services, alice: Actor, fresh: Importer):
    hourly = a_draft(connection_id=fresh.connection_id, schedule=Schedule(Every.HOURS))
    services.importers.change(alice, fresh.id, hourly)
    assert at_alice.open(f"/importers/{fresh.id}/edit").form().value("minute") == "0"


@pytest.mark.parametrize(
    ("answers", "words", "note"),
    [
        ({"number": "7", "minute": "4"}, "Every 7 minutes counted from 00:04", ""),
        ({"number": "7", "minute": "0"}, "Every 7 minutes", "Counted from midnight."),
        ({"number": "30", "minute": "17"}, "Every 30 minutes at 17 and 47 past", "Counted from midnight."),
        (
            {"number": "7", "minute": "4", "opens": "8", "closes": "18"},
            "Every 7 minutes from 08:00 to 18:00",
            "Counted from 08:00.",
        ),
    ],
)
def test_it_is_said_once_from_when_it_counts(at_alice: Browser, answers: dict[str, str], words: str, note: str):
    told = asked(at_alice, {"every": "minutes", **TALLINN, **answers})
    assert (told["words"], told["note"]) == (f"{words} (Europe/Tallinn)", note)


@pytest.mark.parametrize(
    ("typed", "times"), [("9", "09:00"), ("0", "00:00"), ("8, 13", "08:00 and 13:00"), ("9 17:30", "09:00 and 17:30")]
)
def test_an_hour_alone_is_a_time_of_day(at_alice: Browser, typed: str, times: str):
    told = asked(at_alice, {"every": "days", "number": "1", "at": typed, **TALLINN})
    assert told["words"] == f"Every day at {times} (Europe/Tallinn)"


# --- after another importer ---


@pytest.fixture
def leads(services: Services, alice: Actor, fresh: Importer) -> Importer:
    draft = a_draft(connection_id=fresh.connection_id, name="Leads to Excel", target=a_target("Leads"))
    return services.importers.create(alice, draft)


def test_another_importer_is_followed_by_its_name(
    at_alice: Browser, services: Services, alice: Actor, fresh: Importer, leads: Importer
):
    page = at_alice.open(f"/importers/{fresh.id}/edit")
    offered = page.root.find("select", name="after_id").find_all("option")
    assert [(one.attrs["value"], one.text) for one in offered[1:]] == [(str(leads.id), "Leads to Excel")]
    at_alice.submit(press="save", every="after", after_id=str(leads.id))
    assert services.importers.get(alice, fresh.id).schedule.after_id == leads.id
    told = "After “Leads to Excel”"
    assert told in at_alice.open("/").text
    assert told in at_alice.open(f"/importers/{fresh.id}").text
    page = at_alice.open(f"/importers/{fresh.id}/edit")
    assert page.form().value("after_id") == str(leads.id)
    assert page.root.find(id="schedule-words").find("strong").text == told
    assert asked(at_alice, {"every": "after", "after_id": str(leads.id)})["words"] == told


@pytest.mark.parametrize(
    ("span", "words", "note"),
    [
        (
            {"starts_on": "2026-02-01", "ends_on": "2026-03-31"},
            "After “Leads to Excel” from 1 February 2026 until 31 March 2026 (Europe/Tallinn)",
            "Each time that one has succeeded on one of these days.",
        ),
        (
            {"ends_on": "2026-01-01"},  # today
            "After “Leads to Excel” until 1 January 2026 (Europe/Tallinn)",
            "Each time that one has succeeded on one of these days.",
        ),
    ],
)
def test_a_chain_has_a_first_and_a_last_day(
    at_alice: Browser,
    services: Services,
    alice: Actor,
    fresh: Importer,
    leads: Importer,
    span: Any,
    words: str,
    note: str,
):
    answers = {"every": "after", "after_id": str(leads.id), **TALLINN, **span}
    told = asked(at_alice, answers)
    assert (told["words"], told["note"]) == (words, note)
    at_alice.open(f"/importers/{fresh.id}/edit")
    at_alice.submit(press="save", **answers)
    kept = services.importers.get(alice, fresh.id).schedule
    assert (kept.every, kept.ends_on) == (Every.AFTER, date.fromisoformat(span["ends_on"]))
    page = at_alice.open(f"/importers/{fresh.id}/edit")
    assert page.form().value("ends_on") == span["ends_on"]
    assert words in at_alice.open("/").text


def test_a_chain_whose_last_day_is_past_says_so_and_is_not_saved(
    at_alice: Browser, services: Services, alice: Actor, fresh: Importer, leads: Importer
):
    answers = {"every": "after", "after_id": str(leads.id), **TALLINN, "ends_on": "2025-12-31"}
    told = asked(at_alice, answers)
    assert told["words"] == "After “Leads to Excel” until 31 December 2025 (Europe/Tallinn)"
    assert told["note"] == "No run is due any more."
    at_alice.open(f"/importers/{fresh.id}/edit")
    page = at_alice.submit(press="save", **answers)
    assert "over already" in page.root.find(id="ends_on-error").text
    assert services.importers.get(alice, fresh.id).schedule == fresh.schedule


def test_the_days_of_a_chain_are_in_order(at_alice: Browser, leads: Importer):
    span = {"starts_on": "2026-03-31", "ends_on": "2026-02-01"}
    told = asked(at_alice, {"every": "after", "after_id": str(leads.id), **span})
    assert (told["field"], told["problem"]) == ("ends_on", "The schedule ends before it starts. Choose a later end.")


def test_who_would_make_a_circle_is_not_offered(
    at_alice: Browser, services: Services, alice: Actor, fresh: Importer, leads: Importer
):
    """Leads follow deals, notes follow leads: so deals may follow none of them."""
    at_alice.open(f"/importers/{leads.id}/edit")
    at_alice.submit(press="save", every="after", after_id=str(fresh.id))
    target, schedule = a_target("Notes"), Schedule(Every.AFTER, after_id=leads.id)
    draft = a_draft(connection_id=fresh.connection_id, name="Notes to Excel", target=target, schedule=schedule)
    notes = services.importers.create(alice, draft)
    offered = {}
    for importer in (fresh, leads, notes):
        page = at_alice.open(f"/importers/{importer.id}/edit")
        options = page.root.find("select", name="after_id").find_all("option")[1:]
        offered[importer.id] = {int(one.attrs["value"]) for one in options}
    assert offered == {fresh.id: set(), leads.id: {fresh.id}, notes.id: {fresh.id, leads.id}}


def test_a_circle_is_refused_at_its_field(
    at_alice: Browser, services: Services, alice: Actor, fresh: Importer, leads: Importer
):
    at_alice.open(f"/importers/{fresh.id}/edit")
    at_alice.submit(press="save", every="after", after_id=str(leads.id))
    at_alice.open(f"/importers/{leads.id}/edit")
    page = at_alice.submit(press="save", every="after", after_id=str(fresh.id))
    assert "none of them would ever begin" in page.root.find(id="after_id-error").text
    assert services.importers.get(alice, leads.id).schedule.every is Every.MANUAL


# --- when it begins ---


def test_a_saved_schedule_says_that_it_waits_for_a_successful_run(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", every="days", number="1", at="09:00")
    assert "Its schedule begins after the first successful run." in page.text
    (card,) = services.importers.cards(alice)
    assert (card.importer.starts_after_success, card.importer.next_run_at) == (True, None)
    assert "Begins after the first successful run" in page.root.find("ul", class_="importers").text
    own = at_alice.open(f"/importers/{card.importer.id}").text
    assert "Schedule begins after the first successful run" in own


def test_save_and_run_begins_it(at_alice: Browser, services: Services, alice: Actor, connection: Connection):
    at_alice.open("/importers/new")
    at_alice.submit(press="run", every="days", number="1", at="09:00")
    (card,) = services.importers.cards(alice)
    assert not card.importer.starts_after_success
    assert card.importer.next_run_at == upcoming(card.importer.schedule, services.clock.now(), 1)[0]
    assert "after the first successful run" not in at_alice.open("/").text


def test_it_can_be_started_anyway(at_alice: Browser, services: Services, alice: Actor, connection: Connection):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", every="days", number="1", at="09:00", start_anyway="y")
    (card,) = services.importers.cards(alice)
    assert card.importer.next_run_at is not None
    assert "after the first successful run" not in page.text


def test_a_manual_importer_says_nothing_of_it(at_alice: Browser, fresh: Importer):
    assert fresh.starts_after_success
    assert "successful run" not in at_alice.open("/").text
    assert "successful run" not in at_alice.open(f"/importers/{fresh.id}").text
