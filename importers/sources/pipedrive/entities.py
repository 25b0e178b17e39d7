"""
The catalogue: what can be read from Pipedrive, one entry each.

Prices, page sizes and versions are those of Pipedrive's own OpenAPI documents
(`x-token-cost`).
"""

from __future__ import annotations

from dataclasses import dataclass

from importers.model import Column, ColumnKind, EntityInfo
from importers.sources.pipedrive import recipes
from importers.sources.pipedrive.pages import List
from importers.sources.pipedrive.recipes import Recipe, Spec
from importers.tables.flatten import Path

TEXT, WHOLE, NUMBER, MONEY = ColumnKind.TEXT, ColumnKind.WHOLE, ColumnKind.NUMBER, ColumnKind.MONEY
BOOLEAN, DATE, MOMENT, LIST = ColumnKind.BOOLEAN, ColumnKind.DATE, ColumnKind.MOMENT, ColumnKind.LIST
DURATION, TIME = ColumnKind.DURATION, ColumnKind.TIME

MAIN, MORE, CUSTOM = "Main", "More", "Custom fields"


@dataclass(frozen=True, slots=True)
class Entity:
    """
    A sort of record. `columns` are those every account has.

    `fields` lists the account's own; `custom` says where their values lie:
    "nested" below `custom_fields` (v2), "flat" beside everything else (v1), or
    "" where none are delivered. `filter_type` is empty where no filter is taken.
    """

    name: str
    label: str
    where: List
    columns: tuple[Spec, ...]
    fields: List | None = None
    custom: str = ""
    filter_type: str = ""
    statuses: tuple[str, ...] = ()

    @property
    def info(self) -> EntityInfo:
        return EntityInfo(
            name=self.name,
            label=self.label,
            path=self.where.path,
            version=self.where.version,
            tokens_per_page=self.where.cost,
            page_size=self.where.page_size,
            takes_filter=bool(self.filter_type),
            statuses=self.statuses,
        )


def _column(
    key: str,
    header: str,
    kind: ColumnKind = TEXT,
    *,
    path: Path = (),
    usual: bool = True,
    recipe: Recipe | None = None,
) -> Spec:
    column = Column(key, header, kind, group=MAIN if usual else MORE, usual=usual)
    return Spec(column, path or (key,), recipe or recipes.of_kind(kind))


def _rare(key: str, header: str, kind: ColumnKind = TEXT, *, path: Path = (), recipe: Recipe | None = None) -> Spec:
    """A column few people want."""
    return _column(key, header, kind, path=path, usual=False, recipe=recipe)


def _extra(key: str, header: str, kind: ColumnKind = WHOLE, recipe: Recipe | None = None) -> Spec:
    """A column that Pipedrive only works out when asked to."""
    column = Column(key, header, kind, group=MORE, usual=False)
    return Spec(column, (key,), recipe or recipes.of_kind(kind), include=key)


def _related(id_key: str, key: str, header: str, relation: str, *, usual: bool = True) -> tuple[Spec, Spec]:
    """The name of a related record, and its id beside it."""
    group = MAIN if usual else MORE
    return (
        Spec(Column(key, header, TEXT, group, usual), (id_key,), recipes.named(relation), relation=relation),
        Spec(Column(id_key, f"{header} ID", WHOLE, group, usual), (id_key,), recipes.identified),
    )


def _enclosed(key: str, header: str, path: Path, id_key: str) -> tuple[Spec, Spec]:
    """A related record whose name comes with the record itself."""
    return _column(key, header, path=path), _column(id_key, f"{header} ID", WHOLE)


def _labelled(key: str, header: str, kind: ColumnKind = TEXT, *, where: str = "", usual: bool = True) -> Spec:
    column = Column(key, header, kind, group=MAIN if usual else MORE, usual=usual)
    return Spec(column, (key,), recipes.labelled(where or key), labels=where or key)


def _address(key: str, header: str, *, usual: bool = True) -> tuple[Spec, ...]:
    whole = _column(key, header, usual=usual, recipe=recipes.part("value"))
    parts = (
        _rare(f"{key}.{name}", f"{header}: {words}", path=(key,), recipe=recipes.part(name))
        for name, words in ADDRESS_PARTS
    )
    return (whole, *parts)


