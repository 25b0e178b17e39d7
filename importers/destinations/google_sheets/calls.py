"""
The calls to Google, each repeated while that makes sense and does no harm.

The only file that sees an error of `requests`, gspread or google-auth, or an
answer that is no success.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import gspread
import msgspec
import requests
from google.auth.exceptions import GoogleAuthError, RefreshError
from google.auth.transport.requests import AuthorizedSession, Request
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import MaxRetryError, NewConnectionError

from importers.destinations.google_sheets import failures
from importers.destinations.google_sheets.credentials import GoogleSignIn, keep_libraries_quiet
from importers.errors import ConnectionTrouble, ImporterError, ServiceTrouble, TemporaryError
from importers.http.ahead import apart
from importers.http.quota import READ, WRITE, take
from importers.http.retry import Patience, deserves_another_try, next_wait, told_wait
from importers.http.waiting import wait
from importers.interfaces import Clock, Quota, Stop, Tell, never_stop, say_nothing
from importers.model import GOOGLE_SHEETS, Turn

TIMEOUTS = (10.0, 190.0)
"""Seconds to connect and to answer. Google works on a request for 180 at most."""

PATIENCE = Patience(tries=8, total=timedelta(minutes=6), longest=timedelta(seconds=64))

HASTE = timedelta(seconds=20)
"""How long somebody in front of a page is kept waiting, all calls together; a single answer takes no longer either."""

MOST_PAUSE = timedelta(minutes=2)
"""Whoever has to wait for longer at a stretch does so outside of workers."""

MOST_TIMEOUTS = 3
"""So often Google may take too long for one call: that is ten minutes of waiting already."""

_SHEETS = "sheets.googleapis.com"
_SLOW = (408, 504)
_TOO_LARGE = 413
_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    One request. `kind` is whose quota it takes, "" for Drive, which has none to
    mind. Whether carrying it out twice does no harm is `is_repeatable`.
    `may_be_halved`: where Google is too slow, SlowAnswer comes at once.
    """

    method: str
    url: str
    kind: str = ""
    params: Mapping[str, Any] | None = None
    body: bytes | None = field(default=None, repr=False)
    is_repeatable: bool = True
    may_be_halved: bool = False

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class _Failure:
    """
    A try that may be repeated: what to say meanwhile, and what to raise in the
    end. `was_not_done` is whether it was certainly not carried out.
    """

    says: str
    error: ImporterError
    told: timedelta | None = None
    cause: Exception | None = None
    was_not_done: bool = False
    is_slow: bool = False


