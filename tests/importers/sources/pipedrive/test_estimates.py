"""What reading will cost, judged beforehand, against what it then did cost."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from importers.model import Cost, Selection, Size
from importers.sources.pipedrive.entities import ENTITIES, Entity
from importers.sources.pipedrive.estimates import BY_ID, estimate
from sandbox.world import World
from tests.pipedrive import Rig, a_rig, an_app

PAGED = [entity for entity in ENTITIES if entity.where.per is None and entity.where.paging != "none"]
RELATED = {"users", "persons", "organizations"}


@pytest.fixture(scope="module")
def app() -> Any:
    return an_app(World(deals=700))


@pytest.fixture
def rig(app: Any) -> Rig:
    return a_rig(app=app)


def bare(entity: Entity) -> Selection:
    """Columns that need nothing but the list itself."""
    plain = [spec.column.key for spec in entity.columns if not (spec.relation or spec.labels)]
    return Selection(entity.name, columns=tuple(plain))


@given(entity=some.sampled_from(PAGED), records=some.integers(0, 2_000_000))
def test_a_list_costs_its_pages_times_the_price_of_one(entity: Entity, records: int) -> None:
    told = estimate(bare(entity), {entity.name: Size(records)})
    where, parts = entity.where, len(entity.where.parts)
    pages = max(math.ceil(records / where.page_size), parts)
    fields = Cost(1, entity.fields.cost) if entity.fields and entity.custom else Cost()
    counting = Cost(1, 40) if entity.name == "deals" and pages > 20 else Cost()
    assert told.least == Cost(pages, pages * where.cost) + fields + counting
    assert told.most == Cost(pages + parts - 1, (pages + parts - 1) * where.cost) + fields + counting


@given(
    entity=some.sampled_from(
        [entity for entity in ENTITIES if entity.where.per and entity.where.per.parents.path == "/deals"]
    ),
    deals=some.integers(0, 500_000),
)
def test_a_list_per_record_costs_its_parents_and_a_request_for_each_or_each_batch(entity: Entity, deals: int) -> None:
    told = estimate(bare(entity), {"deals": Size(deals)})
    per = entity.where.per
    assert per is not None
    pages, asks = max(math.ceil(deals / 500), 1), math.ceil(deals / per.batch)
    counting = Cost(1, 40) if pages > 1 else Cost()
    assert told.least == told.most == Cost(pages + asks, pages * 10 + asks * entity.where.cost) + counting


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_a_run_costs_what_was_reckoned(entity: Entity, rig: Rig) -> None:
    selection = Selection(entity.name)
    sizes = rig.source.sizes(selection)
    told = estimate(selection, sizes)
    assert_within(rig, selection, told)


@pytest.mark.parametrize(
    "selection",
    [
        Selection("deals", limit=30),
        Selection("deals", statuses=("won",)),
        Selection("deals", filter_id=1),
        Selection("deals", filter_id=1, statuses=("open",)),
        Selection("deals", statuses=("deleted",)),
        Selection("deal-participants", limit=30),
        Selection("deal-products", statuses=("won",)),
        Selection("leads", limit=700),
        Selection("persons", columns=("ID", "Organization")),
        Selection("mail-messages", options={"folders": ("sent",), "messages": ("first",), "text": ("whole",)}),
        Selection("deal-products", options={"deals": ("current", "archived")}),
        Selection("deal-followers", options={"deals": ("archived",)}),
        Selection("mail-threads", options={"folders": ("inbox", "sent")}),
        Selection("mail-messages", options={"messages": ("first",)}, limit=5),
    ],
    ids=str,
)
def test_so_does_a_part_of_it(selection: Selection, rig: Rig) -> None:
    assert_within(rig, selection, estimate(selection, rig.source.sizes(selection)))


def test_the_text_of_messages_is_a_request_for_each() -> None:
    sizes = {"mail-threads": Size(40), "mail-messages": Size(100)}
    plain = estimate(Selection("mail-messages", columns=("ID",)), sizes)
    whole = estimate(Selection("mail-messages", columns=("ID",), options={"text": ("whole",)}), sizes)
    assert plain.most is not None
    assert whole.most == plain.most + Cost(100, 200)


def assert_within(rig: Rig, selection: Selection, told: Any) -> None:
    before = rig.source.usage
    rig.read(selection)
    spent = rig.source.usage
    requests, tokens = spent.requests - before.requests, spent.tokens - before.tokens
    assert told.least.requests <= requests
    assert told.least.tokens <= tokens
    if told.most is not None:
        assert requests <= told.most.requests
        assert tokens <= told.most.tokens
    assert told.why.endswith(".")


def test_the_text_of_mail_costs_a_request_for_each_message(rig: Rig) -> None:
    known = {"mail-threads": Size(700), "mail-messages": Size(1500)}
    without = estimate(Selection("mail-messages"), known)
    told = estimate(Selection("mail-messages", options={"text": ("whole",)}), known)
    assert without.most
    assert told.most == without.most + Cost(1500, 3000)
    assert told.why.endswith("And 2 tokens for the text of each message.")
    first = estimate(Selection("mail-messages", options={"text": ("whole",), "messages": ("first",)}), known)
    assert first.most == without.most + Cost(700, 1400)


def test_what_nobody_knows_has_no_upper_end_and_says_the_price() -> None:
    told = estimate(Selection("leads", columns=("ID",)), {})
    assert (told.least, told.most) == (Cost(2, 30), None)
    assert told.why == "Pipedrive does not tell how many there are until they are read: 20 tokens for every 500."
    told = estimate(Selection("deal-participants"), {})
    assert told.most is None
    assert told.why == "Nobody knows before the first run how many there are: 10 tokens for each deal."


@pytest.mark.parametrize(
    ("entity", "can_ask"),
    [
        ("deals", True), ("notes", True), ("deal-participants", True), ("person-changes", True),
        ("leads", False), ("files", False), ("mail-messages", False), ("users", False), ("currencies", False),
    ],
)  # fmt: skip
def test_one_can_ask_exactly_where_pipedrive_would_answer(entity: str, can_ask: bool, rig: Rig) -> None:
    selection = Selection(entity)
    told = estimate(selection, {})
    assert told.can_ask is can_ask
    answer = rig.source.sizes(selection)
    again = estimate(selection, answer)
    assert not again.can_ask
    if can_ask:
        assert told.most is None
        assert again.why != told.why


def test_both_sorts_of_deals_are_asked_for_where_both_are_read(rig: Rig) -> None:
    selection = Selection("deal-participants", options={"deals": ("current", "archived")})
    assert estimate(selection, {"deals": Size(3)}).can_ask
    assert not estimate(selection, rig.source.sizes(selection)).can_ask


def test_of_what_does_not_exist_nothing_is_known() -> None:
    assert estimate(Selection("unicorns"), {}).most is None
    wrong = estimate(Selection("mail-threads", options={"colour": ("red",)}), {})
    assert (wrong.most, "colour" in wrong.why) == (None, True)


def test_what_comes_at_once_is_known_beforehand() -> None:
    told = estimate(Selection("currencies"), {})
    assert (told.least, told.most, told.why) == (Cost(1, 20), Cost(1, 20), "One request gives all of them.")


def test_the_sizes_of_deals_and_their_names_are_found_for_thirty_tokens(rig: Rig) -> None:
    sizes = rig.source.sizes(Selection("deals"))
    assert set(sizes) == {"deals", "persons", "organizations"}
    assert (rig.source.usage.requests, rig.source.usage.tokens) == (3, 30)
    assert sizes["deals"].why.startswith("There are at most")


def test_deals_are_counted_where_each_of_them_is_a_request(rig: Rig) -> None:
    sizes = rig.source.sizes(Selection("deal-participants", columns=("ID",)))
    assert sizes["deals"].is_exact
    assert rig.source.usage.tokens == 50


@pytest.mark.parametrize("path", BY_ID)
def test_the_highest_id_is_never_less_than_the_number_of_records(path: str, rig: Rig) -> None:
    entity = next(entity for entity in ENTITIES if entity.where.path == path)
    sizes = rig.source.sizes(Selection(entity.name, columns=("ID",)))
    assert sizes[entity.name].records >= len(rig.read(Selection(entity.name, columns=("ID",))))


def test_a_list_that_is_closed_to_this_user_has_no_size(rig: Rig) -> None:
    rig.faults.add("server_error", status=402, path="/api/v2/persons")
    assert rig.source.sizes(Selection("persons", columns=("ID",))) == {}
    rig.faults.clear()
