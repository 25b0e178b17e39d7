"""Asking Google: what comes back, what is repeated, and what is said when it does not work."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from importers.destinations.google_sheets.client import AnswerLost, FoundFile, SheetsClient, Tab, Who
from importers.destinations.google_sheets.credentials import by_key
from importers.errors import (
    AccessDenied,
    ConnectionTrouble,
    CredentialsRejected,
    ImporterError,
    InvalidSettings,
    NoRoom,
    NotThere,
    RateLimited,
    RunStopped,
    ServiceTrouble,
)
from importers.http.quota import Sizes
from importers.http.session import make_session
from importers.interfaces import never_stop
from sandbox.google import scopes
from sandbox.google.accounts import ALEX, DEMO, DEMO_ROBOT, PROJECT_NUMBER, SAM, SHEETS
from sandbox.google.quota import CALENDAR, SLIDING
from tests.google import ROBOT_KEY, a_spreadsheet
from tests.importers.destinations.google_sheets.signed_in import World, a_world
from tests.secrecy import found_in

SHEET = "/v4/spreadsheets"


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


@pytest.fixture
def place(world: World) -> str:
    """The id of a spreadsheet that all may write into."""
    return a_spreadsheet(world.google).id


@pytest.fixture
def client(world: World) -> SheetsClient:
    return world.user()


def calls_to(world: World, part: str) -> int:
    return sum(part in call.path for call in world.google.journal.calls)


# --- what comes back ---


class TestAsking:
    def test_rows_are_written_raw_and_read_as_they_were(self, client: SheetsClient, place: str) -> None:
        rows = [b'["=1+1","007",3.5,true]', b'["","",46024,"x"]']
        assert client.put_values(place, "'Sheet1'!A1:D2", rows) == 8
        assert client.values(place, ["'Sheet1'!A1:D2"]) == [[["=1+1", "007", 3.5, True], ["", "", 46024, "x"]]]

    def test_there_is_one_list_for_each_range_also_where_nothing_is(self, client: SheetsClient, place: str) -> None:
        client.put_values(place, "'Sheet1'!B2:B3", [b"[1]", b"[2]"])
        ranges = ["'Sheet1'!D1:E5", "'Sheet1'!A1:B3", "'Sheet1'!F1:F2"]
        assert client.values(place, ranges) == [[], [[], ["", 1], ["", 2]], []]
        assert client.values(place, ranges, by_columns=True) == [[], [[], ["", 1, 2]], []]
        assert client.values(place, []) == []

    def test_many_ranges_are_asked_for_in_several_requests(
        self, world: World, client: SheetsClient, place: str
    ) -> None:
        client.put_values(place, "'Sheet1'!A1:A900", [b"[%d]" % number for number in range(900)])
        found = client.values(place, [f"'Sheet1'!A{row}" for row in range(1, 901)])
        assert found == [[[number]] for number in range(900)]
        assert calls_to(world, "batchGet") > 1

    def test_requests_may_be_encoded_already_and_each_has_its_reply(self, client: SheetsClient, place: str) -> None:
        replies = client.batch_update(
            place,
            [
                b'{"addSheet":{"properties":{"title":"Stage","sheetId":7}}}',
                {"updateSheetProperties": {"properties": {"sheetId": 7, "hidden": True}, "fields": "hidden"}},
            ],
            repeatable=False,
        )
        assert [list(reply) for reply in replies] == [["addSheet"], []]
        assert client.tabs(place) == (
            Tab(0, "Sheet1", 0, 1000, 26),
            Tab(7, "Stage", 1, 1000, 26, is_hidden=True),
        )

    def test_metadata_is_found_by_any_of_its_keys_and_told_once(self, client: SheetsClient, place: str) -> None:
        made = [
            {"metadataKey": "table", "metadataValue": "a", "location": {"spreadsheet": True}, "visibility": "DOCUMENT"},
            {"metadataKey": "head", "metadataValue": "b", "location": {"sheetId": 0}, "visibility": "DOCUMENT"},
        ]
        client.batch_update(
            place, [{"createDeveloperMetadata": {"developerMetadata": one}} for one in made], repeatable=False
        )
        found = client.search_metadata(place, ["table", "head", "table", "none"])
        assert sorted((one["metadataKey"], one["metadataValue"]) for one in found) == [("head", "b"), ("table", "a")]
        assert client.search_metadata(place, ["none"]) == []
        assert client.search_metadata(place, []) == []

    def test_cells_are_told_as_the_mask_asks(self, client: SheetsClient, place: str) -> None:
        client.put_values(place, "'Sheet1'!A1:A1", [b'["x"]'])
        fields = "sheets(properties.sheetId,data.rowData.values.userEnteredValue)"
        told = client.grid(place, ["'Sheet1'!A1:A1"], fields=fields)
        assert told["sheets"][0]["data"] == [{"rowData": [{"values": [{"userEnteredValue": {"stringValue": "x"}}]}]}]
        assert client.spreadsheet(place, fields="properties.title") == {"properties": {"title": "Sales 2026"}}

    def test_a_tab_may_be_called_anything(self, client: SheetsClient, place: str) -> None:
        client.batch_update(place, [{"addSheet": {"properties": {"title": "a/b:c'd? é!"}}}], repeatable=False)
        client.put_values(place, "'a/b:c''d? é!'!A1:A1", [b"[1]"])
        assert client.values(place, ["'a/b:c''d? é!'!A1:B9"]) == [[[1]]]


class TestFiles:
    def test_a_new_spreadsheet_is_made_by_what_drive_file_permits(self, world: World, client: SheetsClient) -> None:
        made = client.create("Deals “all”", time_zone="Europe/Tallinn", locale="en_GB")
        told = client.spreadsheet(made, fields="properties(title,timeZone,locale)")
        assert told["properties"] == {"title": "Deals “all”", "timeZone": "Europe/Tallinn", "locale": "en_GB"}
        assert client.spreadsheet(client.create("Bare"), fields="properties.title") == {"properties": {"title": "Bare"}}

    def test_a_user_sees_what_was_picked_or_made_and_not_the_trash(self, world: World, client: SheetsClient) -> None:
        shown = a_spreadsheet(world.google, "Picked")
        a_spreadsheet(world.google, "Not picked", is_shared=False)
        binned = a_spreadsheet(world.google, "Binned")
        binned.is_trashed = True
        world.clock.advance(minutes=5)
        made = client.create("Made")
        found = client.spreadsheets()
        assert [(file.id, file.name) for file in found] == [(made, "Made"), (shown.id, "Picked")]
        assert found == sorted(found, key=lambda file: file.modified_at, reverse=True)
        assert isinstance(found[0], FoundFile)
        assert found[0].modified_at == world.clock.now()

    def test_a_service_account_sees_what_was_shared_with_it(self, world: World) -> None:
        shared = a_spreadsheet(world.google, "Shared")
        a_spreadsheet(world.google, "Not shared", is_shared=False)
        robot = world.robot()
        assert [file.id for file in robot.spreadsheets()] == [shared.id]
        assert robot.put_values(shared.id, "'Sheet1'!A1:A1", [b"[1]"]) == 1

    def test_more_files_than_fit_on_a_page_are_all_found(self, world: World, client: SheetsClient) -> None:
        for number in range(1005):
            a_spreadsheet(world.google, f"No. {number}")
        assert len(client.spreadsheets()) == 1005

    def test_it_knows_who_it_is(self, world: World, client: SheetsClient) -> None:
        assert client.about() == Who(ALEX.email, ALEX.name)
        assert client.account().subject == ALEX.sub
        robot = world.robot()
        assert robot.about() == Who(DEMO_ROBOT.email, DEMO_ROBOT.email, is_robot=True)
        account = robot.account()
        assert (account.company, account.email, account.subject) == ("Google", DEMO_ROBOT.email, DEMO_ROBOT.unique_id)


# --- what is repeated ---

LOST = ("server_error", "slow", "cut", "cut_after", "truncate", "broken_json")
"""Trouble after which nobody knows whether a change was carried out."""

STYLE = {"repeatCell": {"range": {"sheetId": 0}, "cell": {"note": "x"}, "fields": "note"}}


def lay(world: World, kind: str, **more: Any) -> None:
    world.google.faults.add(kind, path=SHEET, **({"seconds": 200.0} if kind == "slow" else {}) | more)


REPEATED: dict[str, Callable[[SheetsClient, str], Any]] = {
    "reading": lambda client, place: client.values(place, ["'Sheet1'!A1:B2"]),
    "asking": lambda client, place: client.tabs(place),
    "searching": lambda client, place: client.search_metadata(place, ["x"]),
    "writing": lambda client, place: client.put_values(place, "'Sheet1'!A1:A1", [b"[1]"]),
    "changing": lambda client, place: client.batch_update(place, [STYLE], repeatable=True),
}


class TestTrouble:
    @pytest.mark.parametrize("kind", [*LOST, "rate_limit", "unauthorized"])
    @pytest.mark.parametrize("what", REPEATED)
    def test_what_does_no_harm_is_repeated(
        self, world: World, client: SheetsClient, place: str, kind: str, what: str
    ) -> None:
        REPEATED[what](client, place)
        lay(world, kind, count=1)
        REPEATED[what](client, place)

    @pytest.mark.parametrize(("seconds", "waited"), [(100, 100), (200, 0)])
    def test_a_worker_waits_two_minutes_at_a_stretch_and_no_longer(
        self, world: World, place: str, seconds: int, waited: int
    ) -> None:
        carrier = _Postponing(world.session.get_adapter("https://"), seconds=seconds)
        client = world.client(world.user()._calls.sign_in, session=make_session(reroutes={}, adapter=carrier))
        lay(world, "server_error", count=1, status=503)
        before = world.clock.monotonic()
        if waited:
            client.tabs(place)
        else:
            with pytest.raises(ServiceTrouble) as caught:
                client.tabs(place)
            assert caught.value.retry_after == timedelta(seconds=seconds)
        assert world.clock.monotonic() - before == pytest.approx(waited, abs=1)

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_any_trouble_of_googles_may_pass(self, world: World, client: SheetsClient, place: str, status: int) -> None:
        lay(world, "server_error", count=2, status=status)
        assert client.tabs(place)

    def test_waits_grow_and_are_told(self, world: World, client: SheetsClient, place: str) -> None:
        lay(world, "server_error", count=4, status=503)
        client.tabs(place)
        assert world.told == [
            f"Google is in trouble (HTTP 503); we try again in {seconds} s." for seconds in (1, 2, 4, 8)
        ]
        assert sum(world.clock.slept) == 15

    @pytest.mark.parametrize("kind", LOST)
    def test_what_must_not_happen_twice_is_not_repeated(
        self, world: World, client: SheetsClient, place: str, kind: str
    ) -> None:
        lay(world, kind, count=1)
        with pytest.raises(AnswerLost) as caught:
            client.batch_update(place, [{"addSheet": {"properties": {"title": "Once"}}}], repeatable=False)
        assert str(caught.value) == (
            "Google did not say whether it carried out the last change, so we do not know. "
            "Run it again: what is there is looked at first, and nothing is written twice."
        )
        was_done = kind in ("slow", "cut_after", "truncate", "broken_json")
        assert ("Once" in [tab.title for tab in client.tabs(place)]) is was_done
        assert calls_to(world, "batchUpdate") == 1

    def test_a_spreadsheet_is_not_created_twice(self, world: World, client: SheetsClient) -> None:
        world.google.faults.add("cut_after", path="/drive/v3/files", count=1, method="POST")
        with pytest.raises(AnswerLost):
            client.create("Once")
        assert [file.name for file in client.spreadsheets()] == ["Once"]

    def test_what_was_certainly_not_carried_out_is_repeated_all_the_same(
        self, world: World, client: SheetsClient, place: str
    ) -> None:
        lay(world, "rate_limit", count=2)
        lay(world, "unauthorized", count=1)
        client.batch_update(place, [{"addSheet": {"properties": {"title": "Once"}}}], repeatable=False)
        assert [tab.title for tab in client.tabs(place)] == ["Sheet1", "Once"]

    def test_a_call_that_is_sent_again_after_a_401_counts_from_its_last_answer(self, place: str) -> None:
        with a_world(Sizes(user=1), latency=20.0) as world:
            client, place = world.user(), a_spreadsheet(world.google).id
            world.google.tokens.expire_access()
            client.tabs(place)  # refused at 20 s, signed in at 40 s, answered at 60 s
            client.tabs(place)
            assert world.clock.monotonic() >= 60 + 60 + 20

    def test_answers_may_be_compressed(self, world: World, client: SheetsClient, place: str) -> None:
        sent: list[requests.PreparedRequest] = []
        adapter = world.session.get_adapter("https://")
        watched = make_session(reroutes={}, adapter=_Watched(adapter, sent))
        world.client(by_key(ROBOT_KEY), session=watched).tabs(place)
        assert "gzip" in sent[-1].headers["Accept-Encoding"]
        assert sent[-1].headers["User-Agent"].startswith("Pipesheet/")
        assert sent[-1].headers["User-Agent"].endswith(" (gzip)")

    def test_a_connection_that_was_refused_carried_nothing_out(self, world: World, place: str) -> None:
        refusing = _Refusing(world.session.get_adapter("https://"), times=2)
        session = make_session(reroutes={}, adapter=refusing)
        client = world.client(by_key(ROBOT_KEY), session=session)
        client.tabs(place)  # signs in
        refusing.left = 2
        client.batch_update(place, [{"addSheet": {"properties": {"title": "Once"}}}], repeatable=False)
        assert [tab.title for tab in client.tabs(place)] == ["Sheet1", "Once"]
        assert "No answer from Google; we try again in 1 s." in world.told

    def test_whoever_cancels_while_we_wait_is_heard(self, world: World, place: str) -> None:
        def stop() -> None:
            if world.clock.monotonic() > 3:
                raise RunStopped("cancelled")

        client = world.user().heard_by(tell=world.told.append, stop=stop)
        lay(world, "server_error")
        with pytest.raises(RunStopped):
            client.tabs(place)
        assert world.clock.monotonic() < 6

    def test_the_client_of_a_run_tells_that_run(self, world: World, place: str) -> None:
        ours: list[str] = []
        client = world.user()
        run = client.heard_by(tell=ours.append, stop=never_stop)
        lay(world, "server_error", count=1)
        run.tabs(place)
        lay(world, "server_error", count=1)
        client.tabs(place)
        assert len(ours) == 1
        assert len(world.told) == 1


class TestSlowWrites:
    ROWS = tuple(b"[%d]" % number for number in range(10))

    def test_what_takes_too_long_is_written_in_halves(self, world: World, client: SheetsClient, place: str) -> None:
        lay(world, "slow", count=2, method="PUT")
        assert client.put_values(place, "'Sheet1'!C5:C14", self.ROWS) == 10
        assert client.values(place, ["'Sheet1'!C5:C14"]) == [[[number] for number in range(10)]]
        # all, its first half, two quarters, its second half
        assert calls_to(world, "/values/") == 5

    @pytest.mark.parametrize("status", [504, 413])
    def test_so_is_what_is_too_much(self, world: World, client: SheetsClient, place: str, status: int) -> None:
        lay(world, "server_error", count=1, status=status, method="PUT")
        assert client.put_values(place, "'Sheet1'!C5:C14", self.ROWS) == 10
        assert calls_to(world, "/values/") == 3

    def test_one_row_cannot_be_halved_and_is_tried_again(self, world: World, client: SheetsClient, place: str) -> None:
        lay(world, "slow", count=2, method="PUT")
        assert client.put_values(place, "'Sheet1'!C5:C5", [b"[1]"]) == 1

    def test_a_google_that_stays_slow_is_given_up_after_ten_minutes(
        self, world: World, client: SheetsClient, place: str
    ) -> None:
        lay(world, "slow")
        with pytest.raises(ConnectionTrouble) as caught:
            client.put_values(place, "'Sheet1'!C5:C5", [b"[1]"])
        assert str(caught.value) == (
            "Google did not answer within three minutes, again and again. "
            "The spreadsheet may be very large, or full of formulas that are reckoned anew; run it again later."
        )
        assert world.clock.monotonic() < 11 * 60


class _Watched(requests.adapters.BaseAdapter):
    """Keeps what is sent."""

    def __init__(self, carrier: requests.adapters.BaseAdapter, sent: list[requests.PreparedRequest]) -> None:
        super().__init__()
        self._carrier = carrier
        self._sent = sent

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self._sent.append(request)
        return self._carrier.send(request, *args, **kwargs)

    def close(self) -> None:
        pass


class _Postponing(requests.adapters.BaseAdapter):
    """Is in trouble, and says when it will be well again."""

    def __init__(self, carrier: requests.adapters.BaseAdapter, *, seconds: int) -> None:
        super().__init__()
        self._carrier = carrier
        self._seconds = seconds

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        response = self._carrier.send(request, *args, **kwargs)
        if response.status_code == 503:
            response.headers["Retry-After"] = str(self._seconds)
        return response

    def close(self) -> None:
        pass


class _Refusing(requests.adapters.BaseAdapter):
    """Refuses connections for a while, as a machine that is not there."""

    def __init__(self, carrier: requests.adapters.BaseAdapter, *, times: int) -> None:
        super().__init__()
        self.left = 0
        self._carrier = carrier

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self.left and "batchUpdate" in str(request.url):
            self.left -= 1
            reason = NewConnectionError(None, "connection refused")  # type: ignore[arg-type]
            raise requests.ConnectionError(MaxRetryError(None, "/", reason), request=request)  # type: ignore[arg-type]
        return self._carrier.send(request, *args, **kwargs)

    def close(self) -> None:
        pass


# --- what is said in the end ---


def raised(do: Callable[[], Any]) -> ImporterError:
    with pytest.raises(ImporterError) as caught:
        do()
    return caught.value


class TestGivingUp:
    def test_trouble_that_does_not_pass(self, world: World, client: SheetsClient, place: str) -> None:
        lay(world, "server_error", status=502)
        error = raised(lambda: client.tabs(place))
        assert isinstance(error, ServiceTrouble)
        assert str(error) == (
            "Google is in trouble (HTTP 502) and did not recover while we waited. "
            "Run it again later; https://www.google.com/appsstatus/dashboard/ tells how they are."
        )

    def test_no_answer(self, world: World, client: SheetsClient, place: str) -> None:
        lay(world, "cut")
        error = raised(lambda: client.tabs(place))
        assert type(error) is ConnectionTrouble
        assert str(error) == (
            "Google could not be reached, or broke off in the middle of its answer, again and again. "
            "Check the internet connection of this server, then run it again."
        )

    def test_answers_that_cannot_be_read(self, world: World, client: SheetsClient, place: str) -> None:
        lay(world, "broken_json")
        error = raised(lambda: client.tabs(place))
        assert isinstance(error, ServiceTrouble)
        assert str(error).startswith("Google's answers cannot be read: they are cut off or damaged, again and again. ")

    @pytest.mark.parametrize("content", [b"[]", b"null", b'"OK"', b"{}"])
    def test_answers_that_say_something_else(
        self, world: World, client: SheetsClient, place: str, content: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        adapter = world.session.get_adapter("https://")
        answered = adapter.send

        def send(request: requests.PreparedRequest, **more: Any) -> requests.Response:
            answer = answered(request, **more)
            answer._content = content  # as a proxy on the way does it
            return answer

        monkeypatch.setattr(adapter, "send", send)
        assert isinstance(raised(lambda: client.values(place, ["'Sheet1'!A1:B2"])), ServiceTrouble)

    @pytest.mark.parametrize(("scope", "whose"), [("user", "account"), ("project", "Google Cloud project")])
    def test_a_quota_that_stays_used_up(
        self, world: World, client: SheetsClient, place: str, scope: str, whose: str
    ) -> None:
        lay(world, "rate_limit", scope=scope)
        error = raised(lambda: client.tabs(place))
        assert isinstance(error, RateLimited)
        assert error.message == (
            f"Google keeps asking us to slow down: what it takes in a minute of this {whose} is used up by others, too."
        )
        assert error.hint == (
            "Run fewer importers at once, or ask Google for a higher quota: docs/connecting-google.md says how."
        )

    def test_a_quota_of_drive(self, world: World, client: SheetsClient) -> None:
        world.google.faults.add("rate_limit", path="/drive")
        assert isinstance(raised(client.spreadsheets), RateLimited)
        world.google.faults.clear()
        world.google.faults.add("rate_limit", path="/drive", count=2)
        assert client.spreadsheets() == []


class TestRefusals:
    def test_not_shared_with_a_service_account(self, world: World) -> None:
        place = a_spreadsheet(world.google, is_shared=False).id
        error = raised(lambda: world.robot().tabs(place))
        assert isinstance(error, AccessDenied)
        assert error.message == (
            f"Google does not let {DEMO_ROBOT.email} open the spreadsheet: it is not shared with it."
        )
        assert error.hint == (
            f"Share it with {DEMO_ROBOT.email} as Editor: in the spreadsheet press Share and paste that address."
        )
        assert error.facts["field"] == "place"

    def test_shared_for_viewing_only(self, world: World) -> None:
        file = a_spreadsheet(world.google, is_shared=False)
        world.google.files.share(file, DEMO_ROBOT.email, "reader")
        error = raised(lambda: world.robot().put_values(file.id, "'Sheet1'!A1:A1", [b"[1]"]))
        assert isinstance(error, AccessDenied)
        assert error.message == (
            f"Google does not let {DEMO_ROBOT.email} write into the spreadsheet: "
            "it is not shared with it, or for viewing only."
        )

    def test_a_permission_that_was_withdrawn_from_a_user(self, world: World) -> None:
        file = a_spreadsheet(world.google)
        world.google.files.share(file, SAM.email, "writer")
        world.google.files.give(file, DEMO.client_id, SAM.email)
        client = world.user(SAM)
        client.tabs(file.id)
        world.google.files.unshare(file, SAM.email)
        error = raised(lambda: client.tabs(file.id))
        assert isinstance(error, AccessDenied)
        assert error.hint == (f"Ask its owner to share it with {SAM.email} as Editor, or choose another account.")

    def test_not_picked_or_deleted(self, world: World, client: SheetsClient) -> None:
        place = a_spreadsheet(world.google, is_shared=False).id
        for one in (place, "1" * 44):
            error = raised(lambda one=one: client.tabs(one))
            assert isinstance(error, NotThere)
            assert str(error) == (
                "Google shows us no such spreadsheet: it was deleted, or it was not picked for Pipesheet, which sees "
                "only files it made or was given. Edit the importer and choose the spreadsheet again with “Pick in "
                "Google Drive”, or create a new one."
            )
            assert error.facts["field"] == "place"

    def test_an_address_that_a_service_account_does_not_know(self, world: World) -> None:
        error = raised(lambda: world.robot().tabs("1" * 44))
        assert isinstance(error, NotThere)
        assert str(error) == (
            "Google knows no such spreadsheet: it was deleted, or its address is mistyped. "
            f"Check the address; the spreadsheet must be shared with {DEMO_ROBOT.email} as Editor."
        )

    def test_the_api_is_not_enabled(self, world: World, client: SheetsClient, place: str) -> None:
        world.google.accounts.projects[PROJECT_NUMBER].apis.discard(SHEETS)
        error = raised(lambda: client.tabs(place))
        assert isinstance(error, AccessDenied)
        assert str(error) == (
            f"The Google Sheets API is not enabled in the Google Cloud project {PROJECT_NUMBER}, which this Pipesheet "
            "belongs to. Open https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project="
            f"{PROJECT_NUMBER}, press Enable, wait a few minutes, then run it again."
        )

    def test_the_drive_api_is_not_enabled(self, world: World) -> None:
        world.google.faults.add("api_disabled", path="/drive")
        error = raised(world.robot().spreadsheets)
        assert isinstance(error, AccessDenied)
        assert error.message.startswith("The Google Drive API is not enabled in the Google Cloud project ")
        assert "which this service account belongs to" in error.message
        assert f"/apis/api/drive.googleapis.com/overview?project={PROJECT_NUMBER}," in error.hint

    def test_the_box_for_files_was_unticked(self, world: World, place: str) -> None:
        client = world.user(scopes=("openid", scopes.EMAIL))
        for ask in (lambda: client.tabs(place), client.spreadsheets):
            error = raised(ask)
            assert isinstance(error, CredentialsRejected)
            assert str(error) == (
                "Pipesheet may not see or edit files in this Google account: the box for it was left unticked, or the "
                "permission was taken back. Reconnect the account (Connections › Reconnect) and tick “See, edit, "
                "create, and delete only the specific Google Drive files you use with this app”."
            )
            assert error.facts["kind"] == "google_sheets"

    def test_a_sign_in_that_stays_refused(self, world: World, client: SheetsClient, place: str) -> None:
        lay(world, "unauthorized")
        error = raised(lambda: client.tabs(place))
        assert isinstance(error, CredentialsRejected)
        assert error.message == (
            "Google no longer lets Pipesheet in: access was withdrawn in the Google account, it was not used for six "
            "months, an administrator ended it, or the app is in testing mode, where access ends after 7 days."
        )

    def test_a_grant_that_was_withdrawn(self, world: World, client: SheetsClient, place: str) -> None:
        world.google.tokens.withdraw(DEMO.client_id, ALEX.email)
        assert isinstance(raised(lambda: client.tabs(place)), CredentialsRejected)

    def test_a_key_that_was_deleted(self, world: World, place: str) -> None:
        robot = world.google.accounts.robots.pop(DEMO_ROBOT.email)
        error = raised(lambda: world.robot().tabs(place))
        world.google.accounts.robots[DEMO_ROBOT.email] = robot
        assert isinstance(error, CredentialsRejected)
        assert error.message == (
            f"Google no longer accepts the key of the service account {DEMO_ROBOT.email}: "
            "the key or the account was deleted or switched off."
        )
        assert error.__cause__ is None
        assert error.__context__ is None

    def test_protected_cells(self, world: World, client: SheetsClient) -> None:
        file = a_spreadsheet(world.google)
        protect = {"addProtectedRange": {"protectedRange": {"range": {"sheetId": 0}, "editors": {"users": []}}}}
        client.batch_update(file.id, [protect], repeatable=False)
        error = raised(lambda: world.robot().put_values(file.id, "'Sheet1'!A1:A1", [b"[1]"]))
        assert isinstance(error, AccessDenied)
        assert str(error) == (
            "Some of the cells are protected, and this account may not edit them. Nothing was written. In the "
            f"spreadsheet: Data › Protect sheets and ranges; let {DEMO_ROBOT.email} edit them, or move the protection."
        )

    def test_no_room_for_so_many_cells(self, client: SheetsClient, place: str) -> None:
        grow = {"sheetId": 0, "gridProperties": {"rowCount": 400_000, "columnCount": 26}}
        change = {"updateSheetProperties": {"properties": grow, "fields": "gridProperties(rowCount,columnCount)"}}
        error = raised(lambda: client.batch_update(place, [change], repeatable=True))
        assert isinstance(error, NoRoom)
        assert error.message == (
            "The spreadsheet would have more than the 10,000,000 cells that Google takes, blank ones included. "
            "Nothing was written."
        )

    def test_no_room_for_so_many_columns(self, client: SheetsClient, place: str) -> None:
        grow = {"sheetId": 0, "gridProperties": {"rowCount": 1, "columnCount": 18_279}}
        change = {"updateSheetProperties": {"properties": grow, "fields": "gridProperties(rowCount,columnCount)"}}
        error = raised(lambda: client.batch_update(place, [change], repeatable=True))
        assert isinstance(error, NoRoom)
        assert "18,278 columns" in error.message

    def test_no_room_for_so_long_a_text(self, client: SheetsClient, place: str) -> None:
        row = json.dumps(["x" * 50_001]).encode()
        error = raised(lambda: client.put_values(place, "'Sheet1'!A1:A1", [row]))
        assert isinstance(error, NoRoom)
        assert "50,000 characters" in error.message

    def test_a_service_account_has_no_room_of_its_own(self, world: World) -> None:
        error = raised(lambda: world.robot().create("Mine"))
        assert isinstance(error, NoRoom)
        assert str(error) == (
            f"The service account {DEMO_ROBOT.email} cannot create spreadsheets: it has no storage of its own. Create "
            f"the spreadsheet yourself, share it with {DEMO_ROBOT.email} as Editor, and choose it here."
        )

    def test_a_tab_that_is_gone(self, client: SheetsClient, place: str) -> None:
        gone = {"updateSheetProperties": {"properties": {"sheetId": 77, "hidden": True}, "fields": "hidden"}}
        for ask in (
            lambda: client.values(place, ["'No such tab'!A1:B2"]),
            lambda: client.put_values(place, "'No such tab'!A1:A1", [b"[1]"]),
            lambda: client.batch_update(place, [gone], repeatable=False),
        ):
            error = raised(ask)
            assert isinstance(error, NotThere)
            assert error.message.startswith("The tab is not in the spreadsheet any more (“")
            assert error.message.endswith("”): it was deleted or renamed meanwhile.")
            assert error.facts["field"] == "sheet"

    def test_cells_that_are_gone(self, client: SheetsClient, place: str) -> None:
        error = raised(lambda: client.put_values(place, "'Sheet1'!A5000:A5000", [b"[1]"]))
        assert isinstance(error, NotThere)
        assert "rows or columns were deleted meanwhile" in error.message

    def test_a_title_that_is_taken(self, client: SheetsClient, place: str) -> None:
        add = {"addSheet": {"properties": {"title": "Sheet1"}}}
        error = raised(lambda: client.batch_update(place, [add], repeatable=False))
        assert isinstance(error, InvalidSettings)
        assert error.message == "The spreadsheet has another tab with this title already."

    def test_a_file_that_is_no_spreadsheet(self, world: World, client: SheetsClient) -> None:
        folder = world.google.files.new_folder(ALEX, "Folder")
        world.google.files.give(folder, DEMO.client_id, ALEX.email)
        error = raised(lambda: client.tabs(folder.id))
        assert isinstance(error, InvalidSettings)
        assert error.hint == ("Open it and choose File › Save as Google Sheets, then choose the new file here.")

    def test_anything_else_is_quoted(self, client: SheetsClient, place: str) -> None:
        error = raised(lambda: client.batch_update(place, [{"noSuchThing": {}}], repeatable=False))
        assert isinstance(error, InvalidSettings)
        assert error.message.startswith("Google did not accept what it was asked for (“Invalid JSON payload received.")


# --- signing in anew ---


class TestSigningIn:
    def test_a_token_that_ended_early_is_renewed_once_and_the_call_repeated(self, world: World, place: str) -> None:
        client = world.user()
        client.tabs(place)
        world.google.tokens.expire_access()
        client.tabs(place)
        client.tabs(place)
        assert calls_to(world, "/token") == 1

    def test_a_token_is_renewed_before_it_ends(self, world: World, place: str) -> None:
        client = world.user(minutes=4)
        client.tabs(place)
        assert calls_to(world, "/token") == 1
        assert all(call.status == 200 for call in world.google.journal.calls)

    def test_trouble_with_renewing_passes(self, world: World, place: str) -> None:
        client = world.user()
        world.google.tokens.expire_access()
        world.google.faults.add("server_error", path="/token", count=2, status=503)
        client.batch_update(place, [{"addSheet": {"properties": {"title": "Once"}}}], repeatable=False)
        assert world.told[0] == "Signing in at Google does not work at the moment; we try again in 1 s."

    def test_the_end_of_a_grant_is_found_out_when_renewing(self, world: World, place: str) -> None:
        client = world.user(minutes=0)
        world.google.faults.add("invalid_grant", path="/token", count=1)
        error = raised(lambda: client.tabs(place))
        assert isinstance(error, CredentialsRejected)
        assert error.hint.startswith("Reconnect the account: Connections › Reconnect.")

    def test_a_service_account_is_asked_for_nothing_but_spreadsheets_and_names(self, world: World, place: str) -> None:
        world.robot().tabs(place)
        [bearer] = world.google.tokens.as_json()["access"].values()
        assert set(bearer["scopes"]) == {scopes.SPREADSHEETS, scopes.DRIVE_FILE, scopes.DRIVE_METADATA_READONLY}
        hosts = {call.path.split("/")[1] for call in world.google.journal.calls}
        assert hosts == {"token", "v4"}


# --- quotas ---


class TestQuotas:
    @pytest.mark.parametrize("model", [SLIDING, CALENDAR])
    def test_as_much_is_written_as_google_permits_and_nothing_is_refused(self, model: str) -> None:
        with a_world(Sizes(), per_project=300, per_user=60, quota_model=model, latency=0.8) as world:
            client, place = world.user(), a_spreadsheet(world.google).id
            for number in range(200):
                client.put_values(place, "'Sheet1'!A1:A1", [b"[%d]" % number])
            assert world.google.quota.refused == 0
            assert world.google.quota.most("write") <= 60
            # sixty at once, and sixty a minute from then on
            assert world.clock.monotonic() <= 140 / (0.9 * 60) * 60 + 60
            assert "Google takes only so many requests a minute: waiting 13 s." in world.told

    def test_two_clients_of_one_user_share_its_quota(self) -> None:
        with a_world(Sizes(), per_project=300, per_user=60, latency=0.1) as world:
            place = a_spreadsheet(world.google).id
            one, other = world.user(), world.user()
            for _ in range(50):
                one.tabs(place)
                other.tabs(place)
            assert world.google.quota.refused == 0

    @pytest.mark.parametrize("scope", ["user", "project"])
    def test_where_others_use_it_up_everybody_waits_for_the_next_minute(self, scope: str) -> None:
        with a_world() as world:
            client, place = world.user(), a_spreadsheet(world.google).id
            world.clock.advance(seconds=42)
            lay(world, "rate_limit", count=1, scope=scope)
            client.tabs(place)
            assert world.clock.now().minute == 1
            assert world.told[-1] == "Google asks us to slow down: waiting 18 s."

    def test_drive_takes_nothing_of_the_quota_of_sheets(self) -> None:
        with a_world(Sizes(project=2, user=2)) as world:
            client = world.user()
            for _ in range(10):
                client.spreadsheets()
                client.about()
            assert world.clock.monotonic() == 0


# --- secrets ---


class TestSecrets:
    def test_nothing_secret_is_in_any_error_log_line_or_repr(
        self, world: World, place: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        said: list[str] = []
        grants = world.grants()
        user, robot = world.user(), world.robot()
        for client in (user, robot):
            client.tabs(place)
            for kind in ("unauthorized", "cut", "server_error", "broken_json", "missing_scope", "forbidden"):
                lay(world, kind)
                said.append(_everything_about(raised(lambda client=client: client.tabs(place))))
                said.append(
                    _everything_about(
                        raised(lambda client=client: client.batch_update(place, [STYLE], repeatable=False))
                    )
                )
                world.google.faults.clear()
        for kind in ("invalid_grant", "server_error", "cut", "broken_json", "truncate"):
            world.google.tokens.expire_access()
            world.google.faults.add(kind, path="/token")
            said.extend(
                _everything_about(raised(lambda client=client: client.tabs(place))) for client in (user, world.robot())
            )
            world.google.faults.clear()
        said.extend(map(repr, (user, robot, by_key(ROBOT_KEY), grants, world.ours)))
        secrets = _secrets_of(world)
        assert len(secrets) > 5
        text = "\n".join([*said, *world.told, caplog.text, *(str(vars(record)) for record in caplog.records)])
        assert found_in(text.encode(), secrets) == []


def _everything_about(error: BaseException) -> str:
    facts = error.facts if isinstance(error, ImporterError) else {}
    chain = "".join(traceback.format_exception(error))
    around = error.__context__
    return "\n".join([str(error), repr(error), repr(facts), chain, _everything_about(around) if around else ""])


def _secrets_of(world: World) -> dict[str, str]:
    kept = world.google.tokens.as_json()
    tokens = [*kept["access"], *kept["refresh"]]
    middle = DEMO_ROBOT.key.private_pem.splitlines()[5]
    return {
        **{f"token {number}": token for number, token in enumerate(tokens)},
        "client secret": DEMO.client_secret,
        "private key": middle,
        "key id": DEMO_ROBOT.key.id,
    }
