"""
The fields of every entity: the vendor's own and the company's custom ones,
as v2 and v1 describe them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox import moments

_ADDRESS_PARTS = (
    ("value", "Address value"), ("street_number", "House number"), ("route", "Street/road name"),
    ("subpremise", "Apartment/suite no"), ("sublocality", "District/sublocality"), ("locality", "City/town/village/locality"),
    ("admin_area_level_1", "State/county"), ("admin_area_level_2", "Region"), ("country", "Country"),
    ("postal_code", "ZIP/Postal code"), ("formatted_address", "Full/combined address"),
)  # fmt: skip
_PARTS = {
    "monetary": (("value", "Amount"), ("currency", "Currency")),
    "daterange": (("value", "Start date"), ("until", "End date")),
    "time": (("value", "Time"), ("timezone_id", "Timezone ID"), ("timezone_name", "Timezone")),
    "timerange": (
        ("value", "Start time"),
        ("until", "End time"),
        ("timezone_id", "Timezone ID"),
        ("timezone_name", "Timezone"),
    ),
    "address": _ADDRESS_PARTS,
}
CUSTOM_TYPES = (
    "varchar", "varchar_auto", "text", "double", "phone", "monetary", "enum", "set", "user", "org", "people", "date",
    "daterange", "time", "timerange", "address",
)  # fmt: skip
_MADE = moments.START + 40 * moments.DAY


@dataclass(frozen=True)
class Option:
    id: int | str
    label: str
    color: str | None = None


@dataclass(frozen=True)
class Field:
    code: str
    name: str
    type: str = "varchar"
    options: tuple[Option, ...] = ()
    is_custom: bool = False
    is_optional: bool = False
    lost_options: tuple[Option, ...] = ()
    """Options somebody deleted although records still hold them."""

    def as_v2(self) -> dict[str, Any]:
        return {
            "field_name": self.name,
            "field_code": self.code,
            "description": None,
            "field_type": self.type,
            "options": [_option_v2(option) for option in self.options] or None,
            "subfields": self._subfields(),
            "is_custom_field": self.is_custom,
            "is_optional_response_field": self.is_optional,
        }

    def _subfields(self) -> list[dict[str, str]] | None:
        parts = [
            {"field_code": code, "field_name": f"{name} of {self.name}", "field_type": _part_type(self.type, code)}
            for code, name in _PARTS.get(self.type, ())
        ]
        return parts or None

    def as_v1(self, number: int) -> dict[str, Any]:
        made = moments.plain(_MADE + number * 60)
        flags = ("details_visible_flag", "bulk_edit_allowed", "filtering_allowed", "sortable_flag", "active_flag")
        return {
            "id": 12_000 + number,
            "key": self.code,
            "name": self.name,
            "order_nr": number,
            "field_type": self.type,
            "add_time": made,
            "update_time": made,
            "last_updated_by_user_id": None,
            "created_by_user_id": None,
            "edit_flag": self.is_custom,
            "add_visible_flag": not self.is_custom,
            "important_flag": False,
            "mandatory_flag": self.code == "title",
            "index_visible_flag": True,
            "searchable_flag": False,
            **dict.fromkeys(flags, True),
            **self._options_v1(),
        }

    def _options_v1(self) -> dict[str, Any]:
        if not self.options:
            return {}
        lost = [{"id": option.id, "label": option.label} for option in self.lost_options]
        return {
            "options": [{"id": option.id, "label": option.label} for option in self.options],
            **({"options_deleted": lost} if lost else {}),
        }


def _option_v2(option: Option) -> dict[str, Any]:
    if isinstance(option.id, str):
        return {"id": option.id, "label": option.label}
    return {
        "id": option.id,
        "label": option.label,
        "color": option.color,
        "update_time": None,
        "add_time": moments.iso(_MADE),
    }


def _part_type(field_type: str, code: str) -> str:
    if field_type == "monetary" and code == "value":
        return "double"
    if code == "timezone_id":
        return "int"
    if field_type == "address":
        return "varchar"
    return {"daterange": "date", "time": "time", "timerange": "time"}.get(field_type, "varchar")


def with_visibility(described: dict[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    """A v2 field with the parts that `include_fields` asked for."""
    extra = {
        "ui_visibility": {"add_visible_flag": True, "details_visible_flag": True},
        "important_fields": {"enabled": False, "stage_ids": []},
        "required_fields": {"enabled": False, "stage_ids": [], "statuses": {}},
    }
    return {**described, **{name: extra[name] for name in wanted}}


def hash_key(seed: int, entity: str, number: int) -> str:
    """The 40-hex key of an account's custom field."""
    return hashlib.sha1(f"{seed}:{entity}:{number}".encode(), usedforsecurity=False).hexdigest()


