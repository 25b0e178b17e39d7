"""
The calls, and the vendor's failures in our words.

The only file that sees an error of `requests` or an answer other than 200.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import requests

from importers.errors import ImporterError, InvalidSettings, ServiceTrouble
from importers.http.arrivals import GOOD_FOR
from importers.http.redact import bare_url
from importers.http.retry import Patience, deserves_another_try, next_wait, told_wait
from importers.http.said import NO_ANSWER
from importers.http.session import CONNECT_SECONDS
from importers.http.waiting import wait
from importers.interfaces import Clock, Governor, Stop, Tell, never_stop, say_nothing
from importers.model import Hold, Turn
from importers.sources.pipedrive.answers import A, Answer, NamesAnswer, decoded
from importers.sources.pipedrive.failures import (
    BLOCKED_FOR,
    SLOWED_DOWN,
    budget_spent,
    garbled,
    in_trouble,
    no_answer,
    quoted,
    refuse,
    shut_out,
    shuts_out,
    slowed_down,
    too_slow_to_wait_for,
)
from importers.sources.pipedrive.meter import Meter
from importers.sources.pipedrive.signin import SignIn

Params = Mapping[str, str | int]

_ME_PATH = "/v1/users/me"
_ME = f"https://api.pipedrive.com{_ME_PATH}"
_ME_COST = 2
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE | re.ASCII)
_RATE_WINDOW = timedelta(seconds=2)
_MOST_RENEWALS = 2
"""For one call: a token that was just renewed may be taken away again at once, but not for ever."""
HASTE = timedelta(seconds=30)
"""As long as somebody waits in front of a page."""

_HURRIED = Patience(tries=3, total=timedelta(seconds=8))
_IN_LINE = "Staying under Pipedrive's limit: we wait"


@dataclass
class _Home:
    """The company's own host, once it is known."""

    host: str | None = None


@dataclass(frozen=True, slots=True)
class _Failure:
    """A try that may be repeated: what to say meanwhile, and what to raise in the end."""

    says: str
    told: timedelta | None
    error: Callable[[], ImporterError]
    cause: Exception | None = None


class _Hearing:
    """Tells the governor what the headers of an answer say once they are there: its body may take much longer."""

    def __init__(self, governor: Governor, turn: Turn) -> None:
        self._governor = governor
        self._turn = turn
        self.held = timedelta()

    def __call__(self, response: requests.Response, **_: Any) -> None:
        self.held = self._governor.after_call(response.headers, status=response.status_code, turn=self._turn)

    def is_over(self) -> None:
        """No answer will come, or none that was not heard."""
        self._governor.after_call({}, status=NO_ANSWER, turn=self._turn)


