"""
The catalogue: what can be read from Pipedrive, one entry each.

Prices, page sizes and versions are those of Pipedrive's own OpenAPI documents
(`x-token-cost`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from importers.model import Column, EntityInfo, Question
from importers.sources.pipedrive import recipes
from importers.sources.pipedrive.changes import Changes, Feed
from importers.sources.pipedrive.details import missing_key
from importers.sources.pipedrive.options import ALL_FOLDERS, IN_FOLDERS, OF_DEALS, WHICH_MESSAGES, WITH_TEXT, Option
from importers.sources.pipedrive.pages import PARENT, List, Per
from importers.sources.pipedrive.recipes import Spec
from importers.sources.pipedrive.specs import (
    BOOLEAN,
    DATE,
    DURATION,
    LIST,
    MAIN,
    MOMENT,
    MONEY,
    MORE,
    NUMBER,
    TEXT,
    TIME,
    WHOLE,
    address,
    column,
    enclosed,
    extra,
    labelled,
    of_parent,
    rare,
    related,
    several,
)


@dataclass(frozen=True, slots=True)
class Entity:
    """
    A sort of record. `columns` are those every account has; `scopes` are the
    permissions of which an app needs one.

    `fields` lists the account's own; `custom` says where their values lie:
    "nested" below `custom_fields` (v2), "flat" beside everything else (v1), or
    "" where none are delivered; `can_choose_custom` whether some of them can
    be asked for. `filter_type` is empty where no filter is taken. Filter and
    status are those of the parents where `where` is asked for each of them.
    `needs` names what the account must have bought; `options` is what one
    may choose beside all that. `changes` is how the list tells what changed
    in it, None where it does not.
    """

    name: str
    label: str
    group: str
    where: List
    scopes: tuple[str, ...]
    columns: tuple[Spec, ...]
    needs: str = ""
    can_choose_custom: bool = True
    fields: List | None = None
    custom: str = ""
    filter_type: str = ""
    statuses: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    changes: Changes | None = None

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(option.question for option in self.options)

    @property
    def _tells_versions(self) -> bool:
        return self.where.per is not None and bool(self.where.per.version)

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
            group=self.group,
            per=_per(self.where.per),
            windows=self.where.windows,
            scopes=self.scopes,
            needs=self.needs,
            questions=self.questions,
            tells_changes=self.changes is not None or self._tells_versions,
            tells_removals=self.changes.tells_removals if self.changes else self._tells_versions,
            tells_apart=self.where.key == "id",
        )


def _per(per: Per | None) -> str:
    if per is None:
        return ""
    return per.one if per.batch == 1 else f"{per.batch} {per.one}s"


DEALS, LEADS, CONTACTS, WORK = "Deals", "Leads", "Contacts", "Activities and notes"
PRODUCTS, PROJECTS, MAIL, COMPANY, FIELDS = "Products", "Projects", "Mail", "Company", "Field lists"
GROUPS = (DEALS, LEADS, CONTACTS, WORK, PRODUCTS, PROJECTS, MAIL, COMPANY, FIELDS)
"""The headings, in the order they are shown in."""

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
    "deal-fields": (List("/dealFields", "v2", 10), "field_code"),
    "person-fields": (List("/personFields", "v2", 10), "field_code"),
    "organization-fields": (List("/organizationFields", "v2", 10), "field_code"),
}
"""Labels that are listed on their own: where, and what a record holds of them."""

_DEALS_READ = ("deals:read", "deals:full")
_CONTACTS_READ = ("contacts:read", "contacts:full")
_ACTIVITIES_READ = ("activities:read", "activities:full")
_LEADS_READ = ("leads:read", "leads:full")
_PRODUCTS_READ = ("products:read", "products:full")
_PROJECTS_READ = ("projects:read", "projects:full")
_MAIL_READ = ("mail:read", "mail:full")
_EVERYTHING_READ = (*_DEALS_READ, *_ACTIVITIES_READ, *_CONTACTS_READ)

_PROJECTS_ADDON = "the Projects add-on"
_SINCE, _BETWEEN = ("updated_since",), ("updated_since", "updated_until")
_DEALS = List("/deals", "v2", 10, windows=_BETWEEN)
_PERSONS = List("/persons", "v2", 10, windows=_BETWEEN)
_ORGANIZATIONS = List("/organizations", "v2", 10, windows=_BETWEEN)
_PRODUCTS = List("/products", "v2", 10, windows=_SINCE)
_ARCHIVED_DEALS = List("/deals/archived", "v2", 20, windows=_BETWEEN)
_ACTIVITIES = List("/activities", "v2", 10, windows=_BETWEEN)
_LEADS_LIST = List("/leads", "v1", 20, paging="offset", windows=_SINCE)
_NOTES = List("/notes", "v1", 20, paging="offset", windows=_SINCE)
_BOARDS = List("/boards", "v2", 10, paging="none")
_PHASES = List("/phases", "v2", 10, paging="none", per=Per(_BOARDS, "board", param="board_id"))
_MAIL_THREADS = List(
    "/mailbox/mailThreads",
    "v1",
    20,
    paging="offset",
    parts=ALL_FOLDERS,
)
_ANY_STATUS = {"status": "open,won,lost,deleted"}
_DEAL_CHANGES = Changes((Feed(_DEALS, _ANY_STATUS), Feed(_ARCHIVED_DEALS, _ANY_STATUS, left=True)), tells_removals=True)
_ARCHIVED_DEAL_CHANGES = Changes(
    (Feed(_ARCHIVED_DEALS, _ANY_STATUS), Feed(_DEALS, _ANY_STATUS, left=True)), tells_removals=True
)
"""A deal that leaves one of the two lists is deleted, or stands in the other one from then on."""
_OTHERS_NAMES = frozenset({"user", "deal", "person", "organization", "project", "task"})
"""They come with a note, which is not said to have changed when they do."""
_EVERY_GOAL = tuple(
    {"type.name": name, "is_active": is_active}
    for name in ("deals_won", "deals_progressed", "activities_completed", "activities_added", "deals_started")
    for is_active in ("true", "false")
)
"""Without a type only the user's own goals come, and without saying so only the active ones."""

