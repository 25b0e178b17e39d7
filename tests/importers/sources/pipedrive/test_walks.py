"""Lists that are read in parts, or for one parent after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from importers.errors import AccessDenied, RunStopped, ServiceTrouble
from importers.interfaces import Stop
from importers.model import Selection
from importers.sources.pipedrive.entities import BY_NAME, ENTITIES
from sandbox import company
from sandbox.world import FEATURES, World
from tests.pipedrive import Rig, a_rig, an_app

PER_DEAL = [entity.name for entity in ENTITIES if entity.where.per and entity.where.per.one == "deal"]
PROJECTS = [entity.name for entity in ENTITIES if "Projects" in entity.needs]


@pytest.fixture(scope="module")
def app() -> Any:
    return an_app(World(deals=120))


@pytest.fixture
def rig(app: Any) -> Rig:
    return a_rig(app=app)


@pytest.fixture(scope="module")
def poor() -> Any:
    """The account of a company that bought nothing."""
    return an_app(World(deals=24, without=FEATURES))


def asked(rig: Rig, end: str) -> list[Any]:
    return [call for call in rig.journal.calls if call.path.endswith(end)]


@pytest.mark.parametrize(
    ("entity", "price"),
    [
        ("deal-participants", "About 120 requests, 1,200 tokens: one for each deal."),
        ("deal-changes", "About 120 requests, 2,400 tokens: one for each deal."),
        ("deal-products", "About 2 requests, 20 tokens: one for every 100 deals."),
        ("project-phases", "About 2 requests, 20 tokens: one for each board."),
        ("product-variations", "About 40 requests, 400 tokens: one for each product."),
    ],
)
def test_the_price_is_told_before_it_is_paid(rig: Rig, entity: str, price: str) -> None:
    told: list[tuple[str, int]] = []
    reading = rig.source.open(Selection(entity), tell=lambda text: told.append((text, len(rig.journal.calls))))
    for _ in reading.pages():
        pass
    assert told[0][0] == price
    assert len(told) == 2
    path = BY_NAME[entity].where.path.rpartition("}")[2]
    paid = sum(call.path.endswith(path) for call in rig.journal.calls)
    assert f" {paid} requests" in told[0][0]


def test_a_long_list_of_deals_is_priced_by_their_sum() -> None:
    rig = a_rig(world=World(deals=620, custom_fields=0))
    rig.read(Selection("deal-installments"))
    assert rig.told == [
        "About 7 requests, 70 tokens: one for every 100 deals.",
        "Every deal is accounted for: 620 found, 620 read.",
    ]
    assert rig.paths().count("/api/v1/deals/summary") == 1


def test_where_nobody_knows_how_many_there_are_the_least_is_told_and_then_the_truth() -> None:
    rig = a_rig(world=World(deals=620, custom_fields=0))
    rig.read(Selection("deal-installments", statuses=("open", "won", "lost")))
    assert rig.told[:2] == [
        "At least 5 requests, 50 tokens: one for every 100 deals.",
        "In all 7 requests, 70 tokens: one for every 100 deals.",
    ]


def test_a_preview_tells_no_price_and_asks_no_more_than_it_shows(rig: Rig) -> None:
    assert len(rig.read(Selection("deal-participants", limit=3))) == 3
    assert rig.told == []
    assert len(asked(rig, "/participants")) <= 3


def test_deals_are_read_on_only_when_those_before_had_their_turn() -> None:
    rig = a_rig(world=World(deals=620, custom_fields=0))
    pages = rig.source.open(Selection("deal-followers", columns=("deal_id",))).pages()
    assert 100 <= len(next(pages).rows) <= 600
    assert rig.paths().count("/api/v2/deals") == 1
    assert len(asked(rig, "/followers")) <= 400
    assert sum(len(page.rows) for page in pages) > 620
    assert rig.paths().count("/api/v2/deals") == 2


@pytest.mark.parametrize("entity", PER_DEAL)
def test_a_filter_and_a_status_are_those_of_the_deals(rig: Rig, entity: str) -> None:
    wanted = {deal for (deal,) in rig.read(Selection("deals", columns=("id",), filter_id=4, statuses=("won",)))}
    found = {deal for (deal,) in rig.read(Selection(entity, columns=("deal_id",), filter_id=4, statuses=("won",)))}
    won = {deal for (deal,) in rig.read(Selection(entity, columns=("deal_id",), statuses=("won",)))}
    assert found <= wanted
    assert found <= won
    assert won


@pytest.mark.parametrize("entity", PER_DEAL)
def test_every_row_names_its_deal(rig: Rig, entity: str) -> None:
    titles = dict(rig.read(Selection("deals", columns=("id", "title"))))  # type: ignore[arg-type]
    rows = rig.read(Selection(entity, columns=("deal_id", "deal")))
    assert rows
    assert [row for row in rows if titles[row[0]] != row[1]] == []


def test_products_of_deals_are_asked_for_a_hundred_at_a_time(rig: Rig) -> None:
    rig.read(Selection("deal-products"))
    calls = asked(rig, "/deals/products")
    assert sorted(call.query["deal_ids"].count(",") + 1 for call in calls) == [20, 100]


def test_ids_that_are_not_understood_together_are_asked_for_one_by_one(rig: Rig, monkeypatch: Any) -> None:
    together = rig.read(Selection("deal-installments"))
    get = rig.source._client.session.get

    def only_one(url: str, *, params: dict[str, Any], **more: Any) -> Any:
        given = str(params.get("deal_ids", ""))
        return get(url, params={**params, "deal_ids": "one,two"} if "," in given else params, **more)

    monkeypatch.setattr(rig.source._client.session, "get", only_one)
    assert rig.read(Selection("deal-installments")) == together


@pytest.mark.parametrize(("each", "together"), [(6, 50), (70, 7)])
def test_an_answer_too_full_to_be_sure_of_is_asked_for_in_smaller_parts(
    each: int, together: int, monkeypatch: Any
) -> None:
    world = World(deals=120, custom_fields=0)
    monkeypatch.setattr(type(world.deal_parts), "installments", _so_many(each))
    rig = a_rig(world=world)
    rows = rig.read(Selection("deal-installments", columns=("id",)))
    assert len(rows) == len(set(rows)) == 120 * each
    sizes = [call.query["deal_ids"].count(",") + 1 for call in asked(rig, "/installments")]
    assert max(size for size in sizes if size * each < 500) <= together
    assert rig.told[-1] == "Every deal is accounted for: 120 found, 120 read."


def test_one_deal_that_fills_an_answer_is_taken_as_it_is(monkeypatch: Any) -> None:
    world = World(deals=3, custom_fields=0)
    monkeypatch.setattr(type(world.deal_parts), "installments", _so_many(600))
    rows = a_rig(world=world).read(Selection("deal-installments", columns=("id",)))
    assert len(rows) == len(set(rows)) == 3 * 500


def _so_many(each: int) -> Callable[[Any, int], list[dict[str, Any]]]:
    return lambda parts, deal: [
        {"id": deal * 1000 + place, "amount": 1, "billing_date": "2026-01-01", "description": "", "deal_id": deal}
        for place in range(each)
    ]


def test_a_deal_that_is_deleted_meanwhile_is_left_out_and_noted(rig: Rig) -> None:
    get = rig.source._client.session.get

    def gone(url: str, **more: Any) -> Any:
        return get(url.replace("/deals/2/", "/deals/999999/"), **more)

    rig.source._client.session.get = gone  # type: ignore[method-assign]
    reading = rig.source.open(Selection("deal-followers", columns=("deal_id",)), tell=rig.told.append)
    deals = {row[0] for page in reading.pages() for row in page.rows}
    assert rig.told[-1] == "Every deal is accounted for: 120 found, 119 read, 1 deleted meanwhile."
    assert len(deals) == 119
    assert 2 not in deals
    assert reading.notes == ["1 deal was deleted in Pipedrive before their turn came, and left out."]


def test_all_four_folders_are_read_and_a_thread_in_two_comes_once(rig: Rig) -> None:
    rows = rig.table(Selection("mail-threads", columns=("id", "folder", "folders")))
    assert {call.query["folder"] for call in asked(rig, "/mailThreads")} == {"inbox", "drafts", "sent", "archive"}
    assert {row["Folder"] for row in rows} == {"inbox", "drafts", "sent", "archive"}
    assert "inbox, sent" in {row["All folders"] for row in rows}
    assert len({row["ID"] for row in rows}) == len(rows) == len(rig.world.mail.ids)


def test_messages_know_the_folder_of_their_thread(rig: Rig) -> None:
    folders = dict(rig.read(Selection("mail-threads", columns=("id", "folder"))))  # type: ignore[arg-type]
    rows = rig.read(Selection("mail-messages", columns=("mail_thread_id", "folder")))
    assert [row for row in rows if folders[row[0]] != row[1]] == []


@pytest.mark.parametrize("entity", PER_DEAL)
def test_what_hangs_on_archived_deals_is_read_when_chosen(entity: str) -> None:
    rig = a_rig(world=World(deals=200, custom_fields=0))
    archived = {deal for (deal,) in rig.read(Selection("archived-deals", columns=("id",)))}
    deals = {
        which: {deal for (deal,) in rig.read(Selection(entity, columns=("deal_id",), options={"deals": tuple(which)}))}
        for which in (("archived",), ("current",), ("current", "archived"))
    }
    assert deals["archived",]
    assert deals["archived",] <= archived
    assert not deals["current",] & archived
    assert deals["current", "archived"] == deals["current",] | deals["archived",]
    assert not any("About" in text for text in rig.told[4:])


def test_goals_are_asked_for_by_every_type_active_and_not(rig: Rig) -> None:
    rows = rig.table(Selection("goals"))
    assert {row["Title"] for row in rows} == {goal["title"] for goal in company.goals()}
    assert {row["Active"] for row in rows} == {True, False}


def test_changes_name_their_fields(rig: Rig) -> None:
    fields = {cell for (cell,) in rig.read(Selection("deal-changes", columns=("field",)))}
    assert {"Title", "Value", "Stage", "Customer type"} <= fields
    for entity in ("person-changes", "organization-changes"):
        assert {"Name", "Owner"} <= {cell for (cell,) in rig.read(Selection(entity, columns=("field",)))}
    assert any(str(name).endswith(": currency") for name in fields)


def test_projects_name_their_boards_and_phases(rig: Rig) -> None:
    phases = {row["ID"]: (row["Name"], row["Board"]) for row in rig.table(Selection("project-phases"))}
    rows = rig.table(Selection("projects"))
    assert rows
    assert [row for row in rows if phases[row["Phase ID"]] != (row["Phase"], row["Board"])] == []
    assert all(row["Deals"] for row in rows)


@pytest.mark.parametrize("entity", PROJECTS)
def test_without_the_addon_projects_are_refused_in_words_that_name_it(poor: Any, entity: str) -> None:
    with pytest.raises(AccessDenied, match=r"need the Projects add-on.*does not have") as caught:
        a_rig(app=poor).read(Selection(entity))
    assert caught.value.hint


def test_columns_too_are_refused_in_words_that_name_the_addon(poor: Any) -> None:
    with pytest.raises(AccessDenied, match="need the Projects add-on"):
        a_rig(app=poor).source.columns("projects")


@pytest.mark.parametrize(
    ("entity", "needs"), [("teams", "need the Teams feature"), ("deal-installments", "need a plan with installments")]
)
def test_what_was_not_bought_is_named(poor: Any, entity: str, needs: str) -> None:
    with pytest.raises(AccessDenied, match=needs):
        a_rig(app=poor).read(Selection(entity))


def test_another_refusal_is_not_taken_for_a_missing_feature(rig: Rig) -> None:
    get = rig.source._client.session.get

    def refused(url: str, **more: Any) -> Any:
        answer = get(url, **more)
        answer.status_code, answer._content = 403, b'{"error": "Scope and URL mismatch"}'
        return answer

    rig.source._client.session.get = refused  # type: ignore[method-assign]
    with pytest.raises(AccessDenied, match="Scope and URL mismatch"):
        rig.read(Selection("project-boards"))


def test_a_run_that_is_cancelled_between_two_deals_does_not_go_on(rig: Rig) -> None:
    stop = _after(rig, 30)
    with pytest.raises(RunStopped):
        rig.read(Selection("deal-followers"), stop=stop)
    assert len(asked(rig, "/followers")) < 60


def _after(rig: Rig, calls: int) -> Stop:
    def stop() -> None:
        if len(rig.journal.calls) > calls:
            raise RunStopped("The run was cancelled.")

    return stop


def test_a_parent_without_an_id_is_trouble_and_not_left_out(rig: Rig) -> None:
    _change_first(rig, lambda record: record.pop("id"))
    with pytest.raises(ServiceTrouble, match="without an id"):
        rig.read(Selection("project-phases"))


def test_an_id_never_leads_out_of_its_path(rig: Rig) -> None:
    asked_for: list[str] = []
    get = rig.source._client.session.get

    def noting(url: str, **more: Any) -> Any:
        asked_for.append(url)
        return get(url, **more)

    rig.source._client.session.get = noting  # type: ignore[method-assign]
    _change_first(rig, lambda record: record.update(id="../../users"))
    rig.read(Selection("product-variations", columns=("name",)))
    assert [url.rpartition("/products/")[2] for url in asked_for if "users" in url] == ["..%2F..%2Fusers/variations"]


def _change_first(rig: Rig, change: Callable[[dict[str, Any]], Any]) -> None:
    """The first record of every list says something else."""
    get = rig.source._client.session.get

    def changed(url: str, **more: Any) -> Any:
        answer = get(url, **more)
        body = msgspec.json.decode(answer.content)
        if isinstance(body.get("data"), list) and body["data"]:
            change(body["data"][0])
        answer._content = msgspec.json.encode(body)
        return answer

    rig.source._client.session.get = changed  # type: ignore[method-assign]