class Calls(gspread.HTTPClient):
    """gspread's own client, with timeouts, quotas, patience, and errors in our words."""

    def __init__(
        self,
        sign_in: GoogleSignIn,
        session: requests.Session,
        *,
        clock: Clock,
        quota: Quota,
        patience: Patience = PATIENCE,
        jitter: Callable[[], float] = random.random,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> None:
        super().__init__(None, session)  # type: ignore[arg-type]  # the session has the credentials
        self.set_timeout(TIMEOUTS)
        self.sign_in = sign_in
        self._clock = clock
        self._quota = quota
        self._patience = patience
        self._jitter = jitter
        self._tell = tell
        self._stop = stop

    def heard_by(self, *, tell: Tell, stop: Stop) -> Calls:
        """The same with somebody listening, as another run."""
        other = copy(self)
        other._quota, other._tell, other._stop = self._quota.beside(), tell, stop  # noqa: SLF001 - one of us
        return other

    def hurried(self) -> Calls:
        """The same for somebody who waits in front of a page, from now on: ConnectionTrouble once that is too long."""
        ends_at = self._clock.monotonic() + HASTE.total_seconds()

        def stop() -> None:
            if self._clock.monotonic() > ends_at:
                raise failures.too_slow_to_wait_for()

        other = self.heard_by(tell=say_nothing, stop=stop)
        other.set_timeout((TIMEOUTS[0], HASTE.total_seconds()))
        return other

    def request(
        self,
        method: str,
        endpoint: str,
        params: Any = None,
        data: bytes | None = None,
        json: Any = None,
        files: Any = None,
        headers: Any = None,
    ) -> requests.Response:
        """What gspread's methods call: only what asks or overwrites is repeated."""
        body = msgspec.json.encode(json) if json is not None else data
        asks = method.lower() == "get"
        kind = (READ if asks else WRITE) if urlsplit(endpoint).hostname == _SHEETS else ""
        repeatable = method.lower() in ("get", "put")
        return self.send(
            Call(method=method, url=endpoint, kind=kind, params=params, body=body, is_repeatable=repeatable)
        )

    def send(self, call: Call) -> requests.Response:
        """
        An answer that is a success, and JSON. The fact `kind` of an error says that it is about Google.

        Raises:
            AnswerLost: it may have been carried out, and must not be repeated.
            SetupError: asking again would not help.
            TemporaryError: it may help later.
            RunStopped: as *stop* says, at once. A request that is under way may then still be carried out.
        """

        def sent(tell: Tell, stop: Stop) -> requests.Response:
            other = copy(self)
            other._tell, other._stop = tell, stop  # noqa: SLF001 - one of us
            return other._sent_until_answered(call)  # noqa: SLF001

        try:
            return apart(sent, tell=self._tell, stop=self._stop)
        except ImporterError as error:
            error.facts.setdefault("kind", GOOGLE_SHEETS)
            raise

    def _sent_until_answered(self, call: Call) -> requests.Response:
        waited, tried, slow = timedelta(), 0, 0
        while True:
            tried += 1
            self._stop()
            outcome = self._try(call)
            if not isinstance(outcome, _Failure):
                return outcome
            slow += outcome.is_slow
            pause = next_wait(self._patience, tried=tried, waited=waited, told=outcome.told, jitter=self._jitter())
            if pause is not None and pause > MOST_PAUSE:
                pause = None
            self._give_up_if_need_be(call, outcome, is_over=pause is None or slow >= MOST_TIMEOUTS)
            self._wait(pause or timedelta(), outcome.says)
            waited += pause or timedelta()

    def _give_up_if_need_be(self, call: Call, failure: _Failure, *, is_over: bool) -> None:
        if not (call.is_repeatable or failure.was_not_done):
            raise failures.answer_lost(**failure.error.facts) from failure.cause
        if is_over or (failure.is_slow and call.may_be_halved):
            raise failure.error from failure.cause

    def _try(self, call: Call) -> requests.Response | _Failure:
        turn = self._turn(call)
        hearing = _Hearing(self._quota, turn)
        try:
            response = self._sent(call, hearing)
        except TemporaryError as error:  # renewing the sign-in did not work: nothing was sent
            hearing.was_not_sent()
            return _Failure(
                "Signing in at Google does not work at the moment; we try again in", error, was_not_done=True
            )
        except requests.RequestException as error:
            failure = _unanswered(error, call.host)
            hearing.was_not_sent() if failure.was_not_done else hearing.is_over()
            return failure
        except BaseException:
            hearing.is_over()
            raise
        hearing.is_over()
        return self._judge(call, response)

    def _turn(self, call: Call) -> Turn | None:
        if not call.kind:
            return None
        return take(self._quota, call.kind, vendor="Google", clock=self._clock, tell=self._tell, stop=self._stop)

    def _sent(self, call: Call, hearing: _Hearing) -> requests.Response:
        """Raises what `requests` raises, and errors of ours where signing in fails."""
        headers = {"Content-Type": _JSON} if call.body is not None else {}
        try:
            response: requests.Response = self.session.request(
                method=call.method.upper(),
                url=call.url,
                params=call.params,
                data=call.body,
                headers=headers,
                timeout=self.timeout,
                allow_redirects=False,
                hooks={"response": hearing},
            )
        except GoogleAuthError as error:
            refused = self._signing_in_failed(error)
        else:
            return response
        # Outside of the handler: google-auth's error carries the answer of the token endpoint, and must not come along.
        raise refused

    def _signing_in_failed(self, error: GoogleAuthError) -> ImporterError:
        told = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], Mapping) else {}
        if isinstance(error, RefreshError) and told and not error.retryable:
            return failures.robot_refused(str(told.get("error")), str(told.get("error_description")), self.sign_in)
        if isinstance(error, RefreshError):
            return ServiceTrouble(
                "Signing in at Google does not work at the moment.",
                hint=f"Run it again in a few minutes; {failures.STATUS_PAGE} tells how they are.",
            )
        return ConnectionTrouble(
            "Google could not be reached to sign in.",
            hint="Check the internet connection of this server, then run it again.",
        )

    def _judge(self, call: Call, response: requests.Response) -> requests.Response | _Failure:
        """The response itself where it is a success; raises where asking again would not help."""
        status = response.status_code
        if 200 <= status <= 299:
            return response if _is_whole(response) else _Failure(_GARBLED, failures.garbled(call.host))
        said = failures.said_by(status, response.content, host=call.host)
        if failures.is_slowing_down(said):
            return _Failure(
                "Google asks us to slow down; we try again in", failures.slowed_down(said), was_not_done=True
            )
        if status in _SLOW or (status == _TOO_LARGE and call.may_be_halved):
            return _Failure(_TOO_SLOW, failures.too_slow(call.host), is_slow=True)
        if deserves_another_try(status) or said.code == "ABORTED":
            told = told_wait(response.headers, now=self._clock.now())
            trouble = failures.in_trouble(said)
            trouble.retry_after = told
            return _Failure(f"Google is in trouble (HTTP {status}); we try again in", trouble, told)
        if 300 <= status <= 399 or (not said.is_readable and status != 401):
            return _Failure(_GARBLED, failures.in_trouble(said))
        raise failures.refusal(said, sign_in=self.sign_in, writes=call.method.lower() != "get")

    def _wait(self, pause: timedelta, says: str) -> None:
        self._tell(f"{says} {-(-pause // timedelta(seconds=1))} s.")
        wait(pause, clock=self._clock, stop=self._stop)