ADDRESS_PARTS = (
    ("street_number", "house number"),
    ("route", "street"),
    ("subpremise", "apartment"),
    ("sublocality", "district"),
    ("locality", "city"),
    ("admin_area_level_1", "state or county"),
    ("admin_area_level_2", "region"),
    ("country", "country"),
    ("postal_code", "postal code"),
    ("formatted_address", "formatted"),
)

VISIBLE_TO = {
    "1": "Owner and followers",
    "3": "Group or whole company",
    "5": "Group and sub-groups",
    "7": "Whole company",
}
"""Used where the field itself lists no options. What 3 means depends on the plan, which nobody tells us."""

LABEL_LISTS = {
    "lead-labels": (List("/leadLabels", "v1", 10, paging="none"), "id"),
    "activity-types": (List("/activityTypes", "v1", 20, paging="none"), "key_string"),
}
"""Labels that are listed on their own: where, and what a record holds of them."""

RELATIONS = {
    "users": List("/users", "v1", 20, paging="none"),
    "stages": List("/stages", "v2", 5),
    "pipelines": List("/pipelines", "v2", 5),
    "persons": List("/persons", "v2", 10),
    "organizations": List("/organizations", "v2", 10),
    "deals": List("/deals", "v2", 10),
}
"""Records whose names are shown beside their ids."""

SMALL_RELATIONS = frozenset({"users", "stages", "pipelines"})
"""Read whole, in a request or two; the others by need."""

_STATUSES = ("open", "won", "lost", "deleted")
_DEAL_FIELDS = List("/dealFields", "v2", 10)

_DEAL_COLUMNS = (
    _column("id", "ID", WHOLE),
    _column("title", "Title"),
    _column("value", "Value", MONEY),
    _column("currency", "Currency"),
    _column("status", "Status"),
    *_related("stage_id", "stage", "Stage", "stages"),
    *_related("pipeline_id", "pipeline", "Pipeline", "pipelines"),
    *_related("owner_id", "owner", "Owner", "users"),
    *_related("person_id", "person", "Contact person", "persons"),
    *_related("org_id", "organization", "Organization", "organizations"),
    _labelled("label_ids", "Labels", LIST),
    _column("probability", "Probability", WHOLE),
    _column("expected_close_date", "Expected close date", DATE),
    _column("add_time", "Created at", MOMENT),
    _column("update_time", "Updated at", MOMENT),
    _column("stage_change_time", "Stage changed at", MOMENT),
    _column("won_time", "Won at", MOMENT),
    _column("lost_time", "Lost at", MOMENT),
    _column("close_time", "Closed at", MOMENT),
    _column("lost_reason", "Lost reason"),
    *_related("creator_user_id", "creator", "Creator", "users"),
    _labelled("visible_to", "Visible to"),
    _column("origin", "Origin"),
    _labelled("channel", "Channel", usual=False),
    _rare("origin_id", "Origin ID"),
    _rare("channel_id", "Channel ID"),
    _rare("local_won_date", "Won on (local date)", DATE),
    _rare("local_lost_date", "Lost on (local date)", DATE),
    _rare("local_close_date", "Closed on (local date)", DATE),
    _rare("acv", "Annual contract value", MONEY),
    _rare("arr", "Annual recurring revenue", MONEY),
    _rare("mrr", "Monthly recurring revenue", MONEY),
    _rare("is_archived", "Archived", BOOLEAN),
    _rare("archive_time", "Archived at", MOMENT),
    _rare("is_deleted", "Deleted", BOOLEAN),
)

