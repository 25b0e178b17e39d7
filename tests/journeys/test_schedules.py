"""What a schedule means, told while it is typed: only a browser can tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from importers.model import LAST, Every, Schedule
from importers.schedule import upcoming

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("journeys")]

ZONE = "Europe/Amsterdam"
TOP = "element => element.getBoundingClientRect().top + window.scrollY"


@pytest.fixture
def editor(page: Page, base: str) -> Page:
    page.goto(base + "/importers/new")
    return page


def choose(editor: Page, rhythm: str) -> None:
    editor.locator(".segments").get_by_text(rhythm, exact=True).click()


def words(editor: Page) -> Locator:
    return editor.locator("#schedule-words strong")


def test_a_schedule_is_told_in_words_and_next_runs_while_it_is_typed(editor: Page):
    choose(editor, "Daily")
    editor.get_by_label("Time of day 1").fill("13:00")
    editor.get_by_role("button", name="Add a time").click()
    editor.keyboard.type("9:30")
    expect(words(editor)).to_have_text(f"Every day at 09:30 and 13:00 ({ZONE})")
    told = editor.locator("#schedule-words time").evaluate_all("times => times.map(one => one.dateTime)")
    schedule = Schedule(Every.DAYS, at=time(9, 30), more_times=(time(13),), time_zone=ZONE)
    assert [datetime.fromisoformat(at) for at in told] == upcoming(schedule, datetime.now(UTC), 5)
    editor.get_by_role("button", name="Remove this time").first.click()
    expect(words(editor)).to_have_text(f"Every day at 09:30 ({ZONE})")


def more(editor: Page) -> None:
    editor.locator(".schedule-more").evaluate("details => details.open = true")


def fill(editor: Page, **answers: str) -> None:
    for name, value in answers.items():
        editor.locator(f"#{name}").fill(value)


def on_the(editor: Page, *days: str) -> None:
    for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"):
        editor.get_by_label(day, exact=True).set_checked(day in days)


def by_weekday(editor: Page) -> None:
    editor.get_by_label("Which one of the month").select_option("Last")
    editor.get_by_label("Day of the week").select_option("Friday")


WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
KINDS: list[tuple[str, Callable[[Page], Any], Schedule, str]] = [
    (
        "Minutes",
        lambda editor: (fill(editor, number="30", minute="17"), on_the(editor, *WEEKDAYS)),
        Schedule(Every.MINUTES, 30, (0, 1, 2, 3, 4), minute=17),
        f"Every 30 minutes at 17 and 47 past on weekdays ({ZONE})",
    ),
    (
        "Hours",
        lambda editor: (
            on_the(editor),
            more(editor),
            fill(editor, number="2", minute="5", opens="22:00", closes="04:00"),
        ),
        Schedule(Every.HOURS, 2, minute=5, opens=time(22), closes=time(4)),
        f"Every 2 hours from 22:00 to 04:00 ({ZONE})",
    ),
    (
        "Daily",
        lambda editor: (fill(editor, number="3"), editor.get_by_label("Time of day 1").fill("2:30")),
        Schedule(Every.DAYS, 3, at=time(2, 30)),
        f"Every 3 days at 02:30 ({ZONE})",
    ),
    (
        "Weekly",
        lambda editor: on_the(editor, "Tue", "Sun"),
        Schedule(Every.DAYS, weekdays=(1, 6), at=time(2, 30)),
        f"Every Tuesday and Sunday at 02:30 ({ZONE})",
    ),
    (
        "Monthly",
        lambda editor: editor.get_by_label("Day of the month").select_option("Last day"),
        Schedule(Every.MONTHS, at=time(2, 30), month_day=LAST),
        f"On the last day of every month at 02:30 ({ZONE})",
    ),
    (
        "Monthly",
        by_weekday,
        Schedule(Every.MONTHS, at=time(2, 30), nth=LAST, nth_day=4),
        f"On the last Friday of every month at 02:30 ({ZONE})",
    ),
    (
        "Cron",
        lambda editor: fill(editor, cron="*/20 1-3 * * 0"),
        Schedule(Every.CRON, cron="*/20 1-3 * * 0"),
        "",
    ),
]


def test_for_every_kind_the_page_tells_the_moments_that_come(editor: Page):
    """Each in its own list item, as an exact moment and as people read it in the importer's zone."""
    zone = ZoneInfo(ZONE)
    for rhythm, answer, schedule, said in KINDS:
        choose(editor, rhythm)
        answer(editor)
        if said:
            expect(words(editor)).to_have_text(said)
        else:
            expect(words(editor)).to_contain_text("Sunday")
        told = editor.locator("#schedule-words time")
        expect(told).to_have_count(5)
        before = datetime.now(UTC) - timedelta(seconds=5)  # one may have come while the page was filled in
        shown = [datetime.fromisoformat(at) for at in told.evaluate_all("times => times.map(one => one.dateTime)")]
        in_zone = replace(schedule, time_zone=ZONE)
        assert shown in [upcoming(in_zone, at, 5) for at in (before, datetime.now(UTC))], rhythm
        read = [f"{at:%a} {at.day} {at:%b %Y, %H:%M:%S}" for at in (one.astimezone(zone) for one in shown)]
        assert [text.rpartition(" ")[0] for text in told.all_inner_texts()] == read


