"""
The Google Picker: the script that apps load, and the frame it opens.

Whatever an app may see, the picker shows its user everything. What is picked,
the app was given, if it told its project's number by `setAppId`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from flask import Blueprint, Response, jsonify, render_template, request, send_file
from flask.typing import ResponseReturnValue

from sandbox.google.accounts import PICKER
from sandbox.google.desk import Desk
from sandbox.google.errors import ApiError
from sandbox.google.files import FOLDER, SPREADSHEET, File, Files
from sandbox.google.tokens import Bearer

_SCRIPT = Path(__file__).parents[1] / "templates" / "sandbox" / "google" / "api.js"
_FRAMERS = "frame-ancestors 'self' http://127.0.0.1:* http://localhost:*"
_MIME_TYPES = {"spreadsheets": SPREADSHEET, "folders": FOLDER}
"""Of views; others show everything."""
_MOST = 200


class _Refused(Exception):
    pass


def blueprint(desk: Desk) -> Blueprint:
    pages = Blueprint("google_picker", __name__)
    pages.register_error_handler(_Refused, lambda problem: (jsonify(error=str(problem)), 403))

    @pages.get("/js/api.js")
    def script() -> Response:
        answer = send_file(_SCRIPT, mimetype="text/javascript", max_age=0)
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    @pages.get("/picker")
    def frame() -> ResponseReturnValue:
        return render_template("sandbox/google/picker.html"), {"Content-Security-Policy": _FRAMERS}

    @pages.get("/picker/files")
    def list_files() -> Response:
        bearer = _bearer(desk)
        _check_key(desk, request.args.get("key", ""))
        view = msgspec.json.decode(request.args.get("view", "{}"))
        found = [file for file in desk.files if _is_shown(desk.files, file, bearer.email, view)]
        found.sort(key=lambda file: file.modified_at, reverse=True)
        return jsonify(files=[_listed(file, bearer.email) for file in found[:_MOST]])

    @pages.post("/picker/pick")
    def pick() -> Response:
        bearer, body = _bearer(desk), request.get_json()
        files = [file for file in map(desk.files.get, body["ids"]) if file and desk.files.role(file, bearer.email)]
        if body.get("appId") and body["appId"] == desk.project_of(bearer.client_id):
            for file in files:
                desk.files.give(file, bearer.client_id, bearer.email)
        return jsonify(docs=[_document(file) for file in files])

    return pages


def _bearer(desk: Desk) -> Bearer:
    bearer = desk.tokens.bearer(request.headers.get("Authorization", "").removeprefix("Bearer "))
    if bearer is None:
        raise _Refused("The OAuth token is missing or has expired. Sign in again.")
    return bearer


def _check_key(desk: Desk, key: str) -> None:
    if key not in desk.accounts.api_keys:
        raise _Refused("The API developer key is invalid.")
    try:
        principal = desk.principal()
        desk.check_api(principal, PICKER)
    except ApiError as problem:
        raise _Refused(problem.message) from problem


def _is_shown(files: Files, file: File, email: str, view: dict[str, Any]) -> bool:
    if file.is_trashed or not any(each.type != "anyone" and each.fits(email) for each in file.permissions.values()):
        return False
    wanted = [each for each in (view.get("mimeTypes") or _MIME_TYPES.get(view.get("id", ""), "")).split(",") if each]
    selectable = [each for each in request.args.get("types", "").split(",") if each]
    if (wanted and file.mime_type not in wanted) or (selectable and file.mime_type not in selectable):
        return False
    if view.get("ownedByMe") is not None and view["ownedByMe"] != (file.owner == email):
        return False
    only = view.get("fileIds")
    if only and file.id not in (only.split(",") if isinstance(only, str) else only):
        return False
    return request.args.get("query", "").casefold() in file.name.casefold()


def _listed(file: File, email: str) -> dict[str, str]:
    whose = "yours" if file.owner == email else file.owner
    return {"id": file.id, "name": file.name, "detail": f"{whose}, changed {file.modified_at:%-d %b %Y, %H:%M} UTC"}


def _document(file: File) -> dict[str, Any]:
    is_sheet = file.mime_type == SPREADSHEET
    url = f"https://docs.google.com/spreadsheets/d/{quote(file.id)}/edit?usp=drive_web"
    return {
        "id": file.id,
        "serviceId": "spread" if is_sheet else "docs",
        "mimeType": file.mime_type,
        "name": file.name,
        "description": file.description,
        "type": "folder" if file.mime_type == FOLDER else "document",
        "lastEditedUtc": int(file.modified_at.timestamp() * 1000),
        "iconUrl": f"https://drive-thirdparty.googleusercontent.com/16/type/{file.mime_type}",
        "url": url if is_sheet else f"https://drive.google.com/file/d/{quote(file.id)}/view?usp=drive_web",
        "embedUrl": url if is_sheet else "",
        "sizeBytes": 0,
    }