_ACTIVITY_COUNTS = (
    _extra("activities_count", "Activities count"),
    _extra("done_activities_count", "Activities done count"),
    _extra("undone_activities_count", "Activities to do count"),
    _extra("email_messages_count", "E-mail messages count"),
    _extra("files_count", "Files count"),
    _extra("notes_count", "Notes count"),
    _extra("followers_count", "Followers count"),
    _extra("next_activity_id", "Next activity ID"),
    _extra("last_activity_id", "Last activity ID"),
)
_MAIL_TIMES = (
    _extra("last_incoming_mail_time", "Last e-mail received at", MOMENT),
    _extra("last_outgoing_mail_time", "Last e-mail sent at", MOMENT),
)
_DEAL_COUNTS = (
    _extra("open_deals_count", "Open deals count"),
    _extra("closed_deals_count", "Closed deals count"),
    _extra("won_deals_count", "Won deals count"),
    _extra("lost_deals_count", "Lost deals count"),
)
_DEAL_EXTRAS = (
    *_ACTIVITY_COUNTS,
    _extra("products_count", "Products count"),
    _extra("participants_count", "Participants count"),
    _extra("first_won_time", "First won at", MOMENT),
    *_MAIL_TIMES,
    _extra("source_lead_id", "Source lead ID", TEXT),
    _extra("smart_bcc_email", "Smart BCC e-mail", TEXT),
)

_TIMES = (_column("add_time", "Created at", MOMENT), _column("update_time", "Updated at", MOMENT))

