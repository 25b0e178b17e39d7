"""The first owner, passwords, who is asking."""

from __future__ import annotations

import pytest

from importers.errors import AccessDenied, InvalidSettings
from importers.model import Actor, Role
from importers.services import Services
from importers.services.access import require
from importers.store.sql import SqlStore
from tests.fakes import NEW_YEAR
from tests.people import ALICE, PASSWORD


def test_the_first_visit_ends_with_the_owner_account(services: Services):
    assert services.people.is_first_visit()
    owner = services.people.sign_up_owner(" Olga@Example.COM ", PASSWORD, time_zone="Europe/Tallinn")
    assert not services.people.is_first_visit()
    assert (owner.user.email, owner.role) == ("olga@example.com", Role.OWNER)
    assert owner.workspace.time_zone == "Europe/Tallinn"
    assert services.people.sign_in("OLGA@example.com", PASSWORD) == owner
    assert services.people.actor(owner.user.id) == owner


def test_a_prepared_workspace_is_adopted(services: Services, store: SqlStore):
    prepared = store.add_workspace("Sandbox", time_zone="UTC", now=NEW_YEAR)
    assert services.people.sign_up_owner(ALICE, PASSWORD).workspace.id == prepared.id


def test_there_is_one_owner_account(services: Services, alice: Actor):
    with pytest.raises(InvalidSettings, match="exists already"):
        services.people.sign_up_owner("other@example.com", PASSWORD)


@pytest.mark.parametrize(
    "email", ["", "alice", "alice@", "@example.com", "a b@example.com", "alice@example", "a@b@c.com"]
)
def test_what_is_no_address_is_refused(services: Services, email: str):
    with pytest.raises(InvalidSettings, match="not an e-mail address"):
        services.people.sign_up_owner(email, PASSWORD)
    assert services.people.is_first_visit()


@pytest.mark.parametrize("password", ["", "nine char", "x" * 1001])
def test_a_password_has_a_decent_length(services: Services, password: str):
    with pytest.raises(InvalidSettings, match="password"):
        services.people.sign_up_owner(ALICE, password)
    assert services.people.is_first_visit()


def test_the_shortest_password_and_any_characters_will_do(services: Services):
    services.people.sign_up_owner(ALICE, "ünïcödé 🔑!")
    assert services.people.sign_in(ALICE, "ünïcödé 🔑!")


def test_a_time_zone_nobody_knows_does_not_stop_the_first_visit(services: Services):
    assert services.people.sign_up_owner(ALICE, PASSWORD, time_zone="Mars/Olympus").workspace.time_zone == "UTC"


@pytest.mark.parametrize(
    ("email", "password"),
    [(ALICE, "wrong password"), (ALICE, ""), (ALICE, "x" * 2000), ("nobody@example.com", PASSWORD), ("not an address", PASSWORD), ("", "")],
)  # fmt: skip
def test_a_pair_that_does_not_fit_lets_nobody_in(services: Services, alice: Actor, email: str, password: str):
    assert services.people.sign_in(email, password) is None


def test_an_unknown_address_is_checked_like_a_known_one(services: Services, monkeypatch: pytest.MonkeyPatch):
    """Else the time of the answer would tell who has an account."""
    services.people.sign_up_owner(ALICE, PASSWORD)
    checked: list[str] = []
    fits = services.people._fits
    monkeypatch.setattr(
        services.people, "_fits", lambda known, password: checked.append(known) or fits(known, password)
    )
    services.people.sign_in(ALICE, "wrong password")
    services.people.sign_in("nobody@example.com", "wrong password")
    parameters = [known.rsplit("$", 2)[0] for known in checked]
    assert len(parameters) == 2
    assert parameters[0] == parameters[1]


def test_an_account_that_is_gone_speaks_for_nobody(services: Services):
    assert services.people.actor(987) is None


def test_a_password_is_kept_as_a_hash(services: Services, store: SqlStore):
    services.people.sign_up_owner(ALICE, PASSWORD)
    known = store.password_of(ALICE)
    assert known is not None
    assert known[1].startswith("$argon2id$")


@pytest.mark.parametrize(
    ("role", "may"),
    [(Role.OWNER, {Role.OWNER, Role.EDITOR, Role.VIEWER}), (Role.EDITOR, {Role.EDITOR, Role.VIEWER}), (Role.VIEWER, {Role.VIEWER})],
)  # fmt: skip
def test_roles_include_those_below(alice: Actor, role: Role, may: set[Role]):
    actor = Actor(alice.user, alice.workspace, role)
    for needed in Role:
        if needed in may:
            require(actor, needed, "do this")
        else:
            with pytest.raises(AccessDenied, match="You may not do this"):
                require(actor, needed, "do this")
