"""The source against the pretend Pipedrive: the contract for every entity, then its own promises."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from importers.errors import InvalidSettings, NotThere
from importers.interfaces import Reading
from importers.model import Account, ColumnKind, Selection
from importers.sources.pipedrive.entities import BY_NAME
from importers.sources.pipedrive.source import PipedriveSource
from sandbox import activities, attachments, company, filters, leads, projects, v1, watching
from sandbox.world import World
from tests.contracts.source import SourceContract
from tests.pipedrive import Rig, a_rig, an_app

SHELVES = {
    "archived-deals": "deals/archived",
    "archived-leads": "leads/archived",
    "archived-projects": "projects/archived",
    "project-templates": "projectTemplates",
}
KEYS = {
    "deal-followers": ("deal_id", "user_id"),
    "deal-changes": ("deal_id", "time", "field_key"),
    **{f"{one}-followers": (f"{one}_id", "user_id") for one in ("person", "organization", "product")},
    **{f"{one}-changes": (f"{one}_id", "time", "field_key") for one in ("person", "organization")},
    "lead-sources": ("name",),
    "note-comments": ("uuid",),
    "lead-fields": ("key",),
    "note-fields": ("key",),
}


def rows_of(entity: str, world: World) -> int:
    """How many there are, as the world itself counts them."""
    if entity in FEW:
        return FEW[entity](world)
    if entity in PARTS:
        shelf, rows = PARTS[entity]
        ids = world.shelf(shelf).ids
        return sum(len(rows(world)(ids[place])) for place in range(len(ids)))
    if entity.endswith("-fields"):
        return len(world.fields[entity.removesuffix("-fields")])
    return int(world.shelf(SHELVES.get(entity, entity)).count(None))


FEW: dict[str, Callable[[World], int]] = {
    "users": lambda world: len(world.staff.users),
    "lead-labels": lambda world: len(leads.LABELS),
    "lead-sources": lambda world: len(leads.SOURCES),
    "organization-relationships": lambda world: len(range(1, len(world.shelf("organizations").ids), 3)),
    "activity-types": lambda world: len(activities.TYPES),
    "files": lambda world: len(world.attachments.files),
    "call-logs": lambda world: len(world.attachments.calls),
    "project-boards": lambda world: len(projects.BOARDS),
    "project-phases": lambda world: len(projects.PHASES),
    "mail-threads": lambda world: len(world.mail.ids),
    "mail-messages": lambda world: sum(map(world.mail.size, world.mail.ids)),
    "roles": lambda world: len(company.roles()),
    "permission-sets": lambda world: len(company.permission_sets()),
    "teams": lambda world: len(company.teams(world.staff)),
    "goals": lambda world: len(company.goals()),
    "filters": lambda world: len(filters.FILTERS),
    "currencies": lambda world: len(v1.CURRENCIES),
}
RowsOf = Callable[[World], Callable[[int], list[Any]]]


def _followers(name: str) -> RowsOf:
    return lambda world: lambda n: watching.followers(world.shelf(name), world.staff, n)


def _changes(name: str) -> RowsOf:
    return lambda world: lambda n: watching.changes(world.shelf(name), "", n)


PARTS: dict[str, tuple[str, RowsOf]] = {
    "deal-products": ("deals", lambda world: world.deal_parts.products),
    "deal-installments": ("deals", lambda world: world.deal_parts.installments),
    "deal-discounts": ("deals", lambda world: world.deal_parts.discounts),
    "deal-participants": ("deals", lambda world: world.deal_parts.participants),
    "deal-followers": ("deals", lambda world: world.deal_parts.followers),
    "deal-changes": ("deals", lambda world: world.deal_parts.changes),
    **{f"{name[:-1]}-followers": (name, _followers(name)) for name in ("persons", "organizations", "products")},
    **{f"{name[:-1]}-changes": (name, _changes(name)) for name in ("persons", "organizations")},
    "note-comments": ("notes", lambda world: world.attachments.comments),
    "product-variations": ("products", lambda world: attachments.variations),
}


@pytest.fixture(scope="module")
def world() -> World:
    return World(deals=48)


@pytest.fixture(scope="module")
def app(world: World) -> Any:
    return an_app(world)


@pytest.fixture
def rig(app: Any) -> Rig:
    return a_rig(app=app)


class TestPipedriveSource(SourceContract):
    @pytest.fixture
    def source(self, rig: Rig) -> PipedriveSource:
        return rig.source

    @pytest.fixture(params=BY_NAME)
    def entity(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def rows_expected(self, entity: str, world: World) -> int:
        return rows_of(entity, world)

    @pytest.fixture
    def record_key(self, entity: str) -> tuple[str, ...]:
        return KEYS.get(entity, ("field_code",) if entity.endswith("-fields") else ("id",))


def test_the_account_says_whose_token_it_is(rig: Rig) -> None:
    account = rig.source.account()
    assert account == Account(
        "Acme Cargo Bikes B.V.",
        "acme",
        account.user,
        account.email,
        "Europe/Tallinn",
        company_id=7_654_321,
        user_id=13001001,
    )
    assert "@" in account.email


def test_the_company_is_asked_for_once_when_it_is_not_known(app: Any) -> None:
    rig = a_rig(app=app, company_domain=None)
    rig.read(Selection("pipelines"))
    rig.read(Selection("stages"))
    assert rig.paths().count("/v1/users/me") == 1
    assert {call.host for call in rig.journal.calls[1:]} == {"acme.pipedrive.com"}


def test_a_company_that_is_no_plain_name_never_becomes_a_host() -> None:
    with pytest.raises(InvalidSettings):
        a_rig(company_domain="evil.example/")


@pytest.mark.parametrize("entity", BY_NAME)
def test_version_two_is_used_wherever_it_exists(rig: Rig, entity: str) -> None:
    rig.read(Selection(entity, columns=tuple(column.key for column in rig.source.columns(entity))))
    only_in_v1 = re.compile(
        r"/api/v1/(users|leads(/archived)?|leadLabels|leadSources|leadFields|notes(/\d+/comments)?|noteFields|activityTypes"
        r"|organizationRelationships|deals/\d+/participants|(deals|persons|organizations)/\d+/changelog|files|callLogs"
        r"|mailbox/(mailThreads(/\d+/mailMessages)?|mailMessages/\d+)"
        r"|roles|permissionSets|legacyTeams|goals/find|filters|currencies)$"
    )
    assert [path for path in rig.paths() if not path.startswith("/api/v2/") and not only_in_v1.match(path)] == []


@pytest.mark.parametrize("entity", BY_NAME)
def test_tokens_are_counted_as_pipedrive_does(rig: Rig, entity: str) -> None:
    rig.read(Selection(entity))
    assert rig.source.usage.requests == len(rig.journal.calls)
    assert rig.source.usage.tokens == sum(call.cost for call in rig.journal.calls)


def test_the_token_travels_in_a_header_only(rig: Rig) -> None:
    rig.read(Selection("deals", limit=5))
    assert {call.auth for call in rig.journal.calls} == {"header"}
    assert not any("token" in name for call in rig.journal.calls for name in call.query)


def test_a_list_takes_as_few_requests_as_it_can() -> None:
    rig = a_rig(world=World(deals=1200))
    assert len(rig.read(Selection("deals"))) == 1200
    pages = [call for call in rig.journal.calls if call.path == "/api/v2/deals"]
    assert len(pages) <= 5
    assert {call.query["limit"] for call in pages} == {"500"}
    # The fields, three pages (read from both ends), what changed meanwhile among deals and archived ones, and for
    # the names: users, stages, pipelines, two pages of persons and one of organizations.
    assert len(rig.journal.calls) <= 13


def test_names_nobody_asked_for_are_not_looked_up(rig: Rig) -> None:
    rig.read(Selection("deals", columns=("id", "title", "owner_id")))
    assert rig.paths() == ["/api/v2/dealFields", "/api/v2/deals"]


def test_a_preview_reads_no_more_than_it_shows(rig: Rig) -> None:
    rig.read(Selection("deals", columns=("id",), limit=20))
    assert [call.query.get("limit") for call in rig.journal.calls] == ["500", "20"]


def test_few_custom_fields_are_asked_for_by_name(rig: Rig) -> None:
    field = rig.world.custom_field("deal", "Purchase order")
    rig.read(Selection("deals", columns=("id", "Purchase order")))
    assert rig.journal.calls[-1].query["custom_fields"] == field.code


def test_counts_are_asked_for_only_when_they_are_chosen(rig: Rig) -> None:
    rig.read(Selection("deals", columns=("id", "notes_count", "activities_count")))
    assert rig.journal.calls[-1].query["include_fields"] == "activities_count,notes_count"


def test_related_names_stand_beside_their_ids(rig: Rig) -> None:
    persons = {row["ID"]: row["Name"] for row in rig.table(Selection("persons"))}
    users = {row["ID"]: row["Name"] for row in rig.table(Selection("users"))}
    stages = {row["ID"]: row["Name"] for row in rig.table(Selection("stages"))}
    deals = rig.table(Selection("deals"))
    assert any(deal["Contact person"] for deal in deals)
    for deal in deals:
        assert deal["Contact person"] == persons.get(deal["Contact person ID"])
        assert deal["Owner"] == users.get(deal["Owner ID"])
        assert deal["Stage"] == stages.get(deal["Stage ID"])


def test_options_show_as_their_labels(rig: Rig) -> None:
    for field in rig.world.fields["deal"]:
        if field.is_custom and field.type == "enum":
            listed = {option.label for option in field.options}
            shown = {cell for (cell,) in rig.read(Selection("deals", columns=(field.code,))) if cell}
            lost = {f"Deleted option ({option.id})" for option in field.lost_options}
            assert shown
            assert shown <= listed | lost


def test_a_deleted_option_still_in_use_is_shown_as_such_and_noted_once() -> None:
    rig = a_rig(world=World(deals=300))
    reading = rig.source.open(Selection("deals", columns=("Customer type", "Regions")))
    cells = [cell for page in reading.pages() for row in page.rows for cell in row if cell]
    lost = [cell for cell in cells if "Deleted option (" in str(cell)]
    assert lost
    assert [note.partition(":")[0] for note in reading.notes] == ["Customer type", "Regions"]


@pytest.mark.parametrize("entity", ["deals", "persons", "organizations", "products", "leads", "activities", "projects"])
def test_no_bare_option_id_reaches_a_labelled_column(rig: Rig, entity: str) -> None:
    labelled = [spec.column.key for spec in BY_NAME[entity].columns if spec.labels]
    options = {
        "deals": "deal",
        "leads": "deal",
        "persons": "person",
        "organizations": "organization",
        "products": "product",
        "projects": "project",
    }
    fields = rig.world.fields[options[entity]] if entity in options else ()
    labelled += [field.code for field in fields if field.is_custom and field.type in ("enum", "set")]
    rows = rig.read(Selection(entity, columns=tuple(labelled)))
    cells = {str(item) for row in rows for cell in row if cell for item in str(cell).split(", ")}
    assert cells
    assert [cell for cell in cells if cell.isdigit()] == []


def test_compound_fields_become_typed_columns(rig: Rig) -> None:
    kinds = {column.header: column.kind for column in rig.source.columns("deals")}
    assert kinds["Yearly fee"] is ColumnKind.MONEY
    assert kinds["Yearly fee: currency"] is ColumnKind.TEXT
    assert kinds["Contract period: start"] is kinds["Contract period: end"] is ColumnKind.DATE
    assert kinds["Delivery window: end"] is ColumnKind.TIME
    assert kinds["Delivery address: city"] is ColumnKind.TEXT
    assert kinds["Technical lead ID"] is ColumnKind.WHOLE


def test_the_parts_of_an_address_and_the_ids_of_people_are_there_for_those_who_ask(rig: Rig) -> None:
    rare = {column.header for column in rig.source.columns("deals") if not column.usual}
    assert {"Delivery address: city", "Technical lead ID", "Preferred call time: time zone"} <= rare


def test_two_fields_of_one_name_get_a_suffix_from_their_keys(rig: Rig) -> None:
    doubled = [
        column for column in rig.source.columns("deals") if re.fullmatch(r"Source \([0-9a-f]{4}\)", column.header)
    ]
    assert [column.header for column in doubled] == [f"Source ({column.key[:4]})" for column in doubled]
    assert len(doubled) == 2


def test_leads_show_the_custom_fields_of_deals() -> None:
    rig = a_rig(world=World(deals=600))
    deals = {column.key for column in rig.source.columns("deals") if column.group == "Custom fields"}
    leads = {column.key for column in rig.source.columns("leads") if column.group == "Custom fields"}
    assert leads < deals
    assert all(key.endswith(".timezone_name") for key in deals - leads)
    rows = rig.table(Selection("leads"))
    assert any(row["Yearly fee"] is not None and row["Yearly fee: currency"] for row in rows)
    assert any(row["Customer type"] for row in rows)


def test_moments_are_shown_in_the_zone_of_the_importer(rig: Rig) -> None:
    columns = ("id", "add_time")
    utc = dict(rig.read(Selection("deals", columns=columns, limit=30)))  # type: ignore[arg-type]
    tokyo = dict(rig.read(Selection("deals", columns=columns, limit=30, time_zone="Asia/Tokyo")))  # type: ignore[arg-type]
    assert {(tokyo[deal] - utc[deal]).total_seconds() for deal in utc} == {9 * 3600.0}  # type: ignore[operator]


@pytest.mark.parametrize("statuses", [("open",), ("won", "lost"), ("deleted",)])
def test_deals_can_be_chosen_by_status(rig: Rig, statuses: tuple[str, ...]) -> None:
    shown = {status for (status,) in rig.read(Selection("deals", columns=("status",), statuses=statuses))}
    assert shown == set(statuses)


def test_a_status_holds_beside_a_filter_although_pipedrive_ignores_it_there(rig: Rig) -> None:
    everything = rig.read(Selection("deals", columns=("status",), filter_id=4))
    won = rig.read(Selection("deals", columns=("status",), filter_id=4, statuses=("won",)))
    assert set(won) == {("won",)}
    assert len(won) < len(everything)


@pytest.mark.parametrize(("entity", "filter_id"), [("deals", 1), ("persons", 11), ("activities", 32), ("leads", 51)])
def test_a_filter_narrows_the_rows(rig: Rig, entity: str, filter_id: int) -> None:
    everything = rig.read(Selection(entity, columns=("id",)))
    filtered = rig.read(Selection(entity, columns=("id",), filter_id=filter_id))
    assert 0 < len(filtered) < len(everything)


@pytest.mark.parametrize(
    ("entity", "filter_id"), [("deals", 5), ("persons", 13), ("organizations", 22), ("products", 42), ("leads", 52)]
)
def test_a_filter_that_matches_nothing_gives_no_rows_and_no_trouble(rig: Rig, entity: str, filter_id: int) -> None:
    reading = rig.source.open(Selection(entity, filter_id=filter_id))
    assert [row for page in reading.pages() for row in page.rows] == []
    assert reading.total == 0


def test_filters_are_offered_by_name(rig: Rig) -> None:
    offered = rig.source.filters("deals")
    assert [choice.label for choice in offered] == sorted((choice.label for choice in offered), key=str.casefold)
    assert "All open deals" in {choice.label for choice in offered}
    assert rig.source.filters("archived-deals") == offered
    assert rig.source.filters("users") == []


def test_an_unknown_filter_is_named_before_anything_is_read(rig: Rig) -> None:
    with pytest.raises(NotThere, match="“Gone”") as caught:
        rig.source.open(Selection("deals", filter_id=999, filter_name="Gone"))
    assert caught.value.hint
    assert rig.paths() == ["/api/v1/filters/999"]


def test_a_filter_of_another_entity_is_refused(rig: Rig) -> None:
    with pytest.raises(InvalidSettings, match="not made for deals"):
        rig.source.open(Selection("deals", filter_id=11))


def test_a_filter_where_there_are_none_is_refused(rig: Rig) -> None:
    with pytest.raises(InvalidSettings, match="no filters for users"):
        rig.source.open(Selection("users", filter_id=1))


@pytest.mark.parametrize(("entity", "says"), [("deals", "open, won, lost, deleted"), ("persons", "no status")])
def test_an_unknown_status_is_refused(rig: Rig, entity: str, says: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        rig.source.open(Selection(entity, statuses=("rotten",)))
    assert says in str(caught.value)


def test_a_custom_field_that_was_deleted_is_explained_without_its_key(rig: Rig) -> None:
    with pytest.raises(InvalidSettings, match="no longer exists") as caught:
        rig.source.open(Selection("deals", columns=("id", "ab" * 20)))
    assert "ab" * 20 not in str(caught.value)


def test_a_misspelt_entity_brings_a_suggestion(rig: Rig) -> None:
    with pytest.raises(InvalidSettings, match="Did you mean deals"):
        rig.source.columns("daels")


def test_no_request_is_made_for_an_answer_that_cannot_fit(rig: Rig) -> None:
    for selection in (Selection("dogs"), Selection("deals", limit=0), Selection("notes", filter_id=1)):
        with pytest.raises(InvalidSettings):
            rig.source.open(selection)
    assert rig.paths() == []


def test_an_account_with_nothing_in_it_is_no_trouble() -> None:
    rig = a_rig(world=World(deals=0))
    for entity in ("deals", "archived-deals", "persons", "leads", "notes", "activities"):
        assert rig.read(Selection(entity)) == []


def test_columns_are_the_same_every_time(rig: Rig, app: Any) -> None:
    assert a_rig(app=app).source.columns("deals") == rig.source.columns("deals")


@pytest.mark.slow
def test_a_long_list_of_deals_learns_its_total_on_the_way() -> None:
    rig = a_rig(world=World(deals=10_600, custom_fields=0))
    readings: list[Reading] = []
    totals: list[int | None] = []
    reading = rig.source.open(Selection("deals", columns=("id",)), stop=lambda: totals.extend(map(_total_of, readings)))
    readings.append(reading)
    assert sum(len(page.rows) for page in reading.pages()) == 10_600
    assert totals[0] is None
    assert rig.paths().count("/api/v1/deals/summary") == 1
    assert set(totals) == {None, 10_600}


def _total_of(reading: Reading) -> int | None:
    return reading.total
