"""What happens to the company while it is read: every list shows it as of now."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.bustle import EVERYTHING, Bustle
from sandbox.changes import NoSuchRecordError
from sandbox.kinds import KINDS
from sandbox.moments import NOW, iso
from sandbox.pipedrive import create_app
from sandbox.shelf import PLAIN
from sandbox.world import World
from tests.sandbox.calls import COMPANY_HOST, Caller, read

LISTS = {
    "deal": "deals",
    "person": "persons",
    "organization": "organizations",
    "activity": "activities",
    "product": "products",
}
PAGE = 7


class Clock:
    """Stands still until told otherwise."""

    def __init__(self) -> None:
        self.seconds = float(NOW + 100)

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def small(clock: Clock) -> World:
    return World(deals=48, clock=clock)


@pytest.fixture
def caller(small: World) -> Caller:
    return Caller(create_app(small, plan="none", most_per_page=PAGE))


def one(world: World, kind: str, number: int) -> dict[str, Any]:
    return world.changes.record(kind, number)


@pytest.mark.parametrize("kind", LISTS)
def test_a_new_record_is_listed_last_with_the_shape_of_the_others(caller: Caller, small: World, kind: str) -> None:
    number = small.changes.create(kind)
    rows = caller.walk_v2(f"/api/v2/{LISTS[kind]}")
    assert rows[-1]["id"] == number == max(row["id"] for row in rows)
    assert rows[-1].keys() == rows[0].keys()
    assert rows[-1].get("custom_fields", {}).keys() == rows[0].get("custom_fields", {}).keys()


def test_a_change_is_seen_in_the_list_alone_and_by_filters(caller: Caller, small: World, clock: Clock) -> None:
    small.changes.change("deal", 7, title="Twelve trikes", owner_id=13001008, value=12)
    expected = {"title": "Twelve trikes", "owner_id": 13001008, "value": 12, "update_time": iso(int(clock.seconds))}
    for row in (
        caller.data("/api/v2/deals/7"),
        *(row for row in caller.walk_v2("/api/v2/deals", owner_id=13001008) if row["id"] == 7),
        *caller.walk_v2("/api/v2/deals", updated_since=iso(int(clock.seconds))),
    ):
        assert {name: row[name] for name in expected} == expected


def test_several_changes_carry_one_moment_and_time_never_goes_back(small: World, clock: Clock) -> None:
    small.changes.change("deal", 7, title="One")
    clock.seconds += 0.9
    small.changes.change("deal", 8, title="Two")
    clock.seconds -= 60
    small.changes.change("deal", 9, title="Three")
    assert {one(small, "deal", number)["update_time"] for number in (7, 8, 9)} == {iso(NOW + 100)}


def test_a_clock_behind_the_company_counts_on_from_its_present() -> None:
    world = World(deals=24, clock=lambda: 0.0)
    world.changes.change("deal", 1, title="Now")
    assert one(world, "deal", 1)["update_time"] == iso(NOW)


def test_a_deleted_deal_is_among_the_deleted_only_dated_by_its_deletion(
    caller: Caller, small: World, clock: Clock
) -> None:
    small.changes.delete("deal", 7)
    assert 7 not in ids(caller, "/api/v2/deals")
    [gone] = [row for row in caller.walk_v2("/api/v2/deals", status="deleted") if row["id"] == 7]
    assert (gone["is_deleted"], gone["status"], gone["update_time"]) == (True, "deleted", iso(int(clock.seconds)))


@pytest.mark.parametrize("status", ["open", "won", "lost"])
def test_a_restored_deal_has_the_status_it_had(caller: Caller, small: World, status: str) -> None:
    small.changes.change("deal", 7, status=status)
    before = caller.data("/api/v2/deals/7")
    small.changes.delete("deal", 7)
    small.changes.restore("deal", 7)
    assert caller.data("/api/v2/deals/7") == before
    assert 7 in ids(caller, "/api/v2/deals", status=status)
    assert 7 not in ids(caller, "/api/v2/deals", status="deleted")


def test_an_archived_deal_is_in_the_archive_only_and_says_since_when(
    caller: Caller, small: World, clock: Clock
) -> None:
    small.changes.archive("deal", 7)
    assert 7 not in ids(caller, "/api/v2/deals", status="open,won,lost,deleted")
    [row] = [row for row in caller.walk_v2("/api/v2/deals/archived") if row["id"] == 7]
    assert (row["is_archived"], row["archive_time"]) == (True, iso(int(clock.seconds)))
    small.changes.unarchive("deal", 7)
    assert 7 not in ids(caller, "/api/v2/deals/archived")
    assert caller.data("/api/v2/deals/7")["archive_time"] is None


def test_closing_and_reopening_leave_their_moments(small: World, clock: Clock) -> None:
    now = iso(int(clock.seconds))
    small.changes.change("deal", 7, status="open")
    small.changes.change("deal", 7, status="lost", lost_reason="Price")
    lost = one(small, "deal", 7)
    assert (lost["lost_time"], lost["close_time"], lost["won_time"], lost["lost_reason"]) == (now, now, None, "Price")
    small.changes.change("deal", 7, status="open")
    back = one(small, "deal", 7)
    assert (back["lost_time"], back["close_time"], back["lost_reason"]) == (None, None, None)


def test_another_stage_brings_its_pipeline(small: World, clock: Clock) -> None:
    small.changes.change("deal", 7, stage_id=12)
    small.changes.change("deal", 7, stage_id=8)
    moved = one(small, "deal", 7)
    assert (moved["stage_id"], moved["pipeline_id"], moved["stage_change_time"]) == (8, 2, iso(int(clock.seconds)))


def test_merging_removes_one_fills_what_the_other_lacks_and_moves_what_hung_on_it(caller: Caller, small: World) -> None:
    small.changes.change("deal", 7, person_id=3, title="Loser", probability=40)
    small.changes.change("deal", 8, person_id=None, title="Keeper", probability=None)
    call = small.changes.create("activity", deal_id=7)
    small.changes.merge("deal", 7, into=8)
    kept = caller.data("/api/v2/deals/8")
    assert (kept["title"], kept["person_id"], kept["probability"]) == ("Keeper", 3, 40)
    assert caller.data(f"/api/v2/activities/{call}")["deal_id"] == 8
    assert 7 in ids(caller, "/api/v2/deals", status="deleted")


@pytest.mark.parametrize("kind", ["person", "organization", "activity", "product"])
def test_other_deleted_records_are_nowhere_until_they_are_restored(caller: Caller, small: World, kind: str) -> None:
    small.changes.delete(kind, 5)
    assert 5 not in ids(caller, f"/api/v2/{LISTS[kind]}")
    assert caller.get(f"/api/v2/{LISTS[kind]}/5").status_code == 404
    small.changes.restore(kind, 5)
    assert 5 in ids(caller, f"/api/v2/{LISTS[kind]}")


def test_leads_and_notes_come_change_and_go(caller: Caller, small: World) -> None:
    lead, note = small.changes.create("lead", title="Maybe"), small.changes.create("note", content="<p>So</p>")
    assert caller.walk_v1("/v1/leads")[-1]["title"] == "Maybe"
    assert caller.walk_v1("/v1/notes")[-1]["content"] == "<p>So</p>"
    small.changes.archive("lead", lead)
    assert caller.walk_v1("/v1/leads/archived")[-1]["title"] == "Maybe"
    small.changes.delete("lead", lead)
    small.changes.delete("note", note)
    assert "Maybe" not in [
        row["title"] for path in ("leads", "leads/archived") for row in caller.walk_v1(f"/v1/{path}")
    ]
    assert note not in [row["id"] for row in caller.walk_v1("/v1/notes")]


def test_notes_and_leads_that_changed_are_found_by_updated_since(caller: Caller, small: World, clock: Clock) -> None:
    small.changes.change("note", 3, content="new")
    small.changes.change("lead", 2, title="new")
    since = iso(int(clock.seconds))
    assert [row["id"] for row in caller.walk_v1("/v1/notes", updated_since=since)] == [3]
    assert [row["title"] for row in caller.walk_v1("/v1/leads", updated_since=since)] == ["new"]


def test_a_new_message_moves_its_thread(caller: Caller, small: World, clock: Clock) -> None:
    before = next(row for row in caller.walk_v1("/v1/mailbox/mailThreads", folder="sent") if row["id"] == 3)
    small.changes.mail_arrives(3)
    after = next(row for row in caller.walk_v1("/v1/mailbox/mailThreads", folder="sent") if row["id"] == 3)
    assert (after["message_count"], after["version"]) == (before["message_count"] + 1, before["version"] + 1)
    assert after["last_message_timestamp"][:19] == iso(int(clock.seconds))[:19]
    assert after["update_time"] > before["update_time"]
    messages = caller.data("/v1/mailbox/mailThreads/3/mailMessages")
    assert len({message["id"] for message in messages}) == after["message_count"]


def test_a_thread_can_hold_more_messages_than_it_was_made_for(caller: Caller, small: World) -> None:
    for _ in range(20):
        small.changes.mail_arrives(3)
        small.changes.mail_arrives(4)
    numbers = [row["id"] for n in small.mail.ids for row in small.mail.messages(n)]
    assert len(set(numbers)) == len(numbers)
    assert [caller.data(f"/v1/mailbox/mailMessages/{number}")["id"] for number in numbers[:60]] == numbers[:60]


def test_fields_are_listed_as_they_are_now(caller: Caller, small: World) -> None:
    code = small.custom_field("deal", "Risk").code
    small.changes.rename_field("deal", code, "Danger")
    added = small.changes.add_field("deal", "Colour", "enum", ("Red", "Blue"))
    gone = small.custom_field("deal", "Deposit").code
    small.changes.delete_field("deal", gone)
    v2 = {row["field_code"]: row["field_name"] for row in caller.walk_v2("/api/v2/dealFields")}
    v1 = {row["key"]: row["name"] for row in caller.walk_v1("/v1/leadFields")}
    for names in (v2, v1):
        assert (names[code], names[added], gone in names) == ("Danger", "Colour", False)
    for row in caller.walk_v2("/api/v2/deals"):
        assert row["custom_fields"][added] is None
        assert gone not in row["custom_fields"]
    assert not any(gone in key for row in caller.walk_v1("/v1/leads") for key in row)


def test_a_deleted_option_leaves_its_id_in_the_records(caller: Caller, small: World) -> None:
    field = small.custom_field("deal", "Customer type")
    used = next(row for row in caller.walk_v2("/api/v2/deals") if row["custom_fields"][field.code])
    option = used["custom_fields"][field.code]
    small.changes.change("deal", used["id"], title="Written down")
    small.changes.delete_option("deal", field.code, option)
    options = {each["id"] for each in caller.data(f"/api/v2/dealFields/{field.code}")["options"]}
    assert option not in options
    for view, shown in (({}, option), ({"include_option_labels": "true"}, {"id": option, "label": None})):
        assert caller.data(f"/api/v2/deals/{used['id']}", **view)["custom_fields"][field.code] == shown


def test_the_sums_follow(caller: Caller, small: World) -> None:
    before = caller.data("/v1/deals/summary")["total_count"]
    small.changes.delete("deal", 7)
    assert caller.data("/v1/deals/summary")["total_count"] == before - 1


def test_what_is_not_there_cannot_be_changed(small: World) -> None:
    for change in (
        lambda: small.changes.change("deal", 9999, title="x"),
        lambda: small.changes.rename_field("deal", "nothing", "x"),
        lambda: small.changes.delete_option("deal", "status", "nothing"),
        lambda: small.changes.mail_arrives(9999),
    ):
        with pytest.raises(NoSuchRecordError):
            change()


def test_unchanged_companies_are_made_alike_whatever_happened_to_another() -> None:
    changed, untouched = World(deals=24), World(deals=24)
    Bustle(changed, random.Random(3)).go_on(50)
    fresh = World(deals=24)
    for name, shelf in untouched.shelves.items():
        assert [shelf.row(n, PLAIN) for n in shelf.ids] == [
            fresh.shelf(name).row(n, PLAIN) for n in fresh.shelf(name).ids
        ]


@pytest.mark.parametrize("kind", EVERYTHING)
def test_by_chance_every_kind_changes_and_stays_readable(small: World, caller: Caller, kind: str) -> None:
    Bustle(small, random.Random(5), (kind,)).go_on(60)
    assert small.changes.count >= 40
    for name in KINDS[kind].shelves if kind in KINDS else ():
        rows = [small.shelf(name).row(n, PLAIN) for n in small.shelf(name).ids]
        assert all(KINDS[kind].shelves[name](row) for row in rows)


def test_chance_is_the_same_every_time() -> None:
    worlds = [World(deals=24, clock=lambda: float(NOW)) for _ in range(2)]
    for world in worlds:
        Bustle(world, random.Random(11)).go_on(80)
    one, other = worlds
    assert list(one.changes.latest) == list(other.changes.latest)


def test_somebody_may_act_before_each_request_and_the_answer_shows_it(caller: Caller, small: World) -> None:
    caller.sandbox.before_each.append(lambda path: small.changes.change("deal", 7, title=path))
    assert caller.data("/api/v2/deals/7")["title"] == "/api/v2/deals/7"
    caller.get("/_sandbox/changes")
    assert small.changes.count == 1


def test_things_happen_on_demand_over_http(caller: Caller) -> None:
    url = f"{COMPANY_HOST}/_sandbox/changes"
    first = caller.session.post(url, data={"n": "20"})
    assert first.status_code == 201
    assert first.json()["count"] >= 10
    deals = caller.session.post(url, json={"n": 5, "kinds": "deal"}).json()
    assert caller.session.get(url).json() == deals
    page = caller.session.post(url, data={"n": "1"}, headers={"accept": "text/html"}, allow_redirects=False)
    assert page.status_code == 302
    assert "so far, the latest" in caller.get("/_sandbox/").text


@pytest.mark.parametrize("asked", [{"n": 0}, {"n": "many"}, {"n": 10_001}, {"kinds": "deal,cat"}, [1]])
def test_what_cannot_happen_is_explained(caller: Caller, asked: Any) -> None:
    answer = caller.session.post(f"{COMPANY_HOST}/_sandbox/changes", json=asked)
    assert answer.status_code == 400
    assert answer.json()["error"]


# paging under change, against a model --------------------------------------------------------


class Model:
    """Every record of a list as of now, sorted and cut by brute force."""

    def __init__(self, world: World, name: str) -> None:
        self._shelf = world.shelf(name)

    def rows(self, keep: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        return [row for row in (self._shelf.row(n, PLAIN) for n in list(self._shelf.ids)) if keep(row)]

    def after(self, last: dict[str, Any] | None, sort: str, *, descending: bool, **kept: Any) -> list[int]:
        def key(row: dict[str, Any]) -> tuple[Any, int]:
            return row[sort] or "", row["id"]

        rows = sorted(self.rows(**kept), key=key, reverse=descending)
        if last is not None:
            rows = [row for row in rows if (key(row) < key(last) if descending else key(row) > key(last))]
        return [row["id"] for row in rows[:PAGE]]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))])
@pytest.mark.parametrize("name", ["deals", "deals/archived", "persons", "activities"])
def test_a_cursor_goes_on_behind_what_it_saw_as_of_now(seed: int, name: str) -> None:
    chance = random.Random(f"{name}{seed}")
    clock = Clock()
    world = World(deals=48, seed=seed, clock=clock)
    caller = Caller(create_app(world, plan="none", most_per_page=PAGE))
    bustle, model = Bustle(world, chance, ("deal", "person", "activity")), Model(world, name)
    sort, descending = chance.choice(("id", "update_time", "add_time")), chance.random() < 0.5
    since = iso(NOW - chance.choice((0, 30, 900)) * 86_400) if chance.random() < 0.5 else ""
    query = {"sort_by": sort, "sort_direction": "desc" if descending else "asc"}
    last, cursor = None, None
    for _ in range(40):
        clock.seconds += chance.choice((0, 0, 0.4, 2))
        bustle.go_on(chance.randrange(6))
        expected = model.after(last, sort, descending=descending, keep=lambda row: (row["update_time"] or "") >= since)
        answer = read(
            caller.get(
                f"/api/v2/{name}",
                **query,
                **({"cursor": cursor} if cursor else {}),
                **({"updated_since": since} if since else {}),
            )
        )
        assert [row["id"] for row in answer["data"]] == expected
        cursor = answer["additional_data"]["next_cursor"]
        if cursor is None:
            break
        last = answer["data"][-1]
    else:
        assert sort != "id", "reading by id comes to an end"


@pytest.mark.parametrize("seed", range(2))
def test_offsets_count_from_the_front_as_of_now(seed: int) -> None:
    chance = random.Random(seed)
    world = World(deals=48, seed=seed)
    caller = Caller(create_app(world, plan="none", most_per_page=PAGE))
    bustle, model = Bustle(world, chance, ("note", "deal")), Model(world, "notes")
    for start in range(0, 40, PAGE):
        bustle.go_on(4)
        expected = sorted(row["id"] for row in model.rows(lambda row: True))[start : start + PAGE]
        assert [row["id"] for row in caller.data("/v1/notes", start=start) or []] == expected


def ids(caller: Caller, path: str, **query: Any) -> list[int]:
    return [row["id"] for row in caller.walk_v2(path, **query)]
