"""The knobs: a page for people, JSON for other processes. No part of what is imitated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox import knobs
from sandbox.google import troubles
from sandbox.google.accounts import API_KEY, API_NAMES, DEMO, DEMO_ROBOT, PROJECT_NUMBER, Person
from sandbox.google.files import ROLES, File
from sandbox.google.quota import MODELS

if TYPE_CHECKING:
    from sandbox.google.app import Google

ROOT = "/_sandbox/google"


def blueprint(google: Google) -> Blueprint:
    control = Blueprint("google_control", __name__, url_prefix=ROOT)

    @control.get("/")
    def index() -> str:
        return render_template(
            "sandbox/google/index.html",
            google=google,
            files=sorted(google.files, key=lambda file: file.modified_at, reverse=True),
            client=DEMO,
            api_key=API_KEY,
            project=google.accounts.projects[PROJECT_NUMBER],
            api_names=API_NAMES,
            robot=DEMO_ROBOT,
            kinds=troubles.KINDS,
            address=request.host_url,
        )

    knobs.add(control, google.faults, google.journal)
    _add_files(control, google)
    _add_access(control, google)
    _add_limits(control, google)
    return control


def _add_files(control: Blueprint, google: Google) -> None:
    @control.get("/files")
    def list_files() -> Response:
        return jsonify([_told(google, file) for file in google.files])

    @control.post("/files")
    def create_file() -> ResponseReturnValue:
        """A new spreadsheet: `owner` (an address) and `title`, as a form or as JSON."""
        asked = _asked()
        made = google.files.new_spreadsheet(_person(google, asked.get("owner")), str(asked.get("title") or ""))
        return _done(google, made)

    @control.post("/files/<file_id>/share")
    def share(file_id: str) -> ResponseReturnValue:
        """With `email`, as `role`; the role `none` ends it."""
        file, asked = _file(google, file_id), _asked()
        email, role = str(asked.get("email", "")).strip().lower(), str(asked.get("role", "writer"))
        if not email or role not in (*ROLES, "none"):
            abort(400, f"Send an email, and a role out of {', '.join(ROLES)} and none.")
        if role == "none":
            google.files.unshare(file, email)
        else:
            google.files.share(file, email, role)
        return _done(google, file)

    @control.post("/files/<file_id>/delete")
    def delete(file_id: str) -> ResponseReturnValue:
        file = _file(google, file_id)
        google.files.delete(file)
        return _done(google, file)


def _add_access(control: Blueprint, google: Google) -> None:
    @control.get("/service-account.json")
    def key_file() -> Response:
        answer = jsonify(DEMO_ROBOT.key_file())
        answer.headers["Content-Disposition"] = 'attachment; filename="service-account.json"'
        return answer

    @control.post("/withdraw")
    def withdraw() -> ResponseReturnValue:
        """As when a user (`email`; everybody without) removes the app from the account."""
        email = _asked().get("email")
        ended = [key for key in google.tokens.consents if email in (None, "", key[1])]
        for client_id, user in ended:
            google.tokens.withdraw(client_id, user)
            google.files.take_back(client_id, user)
        return _said(f"Withdrawn for {len(ended)} of the users.")

    @control.post("/narrow")
    def narrow() -> ResponseReturnValue:
        """As when a user (`email`) takes back every permission but `scopes`, separated by blanks."""
        asked = _asked()
        google.tokens.narrow(
            str(asked.get("client_id") or DEMO.client_id), str(asked.get("email")), str(asked.get("scopes", "")).split()
        )
        return _said("Done.")

    @control.post("/expire-access-tokens")
    def expire() -> ResponseReturnValue:
        """As after an hour."""
        google.tokens.expire_access()
        return _said("Every access token has expired.")

    @control.post("/apis")
    def switch() -> ResponseReturnValue:
        """`api` is switched `on` (true or false) for the project of the trial app."""
        asked = _asked()
        api = str(asked.get("api"))
        if api not in API_NAMES:
            abort(400, f"There is no API {api!r}; there are {', '.join(API_NAMES)}.")
        is_on = str(asked.get("on", "true")).lower() == "true"
        apis = google.accounts.projects[PROJECT_NUMBER].apis
        (apis.add if is_on else apis.discard)(api)
        return _said(f"{API_NAMES[api]} is {'on' if is_on else 'off'}.")


def _add_limits(control: Blueprint, google: Google) -> None:
    @control.get("/quota")
    def show_quota() -> Response:
        return jsonify(google.quota.as_json())

    @control.post("/quota")
    def set_quota() -> ResponseReturnValue:
        """`per_user`, `per_project` (null for no limit), `model`."""
        asked = _asked()
        for name in ("per_user", "per_project"):
            if name in asked:
                setattr(google.quota, name, None if asked[name] in (None, "") else int(asked[name]))
        if asked.get("model") in MODELS:
            google.quota.model = asked["model"]
        return _said("Done.") if request.form else (jsonify(google.quota.as_json()), 200)

    @control.delete("/quota")
    def forget() -> ResponseReturnValue:
        """What was asked so far."""
        google.quota.clear()
        return "", 204

    @control.post("/late")
    def carry_out() -> ResponseReturnValue:
        """All requests that are held, now."""
        return _said(f"Carried out: {google.late.all()}.")


def _told(google: Google, file: File) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.name,
        "mimeType": file.mime_type,
        "owner": file.owner,
        "shared": {each.who or each.type: each.role for each in file.permissions.values()},
        "trashed": file.is_trashed,
        "url": url_for("google_pages.edit", file_id=file.id, _external=True) if file.book else None,
        "given": [[client, email] for client, email, file_id in google.files.given if file_id == file.id],
    }


def _asked() -> Any:
    return request.get_json(silent=True) or request.form


def _person(google: Google, email: Any) -> Person:
    person = google.accounts.person(str(email)) if email else google.accounts.people[0]
    if person is None or person.is_robot:
        abort(400, f"There is no account {email!r}.")
    return person


def _file(google: Google, file_id: str) -> File:
    file = google.files.get(file_id)
    if file is None:
        abort(404)
    return file


def _done(google: Google, file: File) -> ResponseReturnValue:
    """Back to the page for who pressed a button of it; the file for other programs."""
    if "text/html" in request.accept_mimetypes.values():
        return redirect(url_for(".index"))
    return jsonify(_told(google, file)), 201


def _said(line: str) -> ResponseReturnValue:
    if "text/html" in request.accept_mimetypes.values():
        return redirect(url_for(".index"))
    return Response(line + "\n", mimetype="text/plain")
