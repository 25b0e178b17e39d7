from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_login import current_user

from importers.errors import ImporterError, InvalidSettings
from importers.notices import Channel, ChannelKind
from importers.secret import Secret
from web import current
from web.context import may_link
from web.notices.forms import AddressForm, ChannelForm, EmailForm, TellingForm

pages = Blueprint("notices", __name__, url_prefix="/notices")

TESTS = "20 per 5 minutes"
"""Each makes this server send something: enough for whoever is setting up, too few for looking around with."""


def register(app: Flask) -> None:
    app.register_blueprint(pages)
    limiter: Limiter = app.extensions["pipesheet.limiter"]
    view: Any = app.view_functions["notices.test"]
    app.view_functions["notices.test"] = limiter.limit(TESTS, key_func=_person)(view)


def _person() -> str:
    return f"test {current_user.get_id() if current_user.is_authenticated else ''}"


@pages.get("")
def index() -> ResponseReturnValue:
    return _index(TellingForm(obj=current.services().channels.telling(current.actor())))


def _index(form: TellingForm) -> ResponseReturnValue:
    channels, actor = current.services().channels, current.actor()
    page = render_template(
        "notices/index.html",
        channels=channels.list(actor),
        kinds=channels.kinds,
        history=channels.history(actor),
        form=form,
        has_links=bool(current.settings().public_url),
    )
    return page, 422 if form.errors else 200


@pages.post("/telling")
def telling() -> ResponseReturnValue:
    form = TellingForm()
    if not form.validate():
        return _index(form)
    current.services().channels.keep_telling(current.actor(), form.answer)
    flash("What you want to be told is saved.", "success")
    return redirect(url_for(".index"))


@pages.route("/channels/new", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    if not may_link():
        abort(403)
    kind = _kind(request.args.get("kind", ""))
    form = _form(kind, None)
    if form.validate_on_submit():
        try:
            return _added(kind, form)
        except InvalidSettings as error:
            _blame(form, error)
    return _editing(kind, form)


def _added(kind: ChannelKind, form: Any) -> ResponseReturnValue:
    channels, actor, name = current.services().channels, current.actor(), form.name.data or ""
    if kind is ChannelKind.WEBHOOK:
        channel, key = channels.add_webhook(actor, name, Secret(form.url.data))
        return _secret_once(channel, key)
    if kind is ChannelKind.SLACK:
        channel = channels.add_slack(actor, name, Secret(form.url.data))
    else:
        channel = channels.add_email(actor, name, form.recipients.data or "")
    flash(f"Notices go to {channel.name} from now on. Press Test to see that they arrive.", "success")
    return redirect(url_for(".index"))


@pages.route("/channels/<id:channel_id>", methods=["GET", "POST"])
def edit(channel_id: int) -> ResponseReturnValue:
    channel = current.services().channels.get(current.actor(), channel_id)
    if not may_link():
        abort(403)
    form = _form(channel.kind, channel)
    if form.validate_on_submit():
        try:
            _change(channel, form)
        except InvalidSettings as error:
            _blame(form, error)
        else:
            flash("The channel is saved.", "success")
            return redirect(url_for(".index"))
    return _editing(channel.kind, form, channel)


def _change(channel: Channel, form: Any) -> None:
    name, channels = form.name.data or "", current.services().channels
    if channel.kind is ChannelKind.EMAIL:
        channels.change(current.actor(), channel.id, name, recipients=form.recipients.data or "")
    else:
        channels.change(current.actor(), channel.id, name, url=Secret(form.url.data) if form.url.data else None)


@pages.post("/channels/<id:channel_id>/test")
def test(channel_id: int) -> ResponseReturnValue:
    channel = current.services().channels.get(current.actor(), channel_id)
    try:
        answer = current.services().channels.test(current.actor(), channel_id)
    except ImporterError as error:
        if error.code == "access-denied":
            raise
        flash(f"The test did not arrive. {error}", "danger")
    else:
        look = " Look into the inbox, and among spam." if channel.kind is ChannelKind.EMAIL else ""
        flash(f"The test is sent. {answer}{'' if answer.endswith('.') else '.'}{look}", "success")
    return redirect(url_for(".index"))


@pages.post("/channels/<id:channel_id>/secret")
def renew(channel_id: int) -> ResponseReturnValue:
    channel = current.services().channels.get(current.actor(), channel_id)
    return _secret_once(channel, current.services().channels.renew_key(current.actor(), channel_id))


@pages.route("/channels/<id:channel_id>/remove", methods=["GET", "POST"])
def remove(channel_id: int) -> ResponseReturnValue:
    channel = current.services().channels.get(current.actor(), channel_id)
    if request.method == "POST":
        current.services().channels.remove(current.actor(), channel_id)
        flash(f"{channel.name} is removed. No more notices go there.", "success")
        return redirect(url_for(".index"))
    if not may_link():
        abort(403)
    return render_template("notices/remove.html", channel=channel)


def _secret_once(channel: Channel, key: Secret) -> Response:
    """On this page and nowhere else, not in the session either."""
    response = make_response(render_template("notices/secret.html", channel=channel, key=key.reveal()))
    response.headers["Cache-Control"] = "no-store"
    return response


def _kind(name: str) -> ChannelKind:
    """One that there can be here; else the address does not exist."""
    if name not in {kind.value for kind in current.services().channels.kinds}:
        abort(404)
    return ChannelKind(name)


def _form(kind: ChannelKind, channel: Channel | None) -> ChannelForm:
    kept = {"name": channel.name} if channel else {}
    if kind is ChannelKind.EMAIL:
        recipients = {"recipients": "\n".join(channel.recipients)} if channel else {}
        return EmailForm(data={**kept, **recipients})
    return AddressForm(data=kept, kind=kind, is_new=channel is None)


def _blame(form: Any, error: InvalidSettings) -> None:
    field = error.facts.get("field", "name")
    form[field if field in form else "name"].errors = [str(error)]


def _editing(kind: ChannelKind, form: ChannelForm, channel: Channel | None = None) -> ResponseReturnValue:
    page = render_template("notices/channel.html", kind=kind.value, form=form, channel=channel)
    return page, 422 if form.errors else 200
