"""Linked accounts."""

from __future__ import annotations
from collections.abc import Sequence
from importers.model import Account, Actor, Connection
from importers.secret import Secret


class Connections:
    def list(self, actor: Actor) -> Sequence[Connection]: ...
    def get(self, actor: Actor, connection_id: int) -> Connection:
        """Raises NotThere when there is none in the actor's workspace (as do all methods that take an id)."""
        raise NotImplementedError

    def link(self, actor: Actor, token: Secret) -> Connection:
        """
        Check the token with Pipedrive (GET /v1/users/me) and keep it sealed.
        Linking the same user and company again renews that connection.
        Raises CredentialsRejected, TemporaryError.
        """
        raise NotImplementedError

    def relink(self, actor: Actor, connection_id: int, token: Secret) -> Connection:
        """Put a new token in; it must belong to the same company, else InvalidSettings."""
        raise NotImplementedError

    def check(self, actor: Actor, connection_id: int) -> Connection:
        """Ask Pipedrive again; keeps the status it finds ("needs reconnecting" when refused)."""
        raise NotImplementedError

    def unlink(self, actor: Actor, connection_id: int) -> None:
        """Raises InvalidSettings naming the importers that still use it."""
        raise NotImplementedError