RELATIONS = {
    "users": List("/users", "v1", 20, paging="none"),
    "stages": List("/stages", "v2", 5),
    "pipelines": List("/pipelines", "v2", 5),
    "boards": _BOARDS,
    "phases": _PHASES,
    "persons": _PERSONS,
    "organizations": _ORGANIZATIONS,
    "deals": _DEALS,
    "products": _PRODUCTS,
}
"""Records whose names are shown beside their ids."""

SMALL_RELATIONS = frozenset({"users", "stages", "pipelines", "boards", "phases"})
"""Read whole, in a request or two; the others by need."""

_STATUSES = ("open", "won", "lost", "deleted")
_LIVE_STATUSES = ("open", "won", "lost")
_PROJECT_STATUSES = ("open", "completed", "canceled", "deleted")
_DEAL_FIELDS = List("/dealFields", "v2", 10)

_DEAL_COLUMNS = (
    column("id", "ID", WHOLE),
    column("title", "Title"),
    column("value", "Value", MONEY),
    column("currency", "Currency"),
    column("status", "Status"),
    *related("stage_id", "stage", "Stage", "stages"),
    *related("pipeline_id", "pipeline", "Pipeline", "pipelines"),
    *related("owner_id", "owner", "Owner", "users"),
    *related("person_id", "person", "Contact person", "persons"),
    *related("org_id", "organization", "Organization", "organizations"),
    labelled("label_ids", "Labels", LIST),
    column("probability", "Probability", WHOLE),
    column("expected_close_date", "Expected close date", DATE),
    column("add_time", "Created at", MOMENT),
    column("update_time", "Updated at", MOMENT),
    column("stage_change_time", "Stage changed at", MOMENT),
    column("won_time", "Won at", MOMENT),
    column("lost_time", "Lost at", MOMENT),
    column("close_time", "Closed at", MOMENT),
    column("lost_reason", "Lost reason"),
    *related("creator_user_id", "creator", "Creator", "users"),
    labelled("visible_to", "Visible to"),
    column("origin", "Origin"),
    labelled("channel", "Channel", usual=False),
    rare("origin_id", "Origin ID"),
    rare("channel_id", "Channel ID"),
    rare("local_won_date", "Won on (local date)", DATE),
    rare("local_lost_date", "Lost on (local date)", DATE),
    rare("local_close_date", "Closed on (local date)", DATE),
    rare("acv", "Annual contract value", MONEY),
    rare("arr", "Annual recurring revenue", MONEY),
    rare("mrr", "Monthly recurring revenue", MONEY),
    rare("is_archived", "Archived", BOOLEAN),
    rare("archive_time", "Archived at", MOMENT),
    rare("is_deleted", "Deleted", BOOLEAN),
)

_ACTIVITY_COUNTS = (
    extra("activities_count", "Activities count"),
    extra("done_activities_count", "Activities done count"),
    extra("undone_activities_count", "Activities to do count"),
    extra("email_messages_count", "E-mail messages count"),
    extra("files_count", "Files count"),
    extra("notes_count", "Notes count"),
    extra("followers_count", "Followers count"),
    extra("next_activity_id", "Next activity ID"),
    extra("last_activity_id", "Last activity ID"),
)
_MAIL_TIMES = (
    extra("last_incoming_mail_time", "Last e-mail received at", MOMENT),
    extra("last_outgoing_mail_time", "Last e-mail sent at", MOMENT),
)
_DEAL_COUNTS = (
    extra("open_deals_count", "Open deals count"),
    extra("closed_deals_count", "Closed deals count"),
    extra("won_deals_count", "Won deals count"),
    extra("lost_deals_count", "Lost deals count"),
)
_DEAL_EXTRAS = (
    *_ACTIVITY_COUNTS,
    extra("products_count", "Products count"),
    extra("participants_count", "Participants count"),
    extra("first_won_time", "First won at", MOMENT),
    *_MAIL_TIMES,
    extra("source_lead_id", "Source lead ID", TEXT),
    extra("smart_bcc_email", "Smart BCC e-mail", TEXT),
)

_TIMES = (column("add_time", "Created at", MOMENT), column("update_time", "Updated at", MOMENT))

_LEAD_COLUMNS = (
    column("id", "ID"),
    column("title", "Title"),
    column("value", "Value", MONEY, path=("value", "amount")),
    column("currency", "Currency", path=("value", "currency")),
    *related("owner_id", "owner", "Owner", "users"),
    *related("person_id", "person", "Contact person", "persons"),
    *related("organization_id", "organization", "Organization", "organizations"),
    labelled("label_ids", "Labels", LIST, where="lead-labels"),
    column("source_name", "Source"),
    column("expected_close_date", "Expected close date", DATE),
    column("was_seen", "Seen", BOOLEAN),
    *_TIMES,
    *related("creator_id", "creator", "Creator", "users"),
    labelled("visible_to", "Visible to"),
    column("origin", "Origin"),
    labelled("channel", "Channel", usual=False),
    rare("origin_id", "Origin ID"),
    rare("channel_id", "Channel ID"),
    rare("next_activity_id", "Next activity ID", WHOLE),
    rare("source_deal_id", "Source deal ID", WHOLE),
    rare("cc_email", "Smart BCC e-mail"),
    rare("is_archived", "Archived", BOOLEAN),
)

_PROJECT_COLUMNS = (
    column("id", "ID", WHOLE),
    column("title", "Title"),
    column("description", "Description", recipe=recipes.plain_text),
    column("status", "Status"),
    *related("board_id", "board", "Board", "boards"),
    *related("phase_id", "phase", "Phase", "phases"),
    *related("owner_id", "owner", "Owner", "users"),
    column("start_date", "Start date", DATE),
    column("end_date", "End date", DATE),
    several("deal_ids", "deals", "Deals", "deals"),
    several("person_ids", "persons", "Persons", "persons"),
    several("org_ids", "organizations", "Organizations", "organizations"),
    labelled("label_ids", "Labels", LIST),
    column("health_status", "Health", WHOLE),
    *_TIMES,
    column("status_change_time", "Status changed at", MOMENT),
    column("archive_time", "Archived at", MOMENT),
    rare("deal_ids", "Deal IDs", LIST),
    rare("person_ids", "Person IDs", LIST),
    rare("org_ids", "Organization IDs", LIST),
)