def _own(text: str, *, optional: bool = False) -> tuple[Field, ...]:
    """Fields of the vendor from lines of `code|Name|type`."""
    fields = []
    for line in text.split("\n"):
        if not line:
            continue
        code, name, kind = line.split("|")
        fields.append(Field(code, name, kind, _OPTIONS.get(kind, ()), is_optional=optional))
    return tuple(fields)


VISIBLE_TO = (Option("1", "Owner & followers"), Option("3", "Entire company"))
STATUSES = (Option("open", "Open"), Option("won", "Won"), Option("lost", "Lost"), Option("deleted", "Deleted"))
FREQUENCIES = tuple(
    Option(code, code.capitalize())
    for code in ("one-time", "annually", "semi-annually", "quarterly", "monthly", "weekly")
)
_OPTIONS = {"visible_to": VISIBLE_TO, "status": STATUSES, "billing_frequency": FREQUENCIES}
DEAL_LABELS = (Option(22, "Hot", "red"), Option(23, "Warm", "yellow"), Option(24, "Cold", "blue"))
PERSON_LABELS = tuple(
    Option(n, label, color)
    for n, label, color in (
        (1, "Customer", "green"),
        (2, "Hot lead", "red"),
        (3, "Warm lead", "yellow"),
        (4, "Cold lead", "blue"),
    )
)
ORGANIZATION_LABELS = tuple(
    Option(n, label, color)
    for n, label, color in (
        (5, "Customer", "green"),
        (6, "Hot lead", "red"),
        (7, "Warm lead", "yellow"),
        (8, "Cold lead", "blue"),
    )
)
INDUSTRIES = (
    Option(31, "Logistics"),
    Option(32, "Food"),
    Option(33, "Retail"),
    Option(34, "Public sector"),
    Option(35, "Health & care"),
)
CATEGORIES = (Option(262, "Bikes"), Option(263, "Services"), Option(264, "Parts"), Option(265, "Charging"))
PRIORITIES = (Option(271, "High", "red"), Option(272, "Medium", "yellow"), Option(273, "Low", "gray"))

_COUNTS = """
activities_count|Total activities|int
done_activities_count|Done activities|int
undone_activities_count|Activities to do|int
files_count|Files count|int
notes_count|Notes count|int
followers_count|Followers count|int
email_messages_count|Email messages count|int
next_activity_id|Next activity|activity
last_activity_id|Last activity|activity
smart_bcc_email|Smart BCC email|varchar
"""
_DEAL_TALLIES = """
open_deals_count|Open deals|int
related_open_deals_count|Related open deals|int
closed_deals_count|Closed deals|int
related_closed_deals_count|Related closed deals|int
won_deals_count|Won deals|int
related_won_deals_count|Related won deals|int
lost_deals_count|Lost deals|int
related_lost_deals_count|Related lost deals|int
"""
_MAILS = """
last_incoming_mail_time|Last email received|date
last_outgoing_mail_time|Last email sent|date
"""

