"""The round trip to a vendor's consent page, the same for all vendors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from importers.errors import ImporterError
from importers.model import Connection
from importers.secret import Secret
from web import current
from web.connections import trips
from web.connections.trips import Asked
from web.connections.words import told_again, welcome_text

_NOTHING = "Nothing was connected."
EDITOR_WAITS = "Your editor is in the other tab, with all you typed: close this one and go on there."


@dataclass(frozen=True, slots=True)
class Vendor:
    """
    *callback* and *connect* are endpoints: where the vendor leads back to, and
    the page with the button. *consent_url* and *link* take a trip and our
    address; *refused* tells (category and text) what it means that the
    browser came back without a code; *next_page* is where one goes, once connected.
    """

    kind: str
    name: str
    callback: str
    connect: str
    consent_url: Callable[[Asked, str], str]
    link: Callable[[Asked, Secret, str], Connection]
    refused: Callable[[str], tuple[str, str]]
    next_page: Callable[[Connection], str]


def set_out(vendor: Vendor, asked: Asked) -> ResponseReturnValue:
    url = vendor.consent_url(asked, _redirect_uri(vendor))
    trips.begun(asked)
    return redirect(url, 303)


def come_back(vendor: Vendor) -> ResponseReturnValue | None:
    """With a code or a refusal; None where nobody set out from here."""
    if not current_user.is_authenticated:
        # The code goes no further: it would stand in the address of the sign-in page.
        flash(f"Sign in, then connect {vendor.name} again.", "info")
        return redirect(url_for("auth.sign_in", next=url_for("connections.index")))
    asked = trips.taken(vendor.kind, request.args.get("state", ""))
    if asked is None:
        return None
    if "code" not in request.args:
        category, told = vendor.refused(request.args.get("error", ""))
        flash(told, category)
        return redirect(_where(vendor, asked))
    return _connect(vendor, asked, Secret(request.args["code"]))


def unasked(vendor: Vendor) -> ResponseReturnValue:
    """A link that somebody planted, an old tab, a page loaded twice."""
    flash(f"That answer of {vendor.name}’s was not asked for here, or too long ago. {_NOTHING}", "danger")
    return redirect(url_for(vendor.connect))


def _connect(vendor: Vendor, asked: Asked, code: Secret) -> ResponseReturnValue:
    before = {one.id: one for one in current.services().connections.list(current.actor())}
    try:
        connection = vendor.link(asked, code, _redirect_uri(vendor))
    except ImporterError as error:
        told = str(error)
        flash(told if _NOTHING in told else f"{_NOTHING} {told}", "danger")
        return redirect(_where(vendor, asked))
    known = before.get(connection.id)
    flash(told_again(connection, known) if known else welcome_text(connection), "success")
    if asked.for_editor:
        flash(EDITOR_WAITS, "info")
    return redirect(vendor.next_page(connection))


def _where(vendor: Vendor, asked: Asked) -> str:
    if asked.connection_id is None:
        return url_for(vendor.connect)
    return url_for("connections.replace", connection_id=asked.connection_id)


def _redirect_uri(vendor: Vendor) -> str:
    """The callback URL, as it was entered where the app is registered."""
    public = current.settings().public_url
    return public + url_for(vendor.callback) if public else url_for(vendor.callback, _external=True)