def test_what_is_chosen_for_the_month_ticks_its_row(editor: Page):
    choose(editor, "Monthly")
    editor.get_by_label("Day of the week").select_option("Working day")
    editor.get_by_label("Which one of the month").select_option("Last")
    expect(words(editor)).to_have_text(f"On the last working day of every month at 09:00 ({ZONE})")
    editor.get_by_label("Day of the month").select_option("31")
    expect(words(editor)).to_contain_text("On the 31st (or last) of every month")


def test_a_rhythm_begins_with_what_is_usual_and_keeps_what_was_typed(editor: Page):
    choose(editor, "Minutes")
    expect(words(editor)).to_contain_text("Every 15 minutes")
    editor.get_by_role("button", name="Every 30 minutes").click()
    expect(words(editor)).to_contain_text("Every 30 minutes")
    choose(editor, "Weekly")
    expect(words(editor)).to_contain_text(f"Every {datetime.now(ZoneInfo(ZONE)):%A} at 09:00")
    choose(editor, "Hours")
    expect(words(editor)).to_contain_text("Every hour at")
    choose(editor, "Minutes")
    expect(words(editor)).to_contain_text("Every 30 minutes")


def test_a_mistake_is_told_at_its_field_and_nothing_jumps(editor: Page):
    choose(editor, "Cron")
    cron, zone = editor.get_by_label("Cron expression"), editor.get_by_label("Time zone", exact=True)
    cron.fill("30 8 * * 1-5")
    expect(words(editor)).to_have_text(f"At 08:30 on Monday through Friday ({ZONE})")
    expect(editor.locator("#cron-words")).to_contain_text("Monday through Friday")
    end = editor.locator(".start-anyway")
    before = [one.evaluate(TOP) for one in (zone, end)]
    cron.fill("30 8 * *")
    expect(editor.locator("#cron-error")).to_contain_text("has 4 parts, not five")
    expect(cron).to_have_attribute("aria-invalid", "true")
    assert [one.evaluate(TOP) for one in (zone, end)] == before
    cron.fill("0 9 * * *")
    expect(editor.locator("#cron-error")).to_have_count(0)
    assert [one.evaluate(TOP) for one in (zone, end)] == before


@pytest.mark.parametrize(("rhythm", "field"), [("Cron", "cron"), ("After another", "after_id")])
def test_nothing_is_a_mistake_before_it_was_typed_and_then_it_is_told_once(editor: Page, rhythm: str, field: str):
    with editor.expect_response("**/editor/schedule*"):
        choose(editor, rhythm)
    expect(words(editor)).to_have_text("")
    expect(editor.locator("#schedule .invalid-feedback")).to_have_count(0)
    with editor.expect_response("**/editor/schedule*"):
        editor.locator(f"#{field}").dispatch_event("input")
    expect(editor.locator(f"#{field}-error")).not_to_be_empty()
    expect(words(editor)).to_have_text("")


def test_a_schedule_that_is_typed_is_the_one_that_is_saved(editor: Page, base: str):
    editor.get_by_label("Name", exact=True).fill("Twice a day")
    editor.get_by_label("Sheet", exact=True).fill("Twice")
    choose(editor, "Weekly")
    for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"):
        editor.get_by_label(day, exact=True).set_checked(day in ("Mon", "Wed"))
    editor.get_by_label("Time of day 1").fill("07:15")
    editor.get_by_role("button", name="Add a time").click()
    editor.keyboard.type("16:45")
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor).to_have_url(base + "/")
    expect(editor.get_by_role("status")).to_contain_text("begins after the first successful run")
    editor.get_by_role("link", name="Twice a day").click()
    expect(editor.locator("main")).to_contain_text(f"Every Monday and Wednesday at 07:15 and 16:45 ({ZONE})")
    editor.get_by_role("link", name="Edit").click()
    expect(editor.get_by_label("Time of day 2")).to_have_value("16:45")


def test_more_opens_by_itself_only_where_something_is_set(editor: Page):
    choose(editor, "Hours")
    more = editor.locator(".schedule-more")
    expect(more).not_to_have_attribute("open", "")
    more.locator("summary").click()
    not_used = editor.get_by_text("Not used within hours of the day.")
    editor.get_by_label("From", exact=True).fill("08:00")
    expect(editor.locator("#opens-error")).to_contain_text("Only one end of the hours")
    expect(not_used).to_be_hidden()
    editor.get_by_label("To", exact=True).fill("18:00")
    expect(not_used).to_be_visible()
    expect(words(editor)).to_have_text(f"Every hour from 08:00 to 18:00 ({ZONE})")
