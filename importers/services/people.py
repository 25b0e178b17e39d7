"""Accounts: the first owner, passwords, who is asking."""

from __future__ import annotations
from importers.model import Actor, User


class People:
    def is_first_visit(self) -> bool:
        """True until the owner account exists."""
        raise NotImplementedError

    def sign_up_owner(self, email: str, password: str, *, time_zone: str = "UTC") -> Actor:
        """
        Create the first account. It adopts the workspace that set-up may have
        prepared (the sandbox's first connection and importer), else a new one.

        Raises InvalidSettings: not an e-mail address, password shorter than
        10 characters, or the owner account exists already.
        """
        raise NotImplementedError

    def sign_in(self, email: str, password: str) -> Actor | None:
        """None when the pair does not fit; takes as long for an unknown e-mail as for a wrong password."""
        raise NotImplementedError

    def actor(self, user_id: int) -> Actor | None:
        """Who the session of *user_id* speaks for; None when the account is gone."""
        raise NotImplementedError