class _Hearing:
    """
    Gives the place in the quota back when the headers of the answer are there:
    its body may take much longer. Says whose limit it was that refused.
    """

    def __init__(self, quota: Quota, turn: Turn | None) -> None:
        self._quota = quota
        self._turn = turn

    def __call__(self, response: requests.Response, **_: Any) -> None:
        if self._turn is None or response.status_code == 401:
            return  # google-auth may sign in anew and send it once more
        refused_by = ""
        if response.status_code == 429:
            host = urlsplit(response.url).hostname or ""
            refused_by = failures.limit_of(failures.said_by(429, response.content, host=host))
        self._quota.after_call(self._turn, refused_by=refused_by)

    def is_over(self) -> None:
        """No answer will come, or it was heard already."""
        if self._turn is not None:
            self._quota.after_call(self._turn)

    def was_not_sent(self) -> None:
        if self._turn is not None:
            self._quota.leave(self._turn)


class _Session(AuthorizedSession):
    """
    google-auth's session on the connections of another one of ours, with what
    that one takes care of: proxies, reroutes, no .netrc, no cookies, no redirect.
    """

    def __init__(self, sign_in: GoogleSignIn, session: requests.Session) -> None:
        super().__init__(sign_in.credentials, auth_request=partial(_signing_in, Request(session)))  # type: ignore[no-untyped-call]
        self.mount("https://", session.get_adapter("https://"))
        self.auth, self.cookies = session.auth, session.cookies
        # Google compresses its answers only for those who say so here as well:
        # https://developers.google.com/workspace/sheets/api/guides/performance#gzip
        agent = session.headers["User-Agent"]
        agent = agent if isinstance(agent, str) else agent.decode()
        self.headers = CaseInsensitiveDict({**session.headers, "User-Agent": f"{agent} (gzip)"})
        self._ours = session

    def merge_environment_settings(self, *args: Any, **kwargs: Any) -> Any:
        return self._ours.merge_environment_settings(*args, **kwargs)

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def authorized(sign_in: GoogleSignIn, session: requests.Session) -> requests.Session:
    """A session that proves who calls, and renews that where it ended, on the connections of *session*."""
    keep_libraries_quiet()
    return _Session(sign_in, session)


def _signing_in(request: Request, *args: Any, **kwargs: Any) -> Any:
    """
    Google's token endpoint is quick or in trouble: three minutes would be too
    long for it. Trouble is ours to wait for: google-auth would sleep by itself,
    where nobody who cancels is heard, and it stumbles over answers that are no JSON.
    """
    response = request(*args, **{**kwargs, "timeout": (10.0, 30.0)})
    if deserves_another_try(response.status) or not _is_object(response.data):
        raise RefreshError(f"HTTP {response.status}", retryable=True)  # type: ignore[no-untyped-call]
    return response


_GARBLED = "Google's answer was cut off; we try again in"
_TOO_SLOW = "Google takes too long; we try again in"


def _unanswered(error: requests.RequestException, host: str) -> _Failure:
    if isinstance(error, requests.ReadTimeout):
        return _Failure(_TOO_SLOW, failures.too_slow(host), cause=error, is_slow=True)
    never_left = _never_left(error)
    return _Failure(
        "No answer from Google; we try again in", failures.no_answer(host), cause=error, was_not_done=never_left
    )


def _never_left(error: requests.RequestException) -> bool:
    """Whether there was no connection to send it through."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.ProxyError, requests.exceptions.SSLError)):
        return True
    inner = error.args[0] if error.args else None
    return isinstance(inner, MaxRetryError) and isinstance(inner.reason, NewConnectionError)


def _is_whole(response: requests.Response) -> bool:
    if not response.content:
        return response.status_code == 204
    return _is_object(response.content)


def _is_object(content: bytes) -> bool:
    """Whether it is JSON, and such as all of Google's answers are."""
    try:
        found = msgspec.json.decode(content, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return bytes(memoryview(found)[:1]) == b"{"
