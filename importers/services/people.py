"""Accounts: the first owner, passwords, who is asking."""

from __future__ import annotations

import secrets
from dataclasses import replace
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from email_validator import EmailNotValidError, validate_email

from importers.errors import InvalidSettings
from importers.interfaces import Clock, Store
from importers.model import Actor

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1000
_FIRST_WORKSPACE = "My workspace"


class People:
    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._hasher = PasswordHasher()
        self._nobodys_hash = ""

    def is_first_visit(self) -> bool:
        """True until the owner account exists."""
        return not self._store.has_users()

    def sign_up_owner(self, email: str, password: str, *, time_zone: str = "UTC") -> Actor:
        """
        Create the first account. It adopts the workspace that set-up may have
        prepared (the sandbox's first connection and importer), else a new one.

        Raises InvalidSettings: not an e-mail address, password shorter than
        10 characters, or the owner account exists already.
        """
        address = _address(email)
        _check_password(password)
        actor = self._store.add_first_owner(
            address,
            self._hasher.hash(password),
            workspace_name=_FIRST_WORKSPACE,
            time_zone=_zone(time_zone),
            now=self._clock.now(),
        )
        if actor is None:
            raise InvalidSettings("The owner account exists already.", hint="Sign in with it.")
        return actor

    def sign_in(self, email: str, password: str) -> Actor | None:
        """None when the pair does not fit; takes as long for an unknown e-mail as for a wrong password."""
        user_id, password_hash = self._store.password_of(_normal(email)) or (None, self._somebodys_hash())
        fits = self._fits(password_hash, password)
        return self.actor(user_id) if fits and user_id is not None else None

    def actor(self, user_id: int) -> Actor | None:
        """Who the session of *user_id* speaks for; None when the account is gone."""
        return self._store.actor(user_id)

    def end_sessions(self, actor: Actor) -> None:
        """Sign them out wherever they are signed in, also where somebody copied their session."""
        self._store.mark_sessions(actor.user.id, secrets.token_hex(16))

    def change_password(self, actor: Actor, old: str, new: str) -> Actor:
        """
        Ends all sessions; the actor who comes back has a mark for a new one.
        Raises InvalidSettings, whose fact `field` is "old" or "password".
        """
        _, password_hash = self._store.password_of(actor.user.email) or (None, self._somebodys_hash())
        if not self._fits(password_hash, old):
            raise InvalidSettings("That is not your password.", hint="Type the one you have now.", field="old")
        _check_password(new)
        mark = secrets.token_hex(16)
        self._store.mark_sessions(actor.user.id, mark, password_hash=self._hasher.hash(new))
        return replace(actor, user=replace(actor.user, session_mark=mark))

    def _fits(self, password_hash: str, password: str) -> bool:
        if len(password) > LONGEST_PASSWORD:
            return False
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def _somebodys_hash(self) -> str:
        """A hash to compare with where there is no account, made once: it costs what checking one costs."""
        self._nobodys_hash = self._nobodys_hash or self._hasher.hash("nobody's password")
        return self._nobodys_hash


def _address(email: str) -> str:
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise InvalidSettings("This is not an e-mail address.", hint="It looks like name@example.com.") from error


def _normal(email: str) -> str:
    """The address as sign-up kept it; for what is no address, a text no account can have."""
    try:
        return _address(email)
    except InvalidSettings:
        return ""


def _check_password(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidSettings(
            f"The password has {len(password)} characters.",
            hint=f"Choose one of at least {SHORTEST_PASSWORD}.",
            field="password",
        )
    if len(password) > LONGEST_PASSWORD:
        raise InvalidSettings(
            "The password is too long.", hint=f"Choose one of at most {LONGEST_PASSWORD} characters.", field="password"
        )


def _zone(name: str) -> str:
    """*name* where it is a time zone, else UTC: a browser's odd answer must not stop the first visit."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return "UTC"
    return name