DEAL = (
    *_own("""
id|ID|int
title|Title|varchar
creator_user_id|Creator|user
owner_id|Owner|user
value|Value|monetary
person_id|Contact person|people
org_id|Organization|org
stage_id|Stage|stage
pipeline_id|Pipeline|int
status|Status|status
add_time|Deal created|date
update_time|Update time|date
stage_change_time|Last stage change|date
archive_time|Archive time|date
is_archived|Archived|boolean
is_deleted|Deleted|boolean
probability|Probability|int
lost_reason|Lost reason|varchar_options
visible_to|Visible to|visible_to
close_time|Deal closed on|date
won_time|Won time|date
lost_time|Lost time|date
local_won_date|Local won date|date
local_lost_date|Local lost date|date
local_close_date|Local close date|date
expected_close_date|Expected close date|date
origin|Source origin|varchar
origin_id|Source origin ID|varchar
channel_id|Source channel ID|varchar
acv|ACV|double
arr|ARR|double
mrr|MRR|double
"""),
    Field("label_ids", "Label", "set", DEAL_LABELS),
    Field("channel", "Source channel", "enum", (Option(51, "Web visitors"), Option(52, "Marketing"))),
    *_own(_COUNTS + _MAILS + """
first_won_time|First won time|date
products_count|Products quantity|int
participants_count|Participants count|int
source_lead_id|Source lead|lead
""", optional=True),
)  # fmt: skip
PERSON = (
    *_own("""
id|ID|int
name|Name|varchar
first_name|First name|varchar
last_name|Last name|varchar
owner_id|Owner|user
org_id|Organization|org
email|Email|varchar
phone|Phone|phone
add_time|Person created|date
update_time|Update time|date
visible_to|Visible to|visible_to
picture_id|Profile picture|picture
is_deleted|Deleted|boolean
"""),
    Field("label_ids", "Label", "set", PERSON_LABELS),
    *_own(_COUNTS + _DEAL_TALLIES + _MAILS + """
participant_open_deals_count|Open deals as participant|int
participant_closed_deals_count|Closed deals as participant|int
marketing_status|Marketing status|varchar
doi_status|Double opt-in|varchar
""", optional=True),
)  # fmt: skip
ORGANIZATION = (
    *_own("""
id|ID|int
name|Name|varchar
owner_id|Owner|user
address|Address|address
add_time|Organization created|date
update_time|Update time|date
visible_to|Visible to|visible_to
is_deleted|Deleted|boolean
website|Website|varchar
linkedin|LinkedIn profile|varchar
annual_revenue|Annual revenue|double
employee_count|Number of employees|int
"""),
    Field("label_ids", "Label", "set", ORGANIZATION_LABELS),
    Field("industry", "Industry", "enum", INDUSTRIES),
    *_own(_COUNTS + _DEAL_TALLIES + "people_count|People|int\n", optional=True),
)  # fmt: skip
PRODUCT = (
    *_own("""
id|ID|int
name|Name|varchar
code|Product code|varchar
description|Description|text
unit|Unit|varchar
tax|Tax %|double
is_linkable|Active|boolean
is_deleted|Deleted|boolean
visible_to|Visible to|visible_to
owner_id|Owner|user
add_time|Created at|date
update_time|Updated at|date
billing_frequency|Billing frequency|billing_frequency
billing_frequency_cycles|Billing frequency cycles|int
prices|Unit prices|price_list
"""),
    Field("category", "Category", "enum", CATEGORIES),
)  # fmt: skip
ACTIVITY = (
    *_own("""
id|ID|int
subject|Subject|varchar
type|Type|varchar_options
owner_id|Assigned to user|user
creator_user_id|Creator|user
is_deleted|Deleted|boolean
add_time|Add time|date
update_time|Update time|date
deal_id|Deal|deal
lead_id|Lead|lead
person_id|Contact person|people
org_id|Organization|org
project_id|Project|project
due_date|Due date|date
due_time|Due time|time
duration|Duration|time
busy|Free/busy|boolean
done|Done|boolean
marked_as_done_time|Marked as done time|date
location|Location|address
participants|Participants|json
conference_meeting_client|Conference client|varchar
conference_meeting_url|Conference link|varchar
conference_meeting_id|Conference ID|varchar
public_description|Public description|text
note|Note|text
private|Private|boolean
"""),
    Field("priority", "Priority", "enum", PRIORITIES),
    *_own("attendees|Attendees|json", optional=True),
)  # fmt: skip
LEAD = _own("""
id|ID|varchar
title|Title|varchar
owner_id|Owner|user
creator_id|Creator|user
label_ids|Labels|set
person_id|Contact person|people
organization_id|Organization|org
source_name|Source|varchar
value|Value|monetary
expected_close_date|Expected close date|date
add_time|Lead created|date
update_time|Update time|date
visible_to|Visible to|visible_to
""")
PROJECT_LABELS = (Option(81, "Urgent", "red"), Option(82, "Waiting", "yellow"))
PROJECT = (
    *_own("""
title|Project name|varchar
description|Description|text
status|Status|status
board_id|Board|projects_board
phase_id|Phase|projects_phase
owner_id|Owner|user
start_date|Start date|date
end_date|End date|date
deal_ids|Deals|deals
"""),
    Field("label_ids", "Labels", "set", PROJECT_LABELS),
)  # fmt: skip
NOTE = (
    *_own("""
content|Content|text
user_id|Author|user
person_id|Person|people
org_id|Organization|org
add_time|Add time|date
update_time|Update time|date
"""),
    Field("pinned_to_deal_flag", "Note is pinned to deal", "enum", (Option(1, "Yes"), Option(0, "No"))),
)  # fmt: skip
