"""Marketplace apps that the pretend Pipedrive knows, as they would be set up in its Developer Hub."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SCOPES = {
    "base": "Know who you are and your settings",
    "deals:read": "Read deals, their products and participants, stages, pipelines, notes, files and filters",
    "contacts:read": "Read persons and organizations, their fields, notes and files",
    "activities:read": "Read activities, their fields and types",
    "leads:read": "Read leads, their labels and sources",
    "products:read": "Read products and their fields",
    "projects:read": "Read projects, tasks, boards, phases and templates",
    "mail:read": "Read your mail threads and messages",
    "users:read": "Read the users of the company and its teams",
    "goals:read": "Read goals",
    "recents:read": "Read what changed, by whom and when",
    "admin": "Read what only administrators see: roles, permission sets, all fields",
    "phone-integration": "Read call logs",
}
"""What the consent page says of each scope that reads."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class App:
    """
    `redirect_uri` is the one callback URL of an app. `is_local` is for trials,
    and nothing the vendor offers: the redirect URI may be any address on this
    machine, because the port is not known beforehand, and refresh tokens are
    known again after a restart, which otherwise forgets everything.
    """

    client_id: str
    client_secret: str = field(repr=False)
    name: str
    redirect_uri: str = ""
    scopes: tuple[str, ...] = tuple(SCOPES)
    is_local: bool = False

    def redirects_to(self, uri: str) -> bool:
        if not self.is_local:
            return uri == self.redirect_uri
        return urlsplit(uri).scheme == "http" and urlsplit(uri).hostname in _LOOPBACK

    def has_secret(self, secret: str) -> bool:
        return hmac.compare_digest(secret.encode(), self.client_secret.encode())


DEMO = App(
    client_id="5a11d0a9c0ffee01",
    client_secret="d0d0cafe1234567890abcdef1234567890abcdef",  # noqa: S106 - of an app that does not exist
    name="Pipesheet (trial app)",
    is_local=True,
)