@dataclass(frozen=True, kw_only=True)
class PipedriveClient:
    """
    GET requests to Pipedrive, within its limits and with patience.

    Tokens travel in a header and nowhere else. Calls go to the company's own
    host: the one the sign-in names, else the one handed in, else the first call
    asks for it. `tell` and `stop` are those of whoever is waiting: see
    `heard_by`.
    """

    sign_in: SignIn
    session: requests.Session = field(repr=False)
    clock: Clock
    governor: Governor
    home: _Home = field(default_factory=_Home)
    meter: Meter = field(default_factory=Meter)
    patience: Patience = field(default_factory=Patience)
    jitter: Callable[[], float] = random.random
    tell: Tell = say_nothing
    stop: Stop = never_stop
    gives_up_at: float | None = None

    def hurried(self) -> PipedriveClient:
        """The same for somebody who waits in front of a page, from now on: ConnectionTrouble once that is too long."""
        return replace(self, patience=_HURRIED, gives_up_at=self.clock.monotonic() + HASTE.total_seconds())

    def heard_by(self, *, tell: Tell, stop: Stop) -> PipedriveClient:
        """The same client with somebody listening; usage is counted together."""
        return replace(self, tell=tell, stop=stop)

    def me(self) -> dict[str, Any]:
        """The owner of the token, and the company. Raises CredentialsRejected when there is none."""
        host = self.sign_in.host
        data = self._call(f"https://{host}/api{_ME_PATH}" if host else _ME, {}, _ME_COST, Answer).data
        if not isinstance(data, dict):
            raise ServiceTrouble("Pipedrive did not say whose token this is.", hint="Try again in a few minutes.")
        self.home.host = host or f"{_checked_domain(data.get('company_domain'))}.pipedrive.com"
        return data

    def get(self, path: str, params: Params | None = None, *, version: str, cost: int) -> Answer:
        """
        One GET request, repeated while that makes sense.

        Raises:
            CredentialsRejected, AccessDenied, NotThere, InvalidSettings: asking again would not help.
            RateLimited, BudgetSpent, ServiceTrouble, ConnectionTrouble: it may help later.
            RunStopped: somebody cancelled while we waited.
        """
        return self._call(self._url(path, version), params or {}, cost, Answer)

    def get_names(self, path: str, params: Params, *, version: str, cost: int) -> NamesAnswer:
        """Like `get`, for a list of which only ids and names matter."""
        return self._call(self._url(path, version), params, cost, NamesAnswer)

    def _url(self, path: str, version: str) -> str:
        if self.home.host is None:
            self.me()
        return f"https://{self.home.host}/api/{version}{path}"

    def _call(self, url: str, params: Params, cost: int, shape: type[A]) -> A:
        waited, tried = timedelta(), 0
        while True:
            tried += 1
            self._stop_if_asked()  # nobody else asks while no turn has to be waited for
            outcome = self._try(url, params, cost, shape)
            if not isinstance(outcome, _Failure):
                return outcome
            pause = next_wait(self.patience, tried=tried, waited=waited, told=outcome.told, jitter=self.jitter())
            if pause is None:
                raise outcome.error() from outcome.cause
            self._wait(pause, outcome.says)
            waited += pause
            self.meter.repeat()

    def _stop_if_asked(self) -> None:
        self.stop()
        if self.gives_up_at is not None and self.clock.monotonic() > self.gives_up_at:
            raise too_slow_to_wait_for()

    def _timeout(self) -> tuple[float, float] | None:
        """None for what is usual."""
        if self.gives_up_at is None:
            return None
        return (CONNECT_SECONDS, max(self.gives_up_at - self.clock.monotonic(), 1.0))

    def _try(self, url: str, params: Params, cost: int, shape: type[A], *, renewals: int = 0) -> A | _Failure:
        headers = self.sign_in.headers()
        turn = self._wait_for_turn(cost)
        hearing = _Hearing(self.governor, turn)
        hooks = {"response": hearing}
        try:
            with self.meter.request(self.clock):
                response = self.session.get(
                    url, params=dict(params), headers=dict(headers), hooks=hooks, timeout=self._timeout()
                )
        except requests.RequestException as error:
            hearing.is_over()
            if not isinstance(error, _UNANSWERED):
                raise no_answer(url) from error
            return _unanswered(error, url)
        if response.status_code == 200:
            return self._read(response, cost, shape)
        if response.status_code == 401 and renewals < _MOST_RENEWALS and self.sign_in.is_renewed(headers):
            return self._try(url, params, cost, shape, renewals=renewals + 1)
        return self._judge(response, params, hearing.held)

    def _read(self, response: requests.Response, cost: int, shape: type[A]) -> A | _Failure:
        self.meter.add(tokens=cost)
        try:
            answer = decoded(response.content, shape)
        except ValueError as error:
            return _garbled(error, response.url)
        if not answer.success:
            raise ServiceTrouble(
                "Pipedrive answered that it could not do what we asked" + quoted(answer.error) + ".",
                hint="Run it again in a few minutes.",
                url=bare_url(response.url),
            )
        return answer

    def _judge(self, response: requests.Response, params: Params, held: timedelta) -> _Failure:
        """A failure that may pass; raises where asking again would not help."""
        status = response.status_code
        if status == 429 and response.headers.get("x-daily-ratelimit-token-remaining", "").strip() == "0":
            raise budget_spent(self.clock.now(), held)
        if shuts_out(response):
            self.governor.block(BLOCKED_FOR)
        if not deserves_another_try(status):
            refuse(response, params, self.sign_in.rejected)
        told = told_wait(response.headers, now=self.clock.now())
        if status == 429:
            pause = max(told or _RATE_WINDOW, _RATE_WINDOW)
            return _Failure("Pipedrive asks us to wait", pause, lambda: slowed_down(max(pause, SLOWED_DOWN)))
        return _Failure(
            f"Pipedrive is in trouble (HTTP {status}); we try again in",
            told,
            lambda: in_trouble(status, response.url, told),
        )

    def _wait_for_turn(self, cost: int) -> Turn:
        """Stand in line until the call may go. Raises BudgetSpent and RateLimited where waiting here is no use."""
        turn, told = self._ask_for_turn(cost), timedelta()
        try:
            while turn.wait:
                told += turn.wait if turn.why is Hold.TOLD else timedelta()
                self._refuse_to_wait(turn, told)
                self._wait(turn.wait, _IN_LINE if turn.wait >= timedelta(seconds=1) else "")
                turn = self._ask_for_turn(cost, turn)
        except BaseException:
            self.governor.leave(turn)
            raise
        return turn

    def _ask_for_turn(self, cost: int, turn: Turn | None = None) -> Turn:
        """A process that was stopped meanwhile gives its turn back: it was for a moment that is long gone."""
        while True:
            asked_at = self.clock.monotonic()
            turn = self.governor.before_call(cost=cost, turn=turn)
            if turn.wait or self.clock.monotonic() - asked_at <= GOOD_FOR:
                return turn
            self.governor.leave(turn)

    def _refuse_to_wait(self, turn: Turn, told: timedelta) -> None:
        """A run that has to wait for long does so outside, and its worker takes another one."""
        if turn.why is Hold.BUDGET:
            raise budget_spent(self.clock.now(), turn.wait)
        if turn.why is Hold.BLOCKED:
            raise shut_out(turn.wait)
        if turn.why is Hold.TOLD and told > self.patience.total:
            raise slowed_down(turn.wait)

    def _wait(self, pause: timedelta, says: str) -> None:
        """Counted as it passes, for those who look meanwhile; told once, however many wait for the same."""

        def stop() -> None:
            self.meter.look(self.clock)
            self._stop_if_asked()

        with self.meter.wait(says, self.clock) as is_alone:
            if says and is_alone:
                self.tell(f"{says} {in_words(pause)}.")
            wait(pause, clock=self.clock, stop=stop)