_MAIL_FLAGS = (
    column("has_attachments_flag", "Has attachments", BOOLEAN),
    column("read_flag", "Read", BOOLEAN),
    column("mail_tracking_status", "Tracking"),
    rare("has_real_attachments_flag", "Has real attachments", BOOLEAN),
    rare("has_inline_attachments_flag", "Has inline attachments", BOOLEAN),
    rare("mail_link_tracking_enabled_flag", "Links tracked", BOOLEAN),
    rare("smart_bcc_flag", "By smart BCC", BOOLEAN),
    rare("synced_flag", "Synced", BOOLEAN),
    rare("deleted_flag", "Deleted", BOOLEAN),
    rare("account_id", "Mail account ID"),
    *related("user_id", "user", "Mailbox of", "users", usual=False),
)

_FIELD_COLUMNS = (
    column("field_name", "Name"),
    column("field_type", "Type"),
    column("options", "Options", LIST, recipe=recipes.each("label")),
    column("is_custom_field", "Custom field", BOOLEAN),
    column("description", "Description"),
    column("is_optional_response_field", "Only on request", BOOLEAN),
    rare("field_code", "Key"),
    rare("option_ids", "Option IDs", LIST, path=("options",), recipe=recipes.each("id")),
    rare("subfields", "Parts", LIST, recipe=recipes.each("field_name")),
)

_OLD_FIELD_COLUMNS = (
    column("name", "Name"),
    column("field_type", "Type"),
    column("options", "Options", LIST, recipe=recipes.each("label")),
    column("edit_flag", "Custom field", BOOLEAN),
    column("mandatory_flag", "Mandatory", BOOLEAN),
    column("active_flag", "Active", BOOLEAN),
    rare("id", "ID", WHOLE),
    rare("key", "Key"),
    rare("option_ids", "Option IDs", LIST, path=("options",), recipe=recipes.each("id")),
    rare("deleted_options", "Deleted options", LIST, path=("options_deleted",), recipe=recipes.each("label")),
    rare("order_nr", "Order", WHOLE),
    rare("add_time", "Created at", MOMENT),
    rare("update_time", "Updated at", MOMENT),
)


def _fields(of: str, scopes: tuple[str, ...], needs: str = "") -> Entity:
    """The fields of one sort of record, as v2 lists them."""
    return Entity(
        name=f"{of}-fields",
        label=f"{of.capitalize()} fields",
        group=FIELDS,
        where=List(f"/{of}Fields", "v2", 10, key="field_code"),
        scopes=scopes,
        needs=needs,
        columns=_FIELD_COLUMNS,
    )


def _followers(one: str, parents: List, group: str, scopes: tuple[str, ...], filter_type: str, **more: Any) -> Entity:
    """Who follows each record of a sort."""
    name = "title" if one == "deal" else "name"
    return Entity(
        name=f"{one}-followers",
        label=f"{one.capitalize()} followers",
        group=group,
        where=List(f"{parents.path}/{{id}}/followers", "v2", 10, key="user_id", per=Per(parents, one)),
        scopes=scopes,
        filter_type=filter_type,
        columns=(
            *of_parent(one, one.capitalize(), name),
            *related("user_id", "follower", "Follower", "users"),
            column("add_time", "Followed since", MOMENT),
        ),
        **more,
    )


def _changes(one: str, parents: List, group: str, filter_type: str, **more: Any) -> Entity:
    """What was changed in each record of a sort: one row for every field."""
    name, fields = "title" if one == "deal" else "name", f"{one}-fields"
    return Entity(
        name=f"{one}-changes",
        label=f"{one.capitalize()} changes",
        group=group,
        where=List(f"{parents.path}/{{id}}/changelog", "v1", 20, key="", per=Per(parents, one)),
        scopes=("recents:read",),
        filter_type=filter_type,
        columns=(
            *of_parent(one, one.capitalize(), name),
            column("time", "Changed at", MOMENT),
            Spec(Column("field", "Field", TEXT, MAIN), ("field_key",), recipes.field_named(fields), labels=fields),
            column("old_value", "Old value"),
            column("new_value", "New value"),
            *related("actor_user_id", "actor", "Changed by", "users"),
            column("change_source", "Source"),
            rare("field_key", "Field key"),
            rare("change_source_user_agent", "Program"),
            rare("is_bulk_update_flag", "Bulk update", BOOLEAN),
        ),
        **more,
    )