ENTITIES = (
    Entity(
        name="deals",
        label="Deals",
        where=List("/deals", "v2", 10),
        fields=_DEAL_FIELDS,
        custom="nested",
        filter_type="deals",
        statuses=_STATUSES,
        columns=(*_DEAL_COLUMNS, *_DEAL_EXTRAS),
    ),
    Entity(
        name="archived-deals",
        label="Archived deals",
        where=List("/deals/archived", "v2", 20),
        fields=_DEAL_FIELDS,
        custom="nested",
        filter_type="deals",
        statuses=_STATUSES,
        columns=(*_DEAL_COLUMNS, *_DEAL_EXTRAS),
    ),
    Entity(
        name="persons",
        label="Persons",
        where=List("/persons", "v2", 10),
        fields=List("/personFields", "v2", 10),
        custom="nested",
        filter_type="people",
        columns=(
            _column("id", "ID", WHOLE),
            _column("name", "Name"),
            _column("first_name", "First name"),
            _column("last_name", "Last name"),
            _column("email", "E-mail", path=("emails",), recipe=recipes.primary),
            _column("phone", "Phone", path=("phones",), recipe=recipes.primary),
            *_related("org_id", "organization", "Organization", "organizations"),
            *_related("owner_id", "owner", "Owner", "users"),
            _labelled("label_ids", "Labels", LIST),
            _column("emails", "All e-mails", LIST, recipe=recipes.every),
            _column("phones", "All phones", LIST, recipe=recipes.every),
            *_TIMES,
            _labelled("visible_to", "Visible to"),
            _rare("job_title", "Contact sync: job title"),
            _rare("birthday", "Contact sync: birthday", DATE),
            *_address("postal_address", "Contact sync: address", usual=False),
            Spec(Column("im", "Contact sync: messengers", LIST, MORE, usual=False), (), recipes.messengers),
            _rare("notes", "Contact sync: about", recipe=recipes.plain_text),
            _rare("picture_id", "Picture ID", WHOLE, recipe=recipes.identified),
            _rare("is_deleted", "Deleted", BOOLEAN),
            *_DEAL_COUNTS,
            *_ACTIVITY_COUNTS,
            *_MAIL_TIMES,
            _extra("marketing_status", "Marketing status", TEXT),
            _extra("doi_status", "Double opt-in status", TEXT),
            _extra("smart_bcc_email", "Smart BCC e-mail", TEXT),
        ),
    ),
    Entity(
        name="organizations",
        label="Organizations",
        where=List("/organizations", "v2", 10),
        fields=List("/organizationFields", "v2", 10),
        custom="nested",
        filter_type="org",
        columns=(
            _column("id", "ID", WHOLE),
            _column("name", "Name"),
            *_related("owner_id", "owner", "Owner", "users"),
            _labelled("label_ids", "Labels", LIST),
            *_address("address", "Address"),
            _column("website", "Website"),
            _column("linkedin", "LinkedIn"),
            _labelled("industry", "Industry"),
            _column("annual_revenue", "Annual revenue", MONEY),
            _column("employee_count", "Employees", WHOLE),
            *_TIMES,
            _labelled("visible_to", "Visible to"),
            _rare("is_deleted", "Deleted", BOOLEAN),
            _extra("people_count", "People count"),
            *_DEAL_COUNTS,
            *_ACTIVITY_COUNTS,
            _extra("smart_bcc_email", "Smart BCC e-mail", TEXT),
        ),
    ),
    Entity(
        name="activities",
        label="Activities",
        where=List("/activities", "v2", 10),
        fields=List("/activityFields", "v2", 10),
        filter_type="activity",
        columns=(
            _column("id", "ID", WHOLE),
            _column("subject", "Subject"),
            _labelled("type", "Type", where="activity-types"),
            _column("done", "Done", BOOLEAN),
            Spec(Column("due_date", "Due date", DATE, MAIN), (), recipes.due_on),
            Spec(Column("due_time", "Due time", TIME, MAIN), (), recipes.due_at),
            _column("duration", "Duration", DURATION),
            *_related("owner_id", "owner", "Assigned to", "users"),
            *_related("deal_id", "deal", "Deal", "deals"),
            *_related("person_id", "person", "Contact person", "persons"),
            *_related("org_id", "organization", "Organization", "organizations"),
            _labelled("priority", "Priority"),
            _column("note", "Note", recipe=recipes.plain_text),
            _column("public_description", "Public description", recipe=recipes.plain_text),
            *_address("location", "Location"),
            _column("busy", "Busy", BOOLEAN),
            _column("marked_as_done_time", "Done at", MOMENT),
            *_TIMES,
            *_related("creator_user_id", "creator", "Creator", "users"),
            Spec(
                Column("participants", "Participants", LIST, MORE, usual=False),
                ("participants",),
                recipes.named("persons"),
                relation="persons",
            ),
            _rare("lead_id", "Lead ID"),
            _rare("project_id", "Project ID", WHOLE),
            _rare("conference_meeting_client", "Conference client"),
            _rare("conference_meeting_url", "Conference link"),
            _rare("conference_meeting_id", "Conference ID"),
            _rare("private", "Private", BOOLEAN),
            _rare("note_html", "Note as HTML", path=("note",)),
            _rare("is_deleted", "Deleted", BOOLEAN),
        ),
    ),
    Entity(
        name="products",
        label="Products",
        where=List("/products", "v2", 10),
        fields=List("/productFields", "v2", 10),
        custom="nested",
        filter_type="products",
        columns=(
            _column("id", "ID", WHOLE),
            _column("name", "Name"),
            _column("code", "Code"),
            _column("description", "Description"),
            _labelled("category", "Category"),
            _column("unit", "Unit"),
            _column("price", "Price", MONEY, path=("prices",), recipe=recipes.first_price("price")),
            _column("currency", "Currency", path=("prices",), recipe=recipes.first_price("currency", TEXT)),
            _column("cost", "Cost", MONEY, path=("prices",), recipe=recipes.first_price("cost")),
            _column("prices", "All prices", LIST, recipe=recipes.all_prices),
            _column("tax", "Tax %", NUMBER),
            *_related("owner_id", "owner", "Owner", "users"),
            _labelled("billing_frequency", "Billing frequency"),
            _column("billing_frequency_cycles", "Billing cycles", WHOLE),
            _column("is_linkable", "Active", BOOLEAN),
            *_TIMES,
            _labelled("visible_to", "Visible to"),
            _rare("direct_cost", "Direct cost", MONEY, path=("prices",), recipe=recipes.first_price("direct_cost")),
            _rare("is_deleted", "Deleted", BOOLEAN),
        ),
    ),
    Entity(
        name="leads",
        label="Leads",
        where=List("/leads", "v1", 20, paging="offset"),
        fields=_DEAL_FIELDS,
        custom="flat",
        filter_type="leads",
        columns=(
            _column("id", "ID"),
            _column("title", "Title"),
            _column("value", "Value", MONEY, path=("value", "amount")),
            _column("currency", "Currency", path=("value", "currency")),
            *_related("owner_id", "owner", "Owner", "users"),
            *_related("person_id", "person", "Contact person", "persons"),
            *_related("organization_id", "organization", "Organization", "organizations"),
            _labelled("label_ids", "Labels", LIST, where="lead-labels"),
            _column("source_name", "Source"),
            _column("expected_close_date", "Expected close date", DATE),
            _column("was_seen", "Seen", BOOLEAN),
            *_TIMES,
            *_related("creator_id", "creator", "Creator", "users"),
            _labelled("visible_to", "Visible to"),
            _column("origin", "Origin"),
            _labelled("channel", "Channel", usual=False),
            _rare("origin_id", "Origin ID"),
            _rare("channel_id", "Channel ID"),
            _rare("next_activity_id", "Next activity ID", WHOLE),
            _rare("source_deal_id", "Source deal ID", WHOLE),
            _rare("cc_email", "Smart BCC e-mail"),
            _rare("is_archived", "Archived", BOOLEAN),
        ),
    ),
    Entity(
        name="notes",
        label="Notes",
        where=List("/notes", "v1", 20, paging="offset"),
        columns=(
            _column("id", "ID", WHOLE),
            _column("content", "Content", recipe=recipes.plain_text),
            *_enclosed("user", "Author", ("user", "name"), "user_id"),
            *_enclosed("deal", "Deal", ("deal", "title"), "deal_id"),
            *_enclosed("person", "Person", ("person", "name"), "person_id"),
            *_enclosed("organization", "Organization", ("organization", "name"), "org_id"),
            _column("lead_id", "Lead ID"),
            *_TIMES,
            _rare("content_html", "Content as HTML", path=("content",)),
            _rare("project", "Project", path=("project", "title")),
            _rare("project_id", "Project ID", WHOLE),
            _rare("task", "Task", path=("task", "title")),
            _rare("task_id", "Task ID", WHOLE),
            _rare("pinned_to_deal_flag", "Pinned to deal", BOOLEAN),
            _rare("pinned_to_person_flag", "Pinned to person", BOOLEAN),
            _rare("pinned_to_organization_flag", "Pinned to organization", BOOLEAN),
            _rare("pinned_to_lead_flag", "Pinned to lead", BOOLEAN),
            *_related("last_update_user_id", "last_updated_by", "Last updated by", "users", usual=False),
            _rare("active_flag", "Active", BOOLEAN),
        ),
    ),
    Entity(
        name="users",
        label="Users",
        where=List("/users", "v1", 20, paging="none"),
        columns=(
            _column("id", "ID", WHOLE),
            _column("name", "Name"),
            _column("email", "E-mail"),
            _column("phone", "Phone"),
            _column("active_flag", "Active", BOOLEAN),
            _column("timezone_name", "Time zone"),
            _column("default_currency", "Default currency"),
            _column("locale", "Locale"),
            _column("last_login", "Last login at", MOMENT),
            _column("created", "Created at", MOMENT),
            _column("modified", "Updated at", MOMENT),
            _rare("access", "Access", LIST, recipe=recipes.apps),
            _rare("activated", "Activated", BOOLEAN),
            _rare("role_id", "Role ID", WHOLE),
            _rare("is_you", "Is you", BOOLEAN),
            _rare("is_deleted", "Deleted", BOOLEAN),
        ),
    ),
    Entity(
        name="pipelines",
        label="Pipelines",
        where=List("/pipelines", "v2", 5),
        columns=(
            _column("id", "ID", WHOLE),
            _column("name", "Name"),
            _column("order_nr", "Order", WHOLE),
            _column("is_deal_probability_enabled", "Uses deal probability", BOOLEAN),
            *_TIMES,
            _rare("is_selected", "Selected", BOOLEAN),
            _rare("is_deleted", "Deleted", BOOLEAN),
        ),
    ),
    Entity(
        name="stages",
        label="Stages",
        where=List("/stages", "v2", 5),
        columns=(
            _column("id", "ID", WHOLE),
            _column("name", "Name"),
            *_related("pipeline_id", "pipeline", "Pipeline", "pipelines"),
            _column("order_nr", "Order", WHOLE),
            _column("deal_probability", "Deal probability", WHOLE),
            _column("is_deal_rot_enabled", "Deals rot", BOOLEAN),
            _column("days_to_rotten", "Days until rotten", WHOLE),
            *_TIMES,
            _rare("is_deleted", "Deleted", BOOLEAN),
        ),
    ),
)

BY_NAME = {entity.name: entity for entity in ENTITIES}
