"""The company, its users, pipelines and stages."""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox import moments
from sandbox.moments import DAY, START

COMPANY = {
    "company_id": 7_654_321,
    "company_name": "Acme Cargo Bikes B.V.",
    "company_domain": "acme",
    "company_country": "NL",
    "company_industry": "Transportation",
    "language": {"language_code": "en", "country_code": "US"},
}


class _User(NamedTuple):
    id: int
    name: str
    mailbox: str
    locale: str
    zone: str
    weight: int
    is_admin: bool = False
    is_active: bool = True


_USERS = (
    _User(13001001, "Liis Tamm", "liis", "en_US", "Europe/Tallinn", 14, is_admin=True),
    _User(13001002, "Daan de Vries", "daan", "nl_NL", "Europe/Amsterdam", 24),
    _User(13001003, "Anke Schröder", "anke", "de_DE", "Europe/Berlin", 20),
    _User(13001005, "田中 美咲", "misaki", "ja_JP", "Asia/Tokyo", 8),
    _User(13001008, "Märt Õunapuu", "mart", "et_EE", "Europe/Tallinn", 12),
    _User(13001013, "Zoë van 't Hof", "zoe", "nl_NL", "Europe/Amsterdam", 12),
    _User(13001021, "Daan de Vries", "daan2", "nl_NL", "Europe/Amsterdam", 4),
    _User(13001034, "Uwe Köhler", "uwe", "de_DE", "Europe/Berlin", 6, is_active=False),
)
ME = _USERS[0].id


class Staff:
    """The users; `owners` are those whom records belong to, `weights` how often."""

    def __init__(self) -> None:
        self.owners = tuple(user.id for user in _USERS)
        self.weights = tuple(user.weight for user in _USERS)
        self.active = sum(user.is_active for user in _USERS)
        self.users = [_user(place, user) for place, user in enumerate(_USERS)]

    def me(self, user_id: int = ME) -> dict[str, Any]:
        """The user whose token was used: the first one's API token, or anybody's consent to an app."""
        return {**(self.user(user_id) or self.users[0]), **COMPANY, "is_you": True}

    def user(self, number: int) -> dict[str, Any] | None:
        return next((user for user in self.users if user["id"] == number), None)


def _user(place: int, user: _User) -> dict[str, Any]:
    sets = ("62cc4d7f-4038-4352-abf3-a8c1c822b631", "233b7976-39bd-43a9-b305-ef3a2b0998e5")
    created = START + place * 45 * DAY
    return {
        "id": user.id,
        "name": user.name,
        "default_currency": "EUR",
        "locale": user.locale,
        "lang": 1,
        "email": f"{user.mailbox}@acme.test",
        "phone": None if place % 3 else f"+31 20 555 01{place:02d}",
        "activated": True,
        "last_login": moments.plain(moments.NOW - place * 5 * DAY - 900),
        "created": moments.plain(created),
        "modified": moments.plain(created + 90 * DAY) if place % 2 else None,
        "has_created_company": place == 0,
        "access": [
            {"app": "sales", "admin": user.is_admin, "permission_set_id": sets[0]},
            {"app": "global", "admin": user.is_admin, "permission_set_id": sets[1]},
        ],
        "active_flag": user.is_active,
        "timezone_name": user.zone,
        "timezone_offset": {"Europe/Tallinn": "+02:00", "Asia/Tokyo": "+09:00"}.get(user.zone, "+01:00"),
        "role_id": 1,
        "icon_url": None,
        "is_you": place == 0,
        "is_deleted": False,
    }


class Stage(NamedTuple):
    id: int
    pipeline: int
    name: str
    probability: int
    weight: int
    days_to_rotten: int | None = None


PIPELINES = ((1, "Sales"), (2, "Renewals"), (4, "Partners & fleets"))
STAGES = (
    Stage(1, 1, "Qualified", 10, 30, 14),
    Stage(2, 1, "Contact made", 25, 22, 14),
    Stage(3, 1, "Demo scheduled", 50, 16, 21),
    Stage(4, 1, "Proposal sent", 70, 12),
    Stage(5, 1, "Negotiation", 90, 8),
    Stage(8, 2, "Renewal due", 60, 8, 30),
    Stage(9, 2, "Offer sent", 80, 5),
    Stage(12, 4, "First talk", 20, 4),
    Stage(13, 4, "Pilot 🚲", 60, 3),
)


def pipeline_row(place: int) -> dict[str, Any]:
    number, name = PIPELINES[place]
    return {
        "id": number,
        "name": name,
        "order_nr": place + 1,
        "is_deleted": False,
        "is_deal_probability_enabled": number != 4,
        "is_selected": place == 0,
        "add_time": moments.iso(START + number * DAY),
        "update_time": moments.iso(START + number * 30 * DAY) if place != 1 else None,
    }


def stage_row(place: int) -> dict[str, Any]:
    stage = STAGES[place]
    return {
        "id": stage.id,
        "order_nr": place + 1,
        "name": stage.name,
        "is_deleted": False,
        "deal_probability": stage.probability,
        "pipeline_id": stage.pipeline,
        "is_deal_rot_enabled": stage.days_to_rotten is not None,
        "days_to_rotten": stage.days_to_rotten,
        "add_time": moments.iso(START + stage.id * DAY),
        "update_time": None if stage.id in (3, 9) else moments.iso(START + stage.id * 40 * DAY),
    }