_CATALOGUE = (
    Entity(
        name="deals",
        label="Deals",
        group=DEALS,
        where=_DEALS,
        scopes=_DEALS_READ,
        fields=_DEAL_FIELDS,
        custom="nested",
        filter_type="deals",
        statuses=_STATUSES,
        changes=_DEAL_CHANGES,
        columns=(*_DEAL_COLUMNS, *_DEAL_EXTRAS),
    ),
    Entity(
        name="archived-deals",
        label="Archived deals",
        group=DEALS,
        where=_ARCHIVED_DEALS,
        scopes=_DEALS_READ,
        fields=_DEAL_FIELDS,
        custom="nested",
        filter_type="deals",
        statuses=_STATUSES,
        changes=_ARCHIVED_DEAL_CHANGES,
        columns=(*_DEAL_COLUMNS, *_DEAL_EXTRAS),
    ),
    Entity(
        name="persons",
        label="Persons",
        group=CONTACTS,
        where=_PERSONS,
        scopes=_CONTACTS_READ,
        fields=List("/personFields", "v2", 10),
        custom="nested",
        filter_type="people",
        changes=Changes((Feed(_PERSONS),)),
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            column("first_name", "First name"),
            column("last_name", "Last name"),
            column("email", "E-mail", path=("emails",), recipe=recipes.primary),
            column("phone", "Phone", path=("phones",), recipe=recipes.primary),
            *related("org_id", "organization", "Organization", "organizations"),
            *related("owner_id", "owner", "Owner", "users"),
            labelled("label_ids", "Labels", LIST),
            column("emails", "All e-mails", LIST, recipe=recipes.every),
            column("phones", "All phones", LIST, recipe=recipes.every),
            *_TIMES,
            labelled("visible_to", "Visible to"),
            rare("job_title", "Contact sync: job title"),
            rare("birthday", "Contact sync: birthday", DATE),
            *address("postal_address", "Contact sync: address", usual=False),
            Spec(Column("im", "Contact sync: messengers", LIST, MORE, usual=False), (), recipes.messengers),
            rare("notes", "Contact sync: about", recipe=recipes.plain_text),
            rare("picture_id", "Picture ID", WHOLE, recipe=recipes.identified),
            rare("is_deleted", "Deleted", BOOLEAN),
            *_DEAL_COUNTS,
            *_ACTIVITY_COUNTS,
            *_MAIL_TIMES,
            extra("marketing_status", "Marketing status", TEXT),
            extra("doi_status", "Double opt-in status", TEXT),
            extra("smart_bcc_email", "Smart BCC e-mail", TEXT),
        ),
    ),
    Entity(
        name="organizations",
        label="Organizations",
        group=CONTACTS,
        where=_ORGANIZATIONS,
        scopes=_CONTACTS_READ,
        fields=List("/organizationFields", "v2", 10),
        custom="nested",
        filter_type="org",
        changes=Changes((Feed(_ORGANIZATIONS),)),
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            *related("owner_id", "owner", "Owner", "users"),
            labelled("label_ids", "Labels", LIST),
            *address("address", "Address"),
            column("website", "Website"),
            column("linkedin", "LinkedIn"),
            labelled("industry", "Industry"),
            column("annual_revenue", "Annual revenue", MONEY),
            column("employee_count", "Employees", WHOLE),
            *_TIMES,
            labelled("visible_to", "Visible to"),
            rare("is_deleted", "Deleted", BOOLEAN),
            extra("people_count", "People count"),
            *_DEAL_COUNTS,
            *_ACTIVITY_COUNTS,
            extra("smart_bcc_email", "Smart BCC e-mail", TEXT),
        ),
    ),
    Entity(
        name="activities",
        label="Activities",
        group=WORK,
        where=_ACTIVITIES,
        scopes=_ACTIVITIES_READ,
        fields=List("/activityFields", "v2", 10),
        filter_type="activity",
        changes=Changes((Feed(_ACTIVITIES),)),
        columns=(
            column("id", "ID", WHOLE),
            column("subject", "Subject"),
            labelled("type", "Type", where="activity-types"),
            column("done", "Done", BOOLEAN),
            Spec(Column("due_date", "Due date", DATE, MAIN), (), recipes.due_on),
            Spec(Column("due_time", "Due time", TIME, MAIN), (), recipes.due_at),
            column("duration", "Duration", DURATION),
            *related("owner_id", "owner", "Assigned to", "users"),
            *related("deal_id", "deal", "Deal", "deals"),
            *related("person_id", "person", "Contact person", "persons"),
            *related("org_id", "organization", "Organization", "organizations"),
            labelled("priority", "Priority"),
            column("note", "Note", recipe=recipes.plain_text),
            column("public_description", "Public description", recipe=recipes.plain_text),
            *address("location", "Location"),
            column("busy", "Busy", BOOLEAN),
            column("marked_as_done_time", "Done at", MOMENT),
            *_TIMES,
            *related("creator_user_id", "creator", "Creator", "users"),
            Spec(
                Column("participants", "Participants", LIST, MORE, usual=False),
                ("participants",),
                recipes.named("persons"),
                relation="persons",
            ),
            rare("lead_id", "Lead ID"),
            rare("project_id", "Project ID", WHOLE),
            rare("conference_meeting_client", "Conference client"),
            rare("conference_meeting_url", "Conference link"),
            rare("conference_meeting_id", "Conference ID"),
            rare("private", "Private", BOOLEAN),
            rare("note_html", "Note as HTML", path=("note",)),
            rare("is_deleted", "Deleted", BOOLEAN),
        ),
    ),
    Entity(
        name="products",
        label="Products",
        group=PRODUCTS,
        where=_PRODUCTS,
        scopes=_PRODUCTS_READ,
        fields=List("/productFields", "v2", 10),
        custom="nested",
        filter_type="products",
        changes=Changes((Feed(_PRODUCTS),)),
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            column("code", "Code"),
            column("description", "Description"),
            labelled("category", "Category"),
            column("unit", "Unit"),
            column("price", "Price", MONEY, path=("prices",), recipe=recipes.first_price("price")),
            column("currency", "Currency", path=("prices",), recipe=recipes.first_price("currency", TEXT)),
            column("cost", "Cost", MONEY, path=("prices",), recipe=recipes.first_price("cost")),
            column("prices", "All prices", LIST, recipe=recipes.all_prices),
            column("tax", "Tax %", NUMBER),
            *related("owner_id", "owner", "Owner", "users"),
            labelled("billing_frequency", "Billing frequency"),
            column("billing_frequency_cycles", "Billing cycles", WHOLE),
            column("is_linkable", "Active", BOOLEAN),
            *_TIMES,
            labelled("visible_to", "Visible to"),
            rare("direct_cost", "Direct cost", MONEY, path=("prices",), recipe=recipes.first_price("direct_cost")),
            rare("is_deleted", "Deleted", BOOLEAN),
        ),
    ),
    Entity(
        name="leads",
        label="Leads",
        group=LEADS,
        where=_LEADS_LIST,
        scopes=_LEADS_READ,
        fields=_DEAL_FIELDS,
        custom="flat",
        filter_type="leads",
        changes=Changes((Feed(_LEADS_LIST),), silent=frozenset({"was_seen", "next_activity_id"})),
        columns=_LEAD_COLUMNS,
    ),
    Entity(
        name="notes",
        label="Notes",
        group=WORK,
        where=_NOTES,
        scopes=(*_DEALS_READ, *_CONTACTS_READ),
        changes=Changes((Feed(_NOTES),), silent=_OTHERS_NAMES),
        columns=(
            column("id", "ID", WHOLE),
            column("content", "Content", recipe=recipes.plain_text),
            *enclosed("user", "Author", ("user", "name"), "user_id"),
            *enclosed("deal", "Deal", ("deal", "title"), "deal_id"),
            *enclosed("person", "Person", ("person", "name"), "person_id"),
            *enclosed("organization", "Organization", ("organization", "name"), "org_id"),
            column("lead_id", "Lead ID"),
            *_TIMES,
            rare("content_html", "Content as HTML", path=("content",)),
            rare("project", "Project", path=("project", "title")),
            rare("project_id", "Project ID", WHOLE),
            rare("task", "Task", path=("task", "title")),
            rare("task_id", "Task ID", WHOLE),
            rare("pinned_to_deal_flag", "Pinned to deal", BOOLEAN),
            rare("pinned_to_person_flag", "Pinned to person", BOOLEAN),
            rare("pinned_to_organization_flag", "Pinned to organization", BOOLEAN),
            rare("pinned_to_lead_flag", "Pinned to lead", BOOLEAN),
            *related("last_update_user_id", "last_updated_by", "Last updated by", "users", usual=False),
            rare("active_flag", "Active", BOOLEAN),
        ),
    ),
    Entity(
        name="users",
        label="Users",
        group=COMPANY,
        where=List("/users", "v1", 20, paging="none"),
        scopes=("users:read",),
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            column("email", "E-mail"),
            column("phone", "Phone"),
            column("active_flag", "Active", BOOLEAN),
            column("timezone_name", "Time zone"),
            column("default_currency", "Default currency"),
            column("locale", "Locale"),
            column("last_login", "Last login at", MOMENT),
            column("created", "Created at", MOMENT),
            column("modified", "Updated at", MOMENT),
            rare("access", "Access", LIST, recipe=recipes.apps),
            rare("activated", "Activated", BOOLEAN),
            rare("role_id", "Role ID", WHOLE),
            rare("is_you", "Is you", BOOLEAN),
            rare("is_deleted", "Deleted", BOOLEAN),
        ),
    ),
    Entity(
        name="pipelines",
        label="Pipelines",
        group=DEALS,
        where=List("/pipelines", "v2", 5),
        scopes=(*_DEALS_READ, "admin"),
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            column("order_nr", "Order", WHOLE),
            column("is_deal_probability_enabled", "Uses deal probability", BOOLEAN),
            *_TIMES,
            rare("is_selected", "Selected", BOOLEAN),
            rare("is_deleted", "Deleted", BOOLEAN),
        ),
    ),
    Entity(
        name="stages",
        label="Stages",
        group=DEALS,
        where=List("/stages", "v2", 5),
        scopes=(*_DEALS_READ, "admin"),
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            *related("pipeline_id", "pipeline", "Pipeline", "pipelines"),
            column("order_nr", "Order", WHOLE),
            column("deal_probability", "Deal probability", WHOLE),
            column("is_deal_rot_enabled", "Deals rot", BOOLEAN),
            column("days_to_rotten", "Days until rotten", WHOLE),
            *_TIMES,
            rare("is_deleted", "Deleted", BOOLEAN),
        ),
    ),
    Entity(
        name="deal-products",
        label="Deal products",
        group=DEALS,
        where=List("/deals/products", "v2", 10, per=Per(_DEALS, "deal", param="deal_ids", batch=100)),
        scopes=(*_PRODUCTS_READ, *_DEALS_READ),
        filter_type="deals",
        statuses=_LIVE_STATUSES,
        options=(OF_DEALS,),
        columns=(
            column("id", "ID", WHOLE),
            *of_parent("deal", "Deal"),
            column("name", "Product"),
            column("product_id", "Product ID", WHOLE),
            column("quantity", "Quantity", NUMBER),
            column("item_price", "Price", MONEY),
            column("discount", "Discount", NUMBER),
            column("discount_type", "Discount type"),
            column("tax", "Tax %", NUMBER),
            column("tax_method", "Tax method"),
            column("sum", "Sum", MONEY),
            column("currency", "Currency"),
            column("billing_frequency", "Billing frequency"),
            column("billing_frequency_cycles", "Billing cycles", WHOLE),
            column("billing_start_date", "Billing start date", DATE),
            column("comments", "Comments", recipe=recipes.plain_text),
            *_TIMES,
            rare("product_variation_id", "Product variation ID", WHOLE),
            rare("order_nr", "Order", WHOLE),
            rare("is_enabled", "Enabled", BOOLEAN),
        ),
    ),
    Entity(
        name="deal-installments",
        label="Deal installments",
        group=DEALS,
        where=List("/deals/installments", "v2", 10, per=Per(_DEALS, "deal", param="deal_ids", batch=100)),
        scopes=_DEALS_READ,
        needs="a plan with installments (Growth or higher)",
        filter_type="deals",
        statuses=_LIVE_STATUSES,
        options=(OF_DEALS,),
        columns=(
            column("id", "ID", WHOLE),
            *of_parent("deal", "Deal"),
            column("description", "Description"),
            column("billing_date", "Billing date", DATE),
            column("amount", "Amount", MONEY),
            column("currency", "Currency", path=(PARENT, "currency")),
        ),
    ),
    Entity(
        name="deal-discounts",
        label="Deal discounts",
        group=DEALS,
        where=List("/deals/{id}/discounts", "v2", 10, paging="none", per=Per(_DEALS, "deal")),
        scopes=_DEALS_READ,
        filter_type="deals",
        statuses=_LIVE_STATUSES,
        options=(OF_DEALS,),
        columns=(
            column("id", "ID"),
            *of_parent("deal", "Deal"),
            column("description", "Description"),
            column("amount", "Amount", NUMBER),
            column("type", "Type"),
            column("created_at", "Created at", MOMENT),
            column("updated_at", "Updated at", MOMENT),
            *related("created_by", "creator", "Creator", "users"),
            *related("updated_by", "updater", "Last updated by", "users", usual=False),
        ),
    ),
    Entity(
        name="deal-participants",
        label="Deal participants",
        group=DEALS,
        where=List("/deals/{id}/participants", "v1", 10, paging="offset", per=Per(_DEALS, "deal")),
        scopes=_DEALS_READ,
        filter_type="deals",
        statuses=_LIVE_STATUSES,
        options=(OF_DEALS,),
        columns=(
            column("id", "ID", WHOLE),
            *of_parent("deal", "Deal"),
            column("person", "Person", path=("person", "name")),
            column("person_id", "Person ID", WHOLE, recipe=recipes.identified),
            column("email", "E-mail", path=("person", "email"), recipe=recipes.primary),
            column("phone", "Phone", path=("person", "phone"), recipe=recipes.primary),
            column("organization", "Organization", path=("person", "org_id", "name")),
            column("add_time", "Added at", MOMENT),
            column("added_by", "Added by", path=("added_by_user_id", "data", "name")),
            rare("organization_id", "Organization ID", WHOLE, path=("person", "org_id"), recipe=recipes.identified),
            rare("added_by_id", "Added by ID", WHOLE, path=("added_by_user_id", "data", "id")),
            rare("active_flag", "Active", BOOLEAN),
        ),
    ),
    _followers("deal", _DEALS, DEALS, _DEALS_READ, "deals", statuses=_LIVE_STATUSES, options=(OF_DEALS,)),
    _followers("person", _PERSONS, CONTACTS, _CONTACTS_READ, "people"),
    _followers("organization", _ORGANIZATIONS, CONTACTS, _CONTACTS_READ, "org"),
    _followers("product", _PRODUCTS, PRODUCTS, _PRODUCTS_READ, "products"),
    _changes("deal", _DEALS, DEALS, "deals", statuses=_LIVE_STATUSES, options=(OF_DEALS,)),
    _changes("person", _PERSONS, CONTACTS, "people"),
    _changes("organization", _ORGANIZATIONS, CONTACTS, "org"),
    Entity(
        name="archived-leads",
        label="Archived leads",
        group=LEADS,
        where=List("/leads/archived", "v1", 40, paging="offset"),
        scopes=_LEADS_READ,
        fields=_DEAL_FIELDS,
        custom="flat",
        filter_type="leads",
        columns=_LEAD_COLUMNS,
    ),
    Entity(
        name="lead-labels",
        label="Lead labels",
        group=LEADS,
        where=List("/leadLabels", "v1", 10, paging="none"),
        scopes=_LEADS_READ,
        columns=(column("id", "ID"), column("name", "Name"), column("color", "Color"), *_TIMES),
    ),
    Entity(
        name="lead-sources",
        label="Lead sources",
        group=LEADS,
        where=List("/leadSources", "v1", 2, paging="none", key="name"),
        scopes=_LEADS_READ,
        columns=(column("name", "Name"),),
    ),
    Entity(
        name="organization-relationships",
        label="Organization relationships",
        group=CONTACTS,
        where=List(
            "/organizationRelationships",
            "v1",
            20,
            paging="none",
            per=Per(_ORGANIZATIONS, "organization", param="org_id"),
        ),
        scopes=_CONTACTS_READ,
        filter_type="org",
        columns=(
            column("id", "ID", WHOLE),
            column("type", "Type"),
            column("organization", "Organization", path=("rel_owner_org_id", "name")),
            column("organization_id", "Organization ID", WHOLE, path=("rel_owner_org_id",), recipe=recipes.identified),
            column("linked", "Linked organization", path=("rel_linked_org_id", "name")),
            column(
                "linked_id", "Linked organization ID", WHOLE, path=("rel_linked_org_id",), recipe=recipes.identified
            ),
            *_TIMES,
            rare("active_flag", "Active", BOOLEAN),
        ),
    ),
    Entity(
        name="activity-types",
        label="Activity types",
        group=WORK,
        where=List("/activityTypes", "v1", 20, paging="none"),
        scopes=(*_ACTIVITIES_READ, "admin"),
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            column("active_flag", "Active", BOOLEAN),
            column("is_custom_flag", "Custom", BOOLEAN),
            column("order_nr", "Order", WHOLE),
            *_TIMES,
            rare("key_string", "Key"),
            rare("icon_key", "Icon"),
            rare("color", "Color"),
        ),
    ),
    Entity(
        name="note-comments",
        label="Note comments",
        group=WORK,
        where=List("/notes/{id}/comments", "v1", 20, paging="offset", key="uuid", per=Per(_NOTES, "note")),
        scopes=(*_DEALS_READ, *_CONTACTS_READ),
        columns=(
            column("uuid", "ID"),
            column("note_id", "Note ID", WHOLE, path=(PARENT, "id")),
            column("content", "Content", recipe=recipes.plain_text),
            *related("user_id", "author", "Author", "users"),
            column("deal", "Deal", path=(PARENT, "deal", "title")),
            column("deal_id", "Deal ID", WHOLE, path=(PARENT, "deal_id")),
            *_TIMES,
            rare("content_html", "Content as HTML", path=("content",)),
            *related("updater_id", "updater", "Last updated by", "users", usual=False),
            rare("active_flag", "Active", BOOLEAN),
        ),
    ),
    Entity(
        name="files",
        label="Files",
        group=WORK,
        where=List("/files", "v1", 20, paging="offset", page_size=100),
        scopes=_EVERYTHING_READ,
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            column("file_size", "Size (bytes)", WHOLE),
            *enclosed("deal", "Deal", ("deal_name",), "deal_id"),
            *enclosed("person", "Person", ("person_name",), "person_id"),
            *enclosed("organization", "Organization", ("org_name",), "org_id"),
            *related("user_id", "user", "Added by", "users"),
            *_TIMES,
            column("description", "Description"),
            column("url", "Link"),
            rare("file_name", "Stored as"),
            rare("product", "Product", path=("product_name",)),
            rare("product_id", "Product ID", WHOLE),
            rare("lead", "Lead", path=("lead_name",)),
            rare("lead_id", "Lead ID"),
            rare("project", "Project", path=("project_name",)),
            rare("project_id", "Project ID", WHOLE),
            rare("activity_id", "Activity ID", WHOLE),
            rare("mail_message_id", "Mail message ID"),
            rare("inline_flag", "Inline", BOOLEAN),
            rare("remote_location", "Kept at"),
            rare("remote_id", "ID there"),
            rare("active_flag", "Active", BOOLEAN),
        ),
    ),
    Entity(
        name="call-logs",
        label="Call logs",
        group=WORK,
        where=List("/callLogs", "v1", 20, paging="offset", page_size=50),
        scopes=("phone-integration",),
        columns=(
            column("id", "ID"),
            column("subject", "Subject"),
            column("outcome", "Outcome"),
            column("start_time", "Began at", MOMENT),
            column("end_time", "Ended at", MOMENT),
            column("duration", "Duration (seconds)", WHOLE),
            column("from_phone_number", "From number"),
            column("to_phone_number", "To number"),
            *related("user_id", "user", "User", "users"),
            *related("person_id", "person", "Person", "persons"),
            *related("org_id", "organization", "Organization", "organizations"),
            *related("deal_id", "deal", "Deal", "deals"),
            column("note", "Note", recipe=recipes.plain_text),
            rare("lead_id", "Lead ID"),
            rare("activity_id", "Activity ID", WHOLE),
            rare("has_recording", "Has recording", BOOLEAN),
        ),
    ),
    Entity(
        name="product-variations",
        label="Product variations",
        group=PRODUCTS,
        where=List("/products/{id}/variations", "v2", 10, per=Per(_PRODUCTS, "product")),
        scopes=_PRODUCTS_READ,
        filter_type="products",
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            *of_parent("product", "Product", "name"),
            column("price", "Price", MONEY, path=("prices",), recipe=recipes.first_price("price")),
            column("currency", "Currency", path=("prices",), recipe=recipes.first_price("currency", TEXT)),
            column("cost", "Cost", MONEY, path=("prices",), recipe=recipes.first_price("cost")),
            column("prices", "All prices", LIST, recipe=recipes.all_prices),
            rare("direct_cost", "Direct cost", MONEY, path=("prices",), recipe=recipes.first_price("direct_cost")),
        ),
    ),
    Entity(
        name="projects",
        label="Projects",
        group=PROJECTS,
        where=List("/projects", "v2", 10),
        scopes=_PROJECTS_READ,
        needs=_PROJECTS_ADDON,
        fields=List("/projectFields", "v2", 10),
        custom="nested",
        can_choose_custom=False,
        filter_type="projects",
        statuses=_PROJECT_STATUSES,
        columns=_PROJECT_COLUMNS,
    ),
    Entity(
        name="archived-projects",
        label="Archived projects",
        group=PROJECTS,
        where=List("/projects/archived", "v2", 10),
        scopes=_PROJECTS_READ,
        needs=_PROJECTS_ADDON,
        fields=List("/projectFields", "v2", 10),
        custom="nested",
        can_choose_custom=False,
        filter_type="projects",
        statuses=_PROJECT_STATUSES,
        columns=_PROJECT_COLUMNS,
    ),
    Entity(
        name="project-boards",
        label="Project boards",
        group=PROJECTS,
        where=_BOARDS,
        scopes=_PROJECTS_READ,
        needs=_PROJECTS_ADDON,
        columns=(column("id", "ID", WHOLE), column("name", "Name"), column("order_nr", "Order", WHOLE), *_TIMES),
    ),
    Entity(
        name="project-phases",
        label="Project phases",
        group=PROJECTS,
        where=_PHASES,
        scopes=_PROJECTS_READ,
        needs=_PROJECTS_ADDON,
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            *of_parent("board", "Board", "name"),
            column("order_nr", "Order", WHOLE),
            *_TIMES,
        ),
    ),
    Entity(
        name="project-templates",
        label="Project templates",
        group=PROJECTS,
        where=List("/projectTemplates", "v2", 10),
        scopes=_PROJECTS_READ,
        needs=_PROJECTS_ADDON,
        columns=(
            column("id", "ID", WHOLE),
            column("title", "Title"),
            column("description", "Description", recipe=recipes.plain_text),
            *related("projects_board_id", "board", "Board", "boards"),
            *related("owner_id", "owner", "Owner", "users"),
            *_TIMES,
        ),
    ),
    Entity(
        name="tasks",
        label="Tasks",
        group=PROJECTS,
        where=List("/tasks", "v2", 10),
        scopes=_PROJECTS_READ,
        needs=_PROJECTS_ADDON,
        columns=(
            column("id", "ID", WHOLE),
            column("title", "Title"),
            column("description", "Description", recipe=recipes.plain_text),
            column("project_id", "Project ID", WHOLE),
            column("is_done", "Done", BOOLEAN),
            column("start_date", "Start date", DATE),
            column("due_date", "Due date", DATE),
            several("assignee_ids", "assignees", "Assigned to", "users"),
            column("marked_as_done_time", "Done at", MOMENT),
            *_TIMES,
            *related("creator_id", "creator", "Creator", "users"),
            rare("is_milestone", "Milestone", BOOLEAN),
            rare("parent_task_id", "Parent task ID", WHOLE),
            rare("priority", "Priority", WHOLE),
            rare("assignee_ids", "Assigned to IDs", LIST),
        ),
    ),
    Entity(
        name="mail-threads",
        label="Mail threads",
        group=MAIL,
        where=_MAIL_THREADS,
        scopes=_MAIL_READ,
        options=(IN_FOLDERS,),
        columns=(
            column("id", "ID", WHOLE),
            column("folder", "Folder", path=(PARENT, "folder")),
            column("subject", "Subject"),
            column("from", "From", LIST, path=("parties", "from"), recipe=recipes.parties),
            column("to", "To", LIST, path=("parties", "to"), recipe=recipes.parties),
            column("message_count", "Messages", WHOLE),
            column("snippet", "Beginning"),
            column("first_message_timestamp", "First message at", MOMENT),
            column("last_message_timestamp", "Last message at", MOMENT),
            column("last_message_received_timestamp", "Last received at", MOMENT),
            column("last_message_sent_timestamp", "Last sent at", MOMENT),
            *related("deal_id", "deal", "Deal", "deals"),
            *_MAIL_FLAGS,
            rare("lead_id", "Lead ID"),
            rare("folders", "All folders", LIST),
            rare("shared_flag", "Shared", BOOLEAN),
            rare("archived_flag", "Archived", BOOLEAN),
            rare("has_draft_flag", "Has draft", BOOLEAN),
            rare("has_sent_flag", "Has sent", BOOLEAN),
            rare("add_time", "Created at", MOMENT),
            rare("update_time", "Updated at", MOMENT),
        ),
    ),
    Entity(
        name="mail-messages",
        label="Mail messages",
        group=MAIL,
        where=List(
            "/mailbox/mailThreads/{id}/mailMessages",
            "v1",
            20,
            paging="none",
            per=Per(
                _MAIL_THREADS,
                "thread",
                moment="message_time",
                keeps=("deal_id", "lead_id", "message_count", PARENT),
                counts="message_count",
                version=("version", "update_time", "last_message_timestamp", "message_count"),
            ),
        ),
        scopes=_MAIL_READ,
        options=(IN_FOLDERS, WHICH_MESSAGES, WITH_TEXT),
        columns=(
            column("id", "ID", WHOLE),
            column("mail_thread_id", "Thread ID", WHOLE),
            column("folder", "Folder", path=(PARENT, PARENT, "folder")),
            column("message_time", "Sent at", MOMENT),
            column("from", "From", LIST, recipe=recipes.parties),
            column("to", "To", LIST, recipe=recipes.parties),
            column("cc", "Cc", LIST, recipe=recipes.parties),
            column("subject", "Subject"),
            column("snippet", "Beginning"),
            rare("body", "Text"),
            rare(missing_key("body"), "Text missing because"),
            column("sent_flag", "Sent by us", BOOLEAN),
            column("deal_id", "Deal ID", WHOLE, path=(PARENT, "deal_id")),
            *_MAIL_FLAGS,
            rare("bcc", "Bcc", LIST, recipe=recipes.parties),
            rare("sent_from_pipedrive_flag", "Sent from Pipedrive", BOOLEAN),
            rare("has_body_flag", "Has text", BOOLEAN),
            rare("draft", "Draft"),
            rare("lead_id", "Lead ID", path=(PARENT, "lead_id")),
            rare("add_time", "Created at", MOMENT),
            rare("update_time", "Updated at", MOMENT),
        ),
    ),
    Entity(
        name="roles",
        label="Roles",
        group=COMPANY,
        where=List("/roles", "v1", 20, paging="offset"),
        scopes=("admin",),
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            column("parent_role_id", "Parent role ID", WHOLE),
            column("level", "Level", WHOLE),
            column("assignment_count", "Users", WHOLE),
            column("sub_role_count", "Roles below", WHOLE),
            column("active_flag", "Active", BOOLEAN),
        ),
    ),
    Entity(
        name="permission-sets",
        label="Permission sets",
        group=COMPANY,
        where=List("/permissionSets", "v1", 20, paging="none"),
        scopes=("admin",),
        columns=(
            column("id", "ID"),
            column("name", "Name"),
            column("description", "Description"),
            column("app", "App"),
            column("type", "Type"),
            column("assignment_count", "Users", WHOLE),
        ),
    ),
    Entity(
        name="teams",
        label="Teams",
        group=COMPANY,
        where=List("/legacyTeams", "v1", 20, paging="none"),
        scopes=("users:read",),
        needs="the Teams feature",
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            column("description", "Description"),
            *related("manager_id", "manager", "Manager", "users"),
            several("users", "members", "Members", "users"),
            column("active_flag", "Active", BOOLEAN),
            column("add_time", "Created at", MOMENT),
            *related("created_by_user_id", "creator", "Creator", "users", usual=False),
            rare("user_ids", "Member IDs", LIST, path=("users",)),
            rare("deleted_flag", "Deleted", BOOLEAN),
        ),
    ),
    Entity(
        name="goals",
        label="Goals",
        group=COMPANY,
        where=List("/goals/find", "v1", 20, paging="none", parts=_EVERY_GOAL, inside="goals"),
        scopes=("goals:read", "goals:full"),
        columns=(
            column("id", "ID"),
            column("title", "Title"),
            column("type", "Type", path=("type", "name")),
            column("assignee_type", "For", path=("assignee", "type")),
            column("assignee_id", "For ID", WHOLE, path=("assignee", "id")),
            column("interval", "Interval"),
            column("start", "Start date", DATE, path=("duration", "start")),
            column("end", "End date", DATE, path=("duration", "end")),
            column("target", "Target", NUMBER, path=("expected_outcome", "target")),
            column("tracking_metric", "Measured in", path=("expected_outcome", "tracking_metric")),
            several("pipeline_id", "pipelines", "Pipelines", "pipelines", path=("type", "params", "pipeline_id")),
            *related("owner_id", "owner", "Owner", "users"),
            column("is_active", "Active", BOOLEAN),
            rare("currency_id", "Currency ID", WHOLE, path=("expected_outcome", "currency_id")),
        ),
    ),
    Entity(
        name="filters",
        label="Filters",
        group=COMPANY,
        where=List("/filters", "v1", 20, paging="none"),
        scopes=_EVERYTHING_READ,
        columns=(
            column("id", "ID", WHOLE),
            column("name", "Name"),
            column("type", "Type"),
            *related("user_id", "owner", "Owner", "users"),
            labelled("visible_to", "Visible to"),
            column("active_flag", "Active", BOOLEAN),
            *_TIMES,
            column("last_used_time", "Last used at", MOMENT),
            rare("is_editable", "Editable", BOOLEAN),
            rare("temporary_flag", "Temporary", BOOLEAN),
            rare("custom_view_id", "Custom view ID", WHOLE),
        ),
    ),
    Entity(
        name="currencies",
        label="Currencies",
        group=COMPANY,
        where=List("/currencies", "v1", 20, paging="none"),
        scopes=("base",),
        columns=(
            column("id", "ID", WHOLE),
            column("code", "Code"),
            column("name", "Name"),
            column("symbol", "Symbol"),
            column("decimal_points", "Decimals", WHOLE),
            column("active_flag", "Active", BOOLEAN),
            column("is_custom_flag", "Custom", BOOLEAN),
        ),
    ),
    _fields("deal", (*_DEALS_READ, "admin", "deal-fields:full")),
    _fields("person", (*_CONTACTS_READ, "admin", "contact-fields:full")),
    _fields("organization", (*_CONTACTS_READ, "admin", "contact-fields:full")),
    _fields("product", (*_PRODUCTS_READ, "product-fields:full")),
    _fields("activity", ("admin",)),
    _fields("project", (*_PROJECTS_READ, "project-fields:full"), needs=_PROJECTS_ADDON),
    Entity(
        name="lead-fields",
        label="Lead fields",
        group=FIELDS,
        where=List("/leadFields", "v1", 20, paging="offset", key="key"),
        scopes=(*_LEADS_READ, "admin"),
        columns=_OLD_FIELD_COLUMNS,
    ),
    Entity(
        name="note-fields",
        label="Note fields",
        group=FIELDS,
        where=List("/noteFields", "v1", 20, paging="none", key="key"),
        scopes=(*_DEALS_READ, *_CONTACTS_READ),
        columns=_OLD_FIELD_COLUMNS,
    ),
)

ENTITIES = tuple(sorted(_CATALOGUE, key=lambda entity: GROUPS.index(entity.group)))
BY_NAME = {entity.name: entity for entity in ENTITIES}
