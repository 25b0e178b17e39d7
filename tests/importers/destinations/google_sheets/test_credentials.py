"""The key file of a service account, what people paste instead of it, and grants that are shared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import google.auth._helpers
import pytest

from importers.destinations.google_sheets.credentials import TOKEN_URL, AccountGrant, by_grant, by_key, robot_key
from importers.errors import InvalidSettings
from importers.model import Account
from importers.secret import Secret
from sandbox.google.accounts import ALEX, DEMO, DEMO_ROBOT, PROJECT_ID
from tests.google import ASKED, ROBOT_KEY, a_spreadsheet
from tests.importers.destinations.google_sheets.signed_in import World, a_world
from tests.secrecy import found_in

KEY = DEMO_ROBOT.key_file()
HINT = (
    "In Google Cloud: IAM & Admin › Service Accounts › the account › Keys › Add key › JSON; "
    "then paste the whole file here."
)


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


def pasted(**changed: Any) -> str:
    """The key file with something changed, or left out."""
    return json.dumps({name: value for name, value in {**KEY, **changed}.items() if value is not None})


class TestKeys:
    def test_a_key_file_says_who_it_is(self) -> None:
        key = robot_key(Secret(f"\n {json.dumps(KEY, indent=2)} \n"))
        assert (key.email, key.project, key.subject) == (DEMO_ROBOT.email, PROJECT_ID, DEMO_ROBOT.unique_id)
        sign_in = by_key(ROBOT_KEY)
        assert (sign_in.email, sign_in.project, sign_in.user) == (DEMO_ROBOT.email, PROJECT_ID, DEMO_ROBOT.unique_id)
        assert sign_in.is_robot

    def test_what_is_signed_goes_to_google_whatever_the_file_says(self) -> None:
        key = robot_key(Secret(pasted(token_uri="http://169.254.169.254/token")))
        assert key.credentials._token_uri == TOKEN_URL  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "There is no key: the field is empty."),
            ("  \n", "There is no key: the field is empty."),
            (
                "AIzaSyPretend-0nly_4LoopbackTrials000000",
                "This is an API key, which lets nobody write; what is needed is the key file of a service account.",
            ),
            (DEMO.client_secret, "This is the secret of an OAuth client, not the key file of a service account."),
            ("ya29.abc", "This is a token of somebody's sign-in, not the key file of a service account."),
            ("1//0abc", "This is a token of somebody's sign-in, not the key file of a service account."),
            (KEY["private_key"], "This is only the private key out of the file; the whole file is needed."),
            (DEMO_ROBOT.email, "This is only the address of the service account, not its key file."),
            ("C:\\Downloads\\key-17.json", "This is the name of a file; what is in it is needed."),
            ("hello", "This is not the JSON file of a service account."),
            ("[1]", "This is not the JSON file of a service account."),
            (
                json.dumps(KEY)[:-40],
                "The key file is not whole, or was changed: it cannot be read as JSON.",
            ),
            (
                json.dumps({"web": {"client_id": DEMO.client_id, "client_secret": DEMO.client_secret}}),
                "This is the file of an OAuth client, with which users sign in, not that of a service account.",
            ),
            (
                json.dumps({"installed": {}}),
                "This is the file of an OAuth client, with which users sign in, not that of a service account.",
            ),
            (
                pasted(type="authorized_user"),
                "This file holds the sign-in of a user, as the gcloud program keeps it, not the key of a service account.",
            ),
            (
                pasted(type="external_account"),
                "This file holds a workload identity of another cloud, not the key of a service account.",
            ),
            (pasted(type=7), "This is not the file of a service account: its type is not “service_account”."),
            ("{}", "This is not the file of a service account: its type is not “service_account”."),
            (
                pasted(private_key=None, client_email=""),
                "The key file is not whole: private_key, client_email is missing.",
            ),
            (
                pasted(client_email="alex@northwind.example"),
                "The client_email in the key file is not the address of a service account.",
            ),
            (
                pasted(universe_domain="cloud.example"),
                "This service account lives in a cloud that is not Google's public one.",
            ),
            (
                pasted(private_key=KEY["private_key"][:400]),
                "The private key in the file is not whole: its beginning or its end is missing.",
            ),
            (
                pasted(private_key=KEY["private_key"].replace("\n", "\\n")),
                "The private key in the file has “\\n” where its lines end: it was copied through another program.",
            ),
            (
                pasted(private_key=KEY["private_key"].replace(KEY["private_key"][200:300], "")),
                "The private key in the file cannot be read: some of it was lost or changed on the way.",
            ),
        ],
    )
    def test_anything_else_is_called_by_its_name(self, text: str, says: str) -> None:
        with pytest.raises(InvalidSettings) as caught:
            by_key(Secret(text))
        assert caught.value.message == says
        assert caught.value.hint == HINT
        assert caught.value.facts == {"field": "key"}

    @pytest.mark.parametrize("length", [0.3, 0.6, 0.9])
    def test_no_error_holds_any_of_the_key(self, length: float) -> None:
        """Nor does what stands behind it: the whole chain is looked at."""
        whole = json.dumps(KEY)
        middle = KEY["private_key"].splitlines()[5]
        for text in (whole[: int(len(whole) * length)], pasted(private_key=KEY["private_key"][:-200])):
            with pytest.raises(InvalidSettings) as caught:
                by_key(Secret(text))
            error: BaseException | None = caught.value
            while error is not None:
                assert found_in(repr((error, error.args, vars(error))).encode(), {"key": middle}) == []
                error = error.__context__

    def test_a_key_shows_nothing_when_printed(self) -> None:
        shown = repr((robot_key(ROBOT_KEY), by_key(ROBOT_KEY)))
        assert found_in(shown.encode(), {"key": KEY["private_key"].splitlines()[5]}) == []

    def test_a_wrong_clock_is_said_to_be_wrong(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        now = google.auth._helpers.utcnow()
        monkeypatch.setattr(google.auth._helpers, "utcnow", lambda: now - timedelta(hours=3))
        place = a_spreadsheet(world.google).id
        with pytest.raises(InvalidSettings) as caught:
            world.robot().tabs(place)
        assert str(caught.value) == (
            "Google and this server do not agree on what time it is, so signing in cannot work. "
            "Set the clock of this server by the network (NTP), then try again."
        )


class TestGrants:
    def test_whoever_is_refused_at_the_same_time_renews_once_together(self, world: World) -> None:
        place = a_spreadsheet(world.google).id
        grants = world.grants()
        client = world.client(by_grant(grants, clock=world.clock, client_id=DEMO.client_id))
        client.tabs(place)
        world.google.tokens.expire_access()
        with ThreadPoolExecutor(6) as pool:
            assert all(pool.map(lambda _: client.tabs(place), range(12)))
        assert grants.renewed == 1

    def test_while_google_is_in_trouble_a_token_is_used_until_it_ends(self, world: World) -> None:
        place = a_spreadsheet(world.google).id
        client = world.user(minutes=4)
        world.google.faults.add("server_error", path="/token", status=503)
        assert client.tabs(place)

    def test_it_knows_whose_grant_it_is_from_the_grant_itself(self, world: World) -> None:
        old = world.grants().current()
        account = Account("Google", "google.com", ALEX.email, ALEX.email, subject=ALEX.sub)
        new = AccountGrant(old.access_token, old.refresh_token, old.expires_at, "", ASKED, None, account=account)
        sign_in = by_grant(_Fixed(new), clock=world.clock, client_id=DEMO.client_id)
        assert sign_in.account == account
        assert sign_in.project == DEMO.project
        assert sign_in.user == ALEX.sub


class _Fixed:
    def __init__(self, grant: AccountGrant) -> None:
        self._grant = grant

    def current(self) -> AccountGrant:
        return self._grant

    def newer_than(self, old: Any) -> AccountGrant:
        raise AssertionError("nobody asked")
