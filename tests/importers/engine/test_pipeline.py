"""Read a page, hand it on, tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from importers.engine.pipeline import Pipeline, Progress
from importers.errors import AccessDenied, ConnectionTrouble, InvalidSettings, RunStopped, ServiceTrouble
from importers.model import Counts, Phase, Selection, Target, Vanished
from tests.builders import a_target
from tests.fakes import MemoryDestination, ScriptedSource

DEALS = Selection("deals")
TWO_PAGES = ([(1, "one"), (2, "two")], [(3, "three")])


def test_every_row_arrives_under_its_header():
    destination = MemoryDestination()
    Pipeline(ScriptedSource(*TWO_PAGES), destination).run(DEALS, a_target())
    assert destination.sheets == {a_target(): (("ID", "Title"), [(1, "one"), (2, "two"), (3, "three")])}


def test_an_entity_without_rows_makes_a_sheet_with_headers():
    destination = MemoryDestination()
    outcome = Pipeline(ScriptedSource(), destination).run(DEALS, a_target())
    assert destination.sheets[a_target()] == (("ID", "Title"), [])
    assert outcome.counts.rows_written == 0


def test_the_outcome_counts_everything():
    outcome = Pipeline(ScriptedSource(*TWO_PAGES), MemoryDestination()).run(DEALS, a_target())
    assert outcome.counts == Counts(3, 3, 3, columns=2, requests=2, tokens=20, waited=timedelta())
    assert outcome.written.rows == 3


@pytest.mark.parametrize(
    ("changed", "keeps"),
    [({}, False), ({"limit": 5}, True), ({"vanished": Vanished.KEEP}, True), ({"vanished": Vanished.MOVE}, False)],
)
def test_rows_that_were_not_read_may_stay_where_the_owner_says_so_or_not_all_was_read(changed, keeps):
    destination = MemoryDestination()
    Pipeline(ScriptedSource(*TWO_PAGES), destination).run(replace(DEALS, **changed), a_target())
    assert [delivery.keeps_missing for delivery in destination.deliveries] == [keeps]


def test_moments_are_read_in_the_zone_of_the_place():
    source, destination = ScriptedSource(*TWO_PAGES), MemoryDestination()
    destination.zone = "Asia/Tokyo"
    Pipeline(source, destination).run(DEALS, a_target())
    assert [selection.time_zone for selection in source.opened] == ["Asia/Tokyo"]


def test_notes_of_both_ends_are_kept():
    source, destination = ScriptedSource(notes=["from the source"]), MemoryDestination(notes=["from the sheet"])
    assert Pipeline(source, destination).run(DEALS, a_target()).notes == ("from the source", "from the sheet")


def test_progress_goes_through_the_phases_in_order():
    reported: list[Progress] = []
    Pipeline(ScriptedSource(*TWO_PAGES), MemoryDestination(), report=reported.append).run(DEALS, a_target())
    told = [(progress.phase, progress.counts.rows_read, progress.counts.rows_written) for progress in reported]
    assert told == [
        (Phase.CONNECTING, 0, 0),
        (Phase.CONNECTING, 0, 0),
        (Phase.READING, 2, 0),
        (Phase.READING, 3, 0),
        (Phase.WRITING, 3, 0),
        (Phase.FINISHED, 3, 3),
    ]


def test_a_page_is_handed_on_before_the_next_is_asked_for():
    read_when_reported: list[int] = []
    source = ScriptedSource(*([(number, "")] for number in range(5)))
    Pipeline(source, MemoryDestination(), report=lambda progress: read_when_reported.append(source.pages_read)).run(
        DEALS, a_target()
    )
    assert read_when_reported == [0, 0, 1, 2, 3, 4, 5, 5, 5]


def test_the_destination_is_asked_before_anything_is_read():
    source, destination = ScriptedSource(*TWO_PAGES), MemoryDestination()
    destination.refusal = AccessDenied("The folder is read-only.")
    with pytest.raises(AccessDenied):
        Pipeline(source, destination).run(DEALS, a_target())
    assert source.opened == []


def test_the_destination_hears_how_many_rows_are_to_come_before_the_first():
    destination = MemoryDestination()
    expected_when_reported: list[int] = []
    Pipeline(
        ScriptedSource(*TWO_PAGES),
        destination,
        report=lambda progress: expected_when_reported.append(len(destination.expected)),
    ).run(DEALS, a_target())
    assert set(destination.expected) == {3}
    assert expected_when_reported[1] == 1


def test_trouble_in_the_middle_leaves_the_sheet_as_it_was():
    def break_down(tell, stop):
        raise ServiceTrouble("Pipedrive is down.")

    destination = MemoryDestination()
    with pytest.raises(ServiceTrouble):
        Pipeline(ScriptedSource(TWO_PAGES[0], break_down, TWO_PAGES[1]), destination).run(DEALS, a_target())
    assert (destination.sheets, destination.left) == ({}, 1)


def test_an_empty_list_was_read_before_it_is_written():
    reported: list[Progress] = []
    Pipeline(ScriptedSource(), MemoryDestination(), report=reported.append).run(DEALS, a_target())
    phases = [progress.phase for progress in reported]
    assert phases == [Phase.CONNECTING, Phase.CONNECTING, Phase.READING, Phase.WRITING, Phase.FINISHED]


def test_it_counts_as_reading_once_the_source_has_an_answer():
    reported: list[Progress] = []
    source = ScriptedSource(*TWO_PAGES)
    source.pages_read = 1  # it asked for something while it was opened
    Pipeline(source, MemoryDestination(), report=reported.append).run(DEALS, a_target())
    assert [progress.phase for progress in reported][:2] == [Phase.CONNECTING, Phase.READING]


def test_what_is_used_up_is_reported_while_the_source_waits_and_when_it_gives_up():
    reported: list[Progress] = []
    source = ScriptedSource(TWO_PAGES[0], lambda tell, stop: use_up(tell, stop))

    def use_up(tell, stop):
        source.pages_read += 1
        tell("Pipedrive is in trouble.")
        source.pages_read += 1
        stop()
        stop()
        source.pages_read += 1
        raise ServiceTrouble("Pipedrive is down.")

    with pytest.raises(ServiceTrouble):
        Pipeline(source, MemoryDestination(), report=reported.append).run(DEALS, a_target())
    assert [progress.counts.requests for progress in reported] == [0, 0, 1, 2, 3, 4]
    assert reported[-1].counts.rows_read == 2


def test_trouble_is_not_replaced_by_trouble_in_telling_it():
    def report(progress: Progress) -> None:
        if source.opened:
            raise ConnectionTrouble("The database is away.")

    source = ScriptedSource()
    destination = MemoryDestination()
    source.open = lambda *_, **__: source.opened.append(DEALS) or fail()  # type: ignore[assignment,method-assign]

    def fail() -> None:
        raise ServiceTrouble("Pipedrive is down.")

    with pytest.raises(ServiceTrouble):
        Pipeline(source, destination, report=report).run(DEALS, a_target())


@pytest.mark.parametrize("calls", range(4))
def test_it_stops_wherever_it_is_told_to_and_shows_nothing(calls: int):
    left = calls

    def stop() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise RunStopped("Cancelled.")

    destination = MemoryDestination()
    with pytest.raises(RunStopped):
        Pipeline(ScriptedSource(*TWO_PAGES), destination, stop=stop).run(DEALS, a_target())
    assert destination.sheets == {}


def test_what_the_source_says_is_passed_on():
    told: list[str] = []
    source = ScriptedSource(lambda tell, stop: tell("Waiting 2 s for Pipedrive"))
    reading = source.open(DEALS, tell=told.append)
    list(reading.pages())
    Pipeline(source, MemoryDestination(), tell=told.append).run(DEALS, a_target())
    assert told == ["Waiting 2 s for Pipedrive"] * 2


def test_rows_of_removed_records_get_a_sheet_of_their_own_before_the_table_shows():
    destination, told = MemoryDestination(), []
    source = ScriptedSource(*TWO_PAGES, removed=[(9, "gone")])
    Pipeline(source, destination, tell=told.append).run(DEALS, a_target())
    assert list(destination.sheets) == [a_target("Deals (removed)"), a_target()]
    assert destination.sheets[a_target("Deals (removed)")] == (("ID", "Title"), [(9, "gone")])
    assert told == ["Removed from Pipedrive: 1 in Deals (removed)."]


def test_a_second_place_that_is_taken_is_refused_before_anything_is_read():
    class Taken(MemoryDestination):
        def check(self, target: Target, **_: object) -> None:
            if target == a_target("Deals (removed)"):
                raise InvalidSettings("There is such a sheet already.")

    source = ScriptedSource(*TWO_PAGES, removed=[])
    with pytest.raises(InvalidSettings):
        Pipeline(source, Taken()).run(DEALS, a_target())
    assert (source.pages_read, source.ends) == (0, ["closed"])
    assert Pipeline(ScriptedSource(*TWO_PAGES), Taken()).run(DEALS, a_target()).written.rows == 3


def test_what_was_read_is_remembered_only_when_it_is_written():
    source, destination = ScriptedSource(*TWO_PAGES), MemoryDestination()
    Pipeline(source, destination).run(DEALS, a_target())
    assert source.ends == ["kept", "closed"]
    broken = ScriptedSource(lambda tell, stop: fail())

    def fail() -> None:
        raise ServiceTrouble("Pipedrive is down.")

    with pytest.raises(ServiceTrouble):
        Pipeline(broken, destination).run(DEALS, a_target())
    assert broken.ends == ["closed"]


def test_what_was_read_is_not_remembered_once_the_run_is_another_workers():
    """Frozen between showing its table and remembering: what the other one remembers is newer."""
    asked = 0

    def still_ours() -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise RunStopped("Somebody else has the run by now.")

    source, destination = ScriptedSource(*TWO_PAGES), MemoryDestination()
    outcome = Pipeline(source, destination, still_ours=still_ours).run(DEALS, a_target())
    assert (outcome.written.rows, source.ends) == (3, ["closed"])


@pytest.mark.parametrize("sheets_written", range(2))
def test_each_table_is_shown_only_while_the_run_is_ours(sheets_written: int):
    destination = MemoryDestination()

    def still_ours() -> None:
        if len(destination.sheets) == sheets_written:
            raise RunStopped("Somebody else has the run by now.")

    source = ScriptedSource(*TWO_PAGES, removed=[(9, "gone")])
    with pytest.raises(RunStopped):
        Pipeline(source, destination, still_ours=still_ours).run(DEALS, a_target())
    assert list(destination.sheets) == [a_target("Deals (removed)")][:sheets_written]


def test_what_came_in_is_counted_before_its_rows_follow():
    reported: list[Progress] = []
    source = ScriptedSource(lambda tell, stop: gather(stop), *TWO_PAGES)

    def gather(stop) -> None:
        source.received, source.pages_read = 3, 1
        stop()

    Pipeline(source, MemoryDestination(), report=reported.append).run(DEALS, a_target())
    assert next(progress.counts.rows_read for progress in reported if progress.phase is Phase.READING) == 3
    assert reported[-1].counts.rows_read == 3