def home_of(domain: str | None, sign_in: SignIn) -> _Home:
    """The host of a company that is known already. Raises InvalidSettings where it cannot be one."""
    if sign_in.host:
        return _Home(sign_in.host)
    if domain is not None and not _DOMAIN.fullmatch(domain):
        raise InvalidSettings(
            f"{domain!r} is not a Pipedrive company.",
            hint="It is the first part of the address, as in acme.pipedrive.com.",
        )
    return _Home(domain and f"{domain.lower()}.pipedrive.com")


def in_words(span: timedelta) -> str:
    """ "2 s", rounded up."""
    return f"{-(-span // timedelta(seconds=1))} s"


_UNANSWERED = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


def _checked_domain(domain: Any) -> str:
    """The token is sent to this host, so it must be a plain name."""
    if isinstance(domain, str) and _DOMAIN.fullmatch(domain):
        return domain.lower()
    raise ServiceTrouble(
        "Pipedrive did not say which company this token belongs to.", hint="Try again in a few minutes."
    )


def _unanswered(error: Exception, url: str) -> _Failure:
    return _Failure("No answer from Pipedrive; we try again in", None, lambda: no_answer(url), error)


def _garbled(error: Exception, url: str) -> _Failure:
    return _Failure("Pipedrive's answer was cut off; we try again in", None, lambda: garbled(url), error)
