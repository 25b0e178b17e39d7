"""
Every error this package raises, grouped by what happens next.

ImporterError                    code, message, hint, facts
├── SetupError                   only the owner can mend it: stop and ask
│   ├── InvalidSettings          an answer does not fit
│   ├── CredentialsRejected      the token was refused or withdrawn
│   ├── AccessDenied             signed in, not allowed
│   ├── NotThere                 entity, filter, file, sheet or object is gone
│   └── NoRoom                   the destination's own limit, or the disk, is reached
├── TemporaryError               may work later: wait and go on; retry_after
│   ├── RateLimited              told to slow down
│   ├── BudgetSpent              today's allowance is used up
│   ├── ServiceTrouble           the vendor answered 5xx or nonsense
│   ├── ConnectionTrouble        no answer at all
│   ├── NeedsReconnecting        known to be refused, so nobody asked
│   └── NotOurTurn               others are first: a place in line, and no failed try
└── RunStopped                   cancelled: not a failure
    ├── HandedBack               its worker had to stop: another one starts it over
    └── StoppedHalfway           nobody can say that the destination is as it was before

A cell that cannot be represented is not an error: it is counted and told in
the run's notes (`Written.notes`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

AGAIN_LATER = "Run it again later; "
"""How the hint of an error begins that may pass; left out where it is tried again by itself."""


class ImporterError(Exception):
    """
    Something we can explain.

    `message` says what happened and what it means, `hint` what to do; both
    are for the owner and hold no secret. `facts` and the chained cause are
    for the log; the fact `field`, where there is one, names the answer that
    does not fit ("name", "place", "sheet", "columns"), so that a form can say
    it there. The fact `kind` says which vendor it is about where that is not
    Pipedrive ("google_sheets"): a run has to do with two of them. The fact
    `is_halfway` says that part of the table shows already. `code` is a stable
    slug listed in docs/errors.md.
    """

    code: ClassVar[str] = "importer-error"

    def __init__(self, message: str, *, hint: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class SetupError(ImporterError):
    """Only the owner can mend it."""

    code = "setup"


class InvalidSettings(SetupError):
    """An answer, option or environment variable does not fit."""

    code = "invalid-settings"


class CredentialsRejected(SetupError):
    """The token was refused or withdrawn."""

    code = "credentials-rejected"


class AccessDenied(SetupError):
    """Signed in, but not allowed to do this."""

    code = "access-denied"


class NotThere(SetupError):
    """What was asked for does not exist, or not for this user."""

    code = "not-there"


class NoRoom(SetupError):
    """The destination's own limit, or the disk, is reached."""

    code = "no-room"


class TemporaryError(ImporterError):
    """The same call may succeed later; `retry_after` says when, if anyone knows."""

    code = "temporary"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        retry_after: timedelta | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(message, hint=hint, **facts)
        self.retry_after = retry_after


class RateLimited(TemporaryError):
    """Told to slow down, and slowing down did not help."""

    code = "rate-limited"


class BudgetSpent(TemporaryError):
    """The company's daily API allowance is used up."""

    code = "budget-spent"


class ServiceTrouble(TemporaryError):
    """The vendor answered 5xx, or something that cannot be read."""

    code = "service-trouble"


class ConnectionTrouble(TemporaryError):
    """No answer at all: refused, cut, or too slow."""

    code = "connection-trouble"


class NeedsReconnecting(TemporaryError):
    """The account is refused, so nothing was asked of it; it works again once somebody reconnects it."""

    code = "needs-reconnecting"


class NotOurTurn(TemporaryError):
    """
    Others have what this run needs. It keeps its place in line, and waits
    outside of workers; however often that happens, it is no failed try.
    """

    code = "not-our-turn"


class RunStopped(ImporterError):
    """The run was cancelled; nothing is wrong."""

    code = "run-stopped"


class HandedBack(RunStopped):
    """The worker had to stop in the middle of the run; another one starts it over."""

    code = "handed-back"


class StoppedHalfway(RunStopped):
    """Cancelled when something was shown already, or may yet be; the message says which."""

    code = "stopped-halfway"
