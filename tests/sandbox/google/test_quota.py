"""How much the pretend Google answers in a minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.google import scopes
from sandbox.google.accounts import ALEX, DEMO_ROBOT, DRIVE, LENA, PROJECT_NUMBER, SAM
from sandbox.google.app import Google
from sandbox.google.files import File
from sandbox.google.quota import CALENDAR, READ, SLIDING, WRITE, Quota
from tests.sandbox.google.conftest import Browser, Clock

SHEETS = "https://sheets.googleapis.com/v4/spreadsheets"


@pytest.fixture
def quota_of(moments: Clock) -> Callable[..., Quota]:
    return lambda **more: Quota(now=moments, **more)


def test_a_user_has_sixty_of_each_sort_in_a_minute(quota_of: Callable[..., Quota]) -> None:
    quota = quota_of()

    assert not any(quota.admit(READ, "p", "ann") for _ in range(60))
    excess = quota.admit(READ, "p", "ann")

    assert excess
    assert (excess.kind, excess.user, excess.limit) == (READ, "ann", 60)
    assert quota.admit(WRITE, "p", "ann") is None
    assert quota.admit(READ, "p", "bob") is None
    assert quota.admit(READ, "another project", "ann") is None


def test_a_project_has_three_hundred_whoever_asks(quota_of: Callable[..., Quota]) -> None:
    quota = quota_of()

    assert not any(quota.admit(WRITE, "p", f"user {number % 6}") for number in range(300))
    excess = quota.admit(WRITE, "p", "somebody else")

    assert excess
    assert (excess.user, excess.limit) == ("", 300)


def test_sliding_lets_in_no_more_than_the_limit_in_any_minute(quota_of: Callable[..., Quota], moments: Clock) -> None:
    quota = quota_of(per_user=2, model=SLIDING)
    moments.seconds = 59.0
    quota.admit(READ, "p", "ann")
    moments.seconds = 90.0
    quota.admit(READ, "p", "ann")

    moments.seconds = 118.9
    assert quota.admit(READ, "p", "ann")
    moments.seconds = 119.0
    assert quota.admit(READ, "p", "ann") is None


def test_calendar_begins_anew_with_the_minute(quota_of: Callable[..., Quota], moments: Clock) -> None:
    quota = quota_of(per_user=2, model=CALENDAR)
    moments.seconds = 59.0
    assert [quota.admit(READ, "p", "ann") is None for _ in range(3)] == [True, True, False]

    moments.seconds = 60.0

    assert [quota.admit(READ, "p", "ann") is None for _ in range(3)] == [True, True, False]


def test_what_was_refused_is_not_counted_but_told(quota_of: Callable[..., Quota], moments: Clock) -> None:
    quota = quota_of(per_user=2)
    for _ in range(5):
        quota.admit(READ, "p", "ann")

    tally = quota.tally(READ, "p", "ann")
    assert (tally.admitted, tally.refused, tally.most, quota.refused) == (2, 3, 5, 3)
    moments.sleep(60)
    assert quota.admit(READ, "p", "ann") is None
    assert quota.most(READ) == 5


def test_no_limit_is_one_too(quota_of: Callable[..., Quota]) -> None:
    quota = quota_of(per_user=None, per_project=None)

    assert not any(quota.admit(READ, "p", "ann") for _ in range(1000))


def test_there_are_two_models_only(quota_of: Callable[..., Quota]) -> None:
    with pytest.raises(ValueError, match="sliding, calendar"):
        quota_of(model="lunar")


# on the wire ------------------------------------------------------------------------------


class Sheet:
    def __init__(self, browser: Browser, token: str, file: File) -> None:
        self._browser, self._token, self._root = browser, token, f"{SHEETS}/{file.id}"

    def read(self) -> requests.Response:
        return self._browser.call("GET", self._root, self._token)

    def write(self) -> requests.Response:
        return self._browser.call("POST", f"{self._root}/values/A1:clear", self._token)


@pytest.fixture
def sheet_of(browser: Browser, google: Google) -> Callable[..., Sheet]:
    file = google.files.new_spreadsheet(ALEX, "Deals")
    google.files.share(file, SAM.email)
    google.files.share(file, DEMO_ROBOT.email)

    def sign_in(email: str) -> Sheet:
        return Sheet(browser, google.sign_in(email, scopes.SPREADSHEETS).access, file)

    return sign_in


def refusal(answer: requests.Response) -> Any:
    assert (answer.status_code, answer.headers["content-type"]) == (429, "application/json; charset=UTF-8")
    assert "Retry-After" not in answer.headers
    return answer.json()["error"]


def test_the_users_limit_is_named_in_googles_words(sheet_of: Callable[..., Sheet], google: Google) -> None:
    google.quota.per_user = 1
    sheet = sheet_of(ALEX.email)
    assert sheet.write().status_code == 200

    assert refusal(sheet.write()) == {
        "code": 429,
        "message": "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute per user' of "
        f"service 'sheets.googleapis.com' for consumer 'project_number:{PROJECT_NUMBER}'.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "RATE_LIMIT_EXCEEDED",
                "domain": "googleapis.com",
                "metadata": {
                    "service": "sheets.googleapis.com",
                    "consumer": f"projects/{PROJECT_NUMBER}",
                    "quota_metric": "sheets.googleapis.com/write_requests",
                    "quota_limit": "WriteRequestsPerMinutePerUser",
                    "quota_limit_value": "1",
                    "quota_unit": "1/min/{project}/{user}",
                    "quota_location": "global",
                },
            },
            {
                "@type": "type.googleapis.com/google.rpc.Help",
                "links": [
                    {
                        "description": "Request a higher quota limit.",
                        "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                    }
                ],
            },
        ],
    }


def test_the_projects_limit_is_another_one(sheet_of: Callable[..., Sheet], google: Google) -> None:
    google.quota.per_project = 2
    alex, sam = sheet_of(ALEX.email), sheet_of(SAM.email)
    assert [alex.read().status_code, sam.read().status_code] == [200, 200]

    error = refusal(sam.read())

    assert "limit 'Read requests per minute' of service" in error["message"]
    metadata = error["details"][0]["metadata"]
    assert (metadata["quota_limit"], metadata["quota_unit"], metadata["quota_limit_value"]) == (
        "ReadRequestsPerMinutePerProject", "1/min/{project}", "2",
    )  # fmt: skip


def test_reads_and_writes_are_counted_apart_and_a_minute_later_anew(
    sheet_of: Callable[..., Sheet], google: Google, moments: Clock
) -> None:
    google.quota.per_user = 1
    sheet = sheet_of(ALEX.email)

    assert [sheet.read().status_code, sheet.write().status_code] == [200, 200]
    assert [sheet.read().status_code, sheet.write().status_code] == [429, 429]
    moments.sleep(60)
    assert [sheet.read().status_code, sheet.write().status_code] == [200, 200]
    assert google.quota.refused == 2


def test_what_is_asked_in_vain_counts_too(browser: Browser, google: Google) -> None:
    google.quota.per_user = 1
    token = google.sign_in(LENA.email, scopes.SPREADSHEETS).access

    assert [browser.call("GET", f"{SHEETS}/nothing", token).status_code for _ in range(2)] == [404, 429]


def test_asking_with_a_body_is_still_reading(browser: Browser, google: Google) -> None:
    file, token = google.files.new_spreadsheet(ALEX, "Deals"), google.sign_in(ALEX.email, scopes.SPREADSHEETS).access

    browser.call("POST", f"{SHEETS}/{file.id}/values:batchGetByDataFilter", token, json={"dataFilters": []})

    assert google.quota.tally(READ, PROJECT_NUMBER, ALEX.email).admitted == 1
    assert [call.kind for call in google.journal.calls] == [READ]


def test_drive_has_a_quota_of_its_own(browser: Browser, google: Google) -> None:
    google.quotas[DRIVE].per_user = 1
    token = google.sign_in(ALEX.email, scopes.DRIVE).access
    url = "https://www.googleapis.com/drive/v3/files"
    assert browser.call("GET", url, token).status_code == 200

    answer = browser.call("GET", url, token)

    assert (answer.status_code, answer.json()["error"]["errors"]) == (
        403,
        [{"message": "User Rate Limit Exceeded", "domain": "usageLimits", "reason": "userRateLimitExceeded"}],
    )
    assert google.quota.refused == 0
