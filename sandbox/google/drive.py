"""Drive v3 as spreadsheets need it: finding, making, copying, sharing, exporting and removing files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from sandbox.google import discovery, masks, query, scopes, sheetcsv
from sandbox.google.accounts import DRIVE, Person
from sandbox.google.desk import Desk, Principal
from sandbox.google.driveerrors import DriveError, app_may_not_write, bad_value, may_not_write, no_file, no_storage
from sandbox.google.filejson import EXPORTS, Json, Teller, some_of
from sandbox.google.files import FOLDER, ROLES, SPREADSHEET, File, Permission, root_of
from sandbox.google.replies import json_answer

V3 = "/drive/v3"
_MOST_PER_PAGE = 1000
_OWNERS_ONLY = ("trashed",)


def blueprint(desk: Desk) -> Blueprint:
    pages = Blueprint("google_drive", __name__)
    office = _Office(desk)
    _add_files(pages, office)
    _add_contents(pages, office)
    _add_permissions(pages, office)
    _add_others(pages, office)
    return pages


class _Office:
    """What every method begins with: who asks, and which file."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.files = desk.files

    def asks(self, needed: Collection[str]) -> Principal:
        principal = self.desk.principal()
        self.desk.check_scopes(principal, needed, api=DRIVE)
        return principal

    def owner(self, principal: Principal) -> Person:
        """Who will own what is made. Raises DriveError for service accounts."""
        if principal.person is None or principal.person.is_robot:
            raise no_storage()
        return principal.person

    def sees(self, file: File, principal: Principal) -> bool:
        is_shown = scopes.sees_every_name(principal.scopes) or self._is_given(file, principal)
        return is_shown and bool(self.files.role(file, principal.email))

    def file(self, file_id: str, principal: Principal, *, least: str = "reader") -> File:
        """Raises DriveError for what is not there, not shown, or not to be changed."""
        if file_id == "root" and principal.person:
            return _my_drive(principal.person)
        file = self.files.get(file_id)
        if file is None or not self.sees(file, principal):
            raise no_file(file_id)
        if least == "reader":
            return file
        if scopes.DRIVE not in principal.scopes and not self._is_given(file, principal):
            raise app_may_not_write(principal.client_id)
        if not self.files.may(file, principal.email, least):
            raise may_not_write()
        return file

    def _is_given(self, file: File, principal: Principal) -> bool:
        is_given = self.files.is_given(file, principal.client_id, principal.email)
        return scopes.DRIVE_FILE in principal.scopes and is_given

    def teller(self, principal: Principal) -> Teller:
        return Teller(self.files, self.desk.accounts, principal)

    def told(self, file: File, principal: Principal) -> Response:
        told = self.teller(principal).file(file)
        return json_answer(_chosen(told, "File", otherwise=some_of))

    def folders(self, asked: Iterable[str], principal: Principal) -> tuple[str, ...]:
        """The ids of folders that something shall lie in. Raises DriveError."""
        found = [self.file(each, principal, least="reader" if each == "root" else "writer") for each in asked]
        return tuple(each.id for each in found)


# files ------------------------------------------------------------------------------------


def _add_files(pages: Blueprint, office: _Office) -> None:
    @pages.get(f"{V3}/files")
    def list_files() -> Response:
        return json_answer(_listed(office))

    @pages.post(f"{V3}/files")
    def create() -> Response:
        principal = office.asks(scopes.WRITES_FILES)
        return office.told(_created(office, principal, _body()), principal)

    @pages.get(f"{V3}/files/<file_id>")
    def get(file_id: str) -> Response:
        principal = office.asks(scopes.LISTS_FILES)
        file = office.file(file_id, principal)
        if request.args.get("alt") == "media":
            raise DriveError(
                403,
                "fileNotDownloadable",
                "Only files with binary content can be downloaded. Use Export with Docs Editors files.",
                location="alt",
            )
        return office.told(file, principal)

    @pages.patch(f"{V3}/files/<file_id>")
    def update(file_id: str) -> Response:
        principal = office.asks(scopes.WRITES_FILES)
        body = _body()
        least = "owner" if any(name in body for name in _OWNERS_ONLY) else "writer"
        file = office.file(file_id, principal, least=least)
        _change(office, file, principal, body)
        return office.told(file, principal)

    @pages.delete(f"{V3}/files/<file_id>")
    def delete(file_id: str) -> Response:
        principal = office.asks(scopes.WRITES_FILES)
        office.files.delete(office.file(file_id, principal, least="owner"))
        return Response(status=204, content_type="text/html")

    @pages.post(f"{V3}/files/<file_id>/copy")
    def copy(file_id: str) -> Response:
        principal = office.asks(scopes.WRITES_FILES)
        original = office.file(file_id, principal)
        body, owner = _body(), office.owner(principal)
        parents = office.folders(body.get("parents", ()), principal)
        try:
            made = office.files.copy(original, owner, body.get("name") or f"Copy of {original.name}", parents)
        except ValueError:
            raise DriveError(403, "cannotCopyFile", "This file cannot be copied by the user.") from None
        office.files.give(made, principal.client_id, principal.email)
        return office.told(made, principal)


def _listed(office: _Office) -> Json:
    principal = office.asks(scopes.LISTS_FILES)
    teller = office.teller(principal)
    root = root_of(principal.person) if principal.person else ""
    test = query.test_of(request.args.get("q", ""), query.Viewer(principal.email, root, office.files.role))
    found = [file for file in office.files if _is_ours(office, file, principal) and test(file)]
    found = _ordered(found, request.args.get("orderBy", ""), principal)
    start, size = _page()
    page = found[start : start + size]
    body: Json = {
        "kind": "drive#fileList",
        "incompleteSearch": False,
        "files": [teller.file(file) for file in page],
    }
    if start + size < len(found):
        body["nextPageToken"] = _page_token(start + size)
    return _chosen(body, "FileList", otherwise=lambda told: told | {"files": [some_of(each) for each in told["files"]]})


def _is_ours(office: _Office, file: File, principal: Principal) -> bool:
    """Files that everybody with the link may open are not found by looking for them."""
    is_shared = any(
        each.type != "anyone" and each.fits(principal.email)
        for folder in _with_folders(office, file)
        for each in folder.permissions.values()
    )
    return is_shared and office.sees(file, principal)


def _with_folders(office: _Office, file: File) -> list[File]:
    folders = [folder for folder in map(office.files.get, file.parents) if folder]
    return [file, *(each for folder in folders for each in _with_folders(office, folder))]


def _ordered(files: list[File], order: str, principal: Principal) -> list[File]:
    """Newest first where nothing else is asked for."""
    keys: dict[str, Callable[[File], Any]] = {
        "createdTime": lambda file: file.created,
        "folder": lambda file: file.mime_type != FOLDER,
        "modifiedByMeTime": lambda file: file.modified_at,
        "modifiedTime": lambda file: file.modified_at,
        "name": lambda file: file.name,
        "name_natural": lambda file: file.name.casefold(),
        "quotaBytesUsed": lambda _: 0,
        "recency": lambda file: file.modified_at,
        "sharedWithMeTime": lambda file: (file.owner != principal.email, file.created),
        "starred": lambda file: not file.is_starred,
        "viewedByMeTime": lambda file: file.modified_at,
    }
    for part in reversed([part.strip() for part in (order or "modifiedTime desc").split(",")]):
        name, _, way = part.partition(" ")
        if name not in keys or way.strip() not in ("", "desc"):
            raise bad_value("orderBy")
        files = sorted(files, key=keys[name], reverse=bool(way))
    return files


def _page() -> tuple[int, int]:
    size = request.args.get("pageSize", "100")
    if not size.isdecimal() or not 1 <= int(size) <= _MOST_PER_PAGE:
        raise DriveError(
            400,
            "invalidParameter",
            f"Invalid value '{size}'. Values must be within the range: [1, {_MOST_PER_PAGE}]",
            location="pageSize",
        )
    token = request.args.get("pageToken", "")
    if not token:
        return 0, int(size)
    try:
        start = base64.urlsafe_b64decode(token).decode().removeprefix("~!!~")
    except (binascii.Error, UnicodeDecodeError):
        start = ""
    if not start.isdecimal():
        raise bad_value("pageToken")
    return int(start), int(size)


def _page_token(start: int) -> str:
    return base64.urlsafe_b64encode(f"~!!~{start}".encode()).decode()


def _created(office: _Office, principal: Principal, body: Json) -> File:
    owner = office.owner(principal)
    parents = office.folders(body.get("parents", ()), principal)
    mime_type = body.get("mimeType", "application/octet-stream")
    name = body.get("name") or ""
    if mime_type == SPREADSHEET:
        made = office.files.new_spreadsheet(owner, name or "Untitled", parents=parents)
    else:
        made = office.files.add(owner, name=name or "Untitled", mime_type=mime_type, parents=parents)
    made.description = body.get("description", "")
    made.properties = body.get("properties", {})
    office.files.give(made, principal.client_id, principal.email)
    return made


def _change(office: _Office, file: File, principal: Principal, body: Json) -> None:
    added = office.folders(_ids("addParents"), principal)
    if body.get("name"):
        file.rename(body["name"])
    file.is_trashed = bool(body.get("trashed", file.is_trashed))
    file.is_starred = bool(body.get("starred", file.is_starred))
    file.description = body.get("description", file.description)
    file.properties = {**file.properties, **body.get("properties", {})}
    kept = tuple(each for each in file.parents if each not in _ids("removeParents"))
    file.parents = added or kept or file.parents
    file.modified, file.changer = office.files.moment(), principal.email


def _ids(name: str) -> list[str]:
    return [each for each in request.args.get(name, "").split(",") if each]


def _my_drive(person: Person) -> File:
    """Not among the files, and yet it has an id."""
    began = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
    owner = Permission("me", "user", "owner", person.email)
    return File(root_of(person), FOLDER, began, began, "My Drive", permissions={"me": owner})


# contents ---------------------------------------------------------------------------------


def _add_contents(pages: Blueprint, office: _Office) -> None:
    @pages.get(f"{V3}/files/<file_id>/export")
    def export(file_id: str) -> Response:
        principal = office.asks(scopes.READS_FILES)
        file, mime_type = office.file(file_id, principal), request.args.get("mimeType", "")
        if not mime_type:
            raise DriveError(400, "required", "Required parameter: mimeType", location="mimeType")
        if file.book is None:
            raise DriveError(403, "fileNotExportable", "Export only supports Docs Editors files.")
        if mime_type not in EXPORTS:
            raise DriveError(400, "badRequest", "The requested conversion is not supported.", location="convertTo")
        with file.book.lock:
            return Response(sheetcsv.written(file.book, mime_type), content_type=mime_type)

    @pages.put("/upload/drive/v2/files/<file_id>")
    def put_csv(file_id: str) -> Response:
        """A spreadsheet becomes what the text holds, and nothing else."""
        principal = office.asks(scopes.WRITES_FILES)
        file = office.file(file_id, principal, least="writer")
        if request.args.get("uploadType") != "media" or request.mimetype != "text/csv" or file.book is None:
            raise _no_uploads()
        text = request.get_data().decode("utf-8-sig")
        with file.book.lock:
            sheetcsv.read_into(file.book, text, office.files.moment().date(), file.book.tabs[0].title)
        told = office.teller(principal).file(file)
        return json_answer({"kind": "drive#file", "id": file.id, "title": told["name"], "mimeType": told["mimeType"]})

    @pages.route("/upload/drive/<path:_>", methods=["POST", "PUT", "PATCH"])
    def upload(_: str) -> Response:
        raise _no_uploads()


def _no_uploads() -> DriveError:
    return DriveError(
        501, "notImplemented", "This sandbox takes no uploads but CSV into a spreadsheet (uploadType=media)."
    )


# permissions ------------------------------------------------------------------------------


def _add_permissions(pages: Blueprint, office: _Office) -> None:
    root = f"{V3}/files/<file_id>/permissions"

    @pages.get(root)
    def list_permissions(file_id: str) -> Response:
        principal = office.asks(scopes.LISTS_FILES)
        file, teller = office.file(file_id, principal), office.teller(principal)
        if not office.files.may(file, principal.email, "writer"):
            raise DriveError(
                403, "insufficientFilePermissions", "The user does not have sufficient permissions for this file."
            )
        found = [teller.permission(each) for each in file.permissions.values()]
        told = {"kind": "drive#permissionList", "permissions": found}
        return json_answer(
            _chosen(
                told,
                "PermissionList",
                otherwise=lambda all_: all_ | {"permissions": [_some_of_permission(each) for each in found]},
            )
        )

    @pages.post(root)
    def create_permission(file_id: str) -> Response:
        principal = office.asks(scopes.WRITES_FILES)
        file = office.file(file_id, principal, least="writer")
        return _told_permission(office, principal, _shared(office, file, principal, _body()))

    @pages.get(f"{root}/<permission_id>")
    def get_permission(file_id: str, permission_id: str) -> Response:
        principal = office.asks(scopes.LISTS_FILES)
        file = office.file(file_id, principal)
        return _told_permission(office, principal, _permission(file, permission_id))

    @pages.patch(f"{root}/<permission_id>")
    def update_permission(file_id: str, permission_id: str) -> Response:
        principal = office.asks(scopes.WRITES_FILES)
        file = office.file(file_id, principal, least="writer")
        held = _permission(file, permission_id)
        body = {"type": held.type, "role": _body().get("role", held.role)}
        body |= {"domain": held.who} if held.type == "domain" else {"emailAddress": held.who}
        return _told_permission(office, principal, _shared(office, file, principal, body))

    @pages.delete(f"{root}/<permission_id>")
    def delete_permission(file_id: str, permission_id: str) -> Response:
        principal = office.asks(scopes.WRITES_FILES)
        file = office.files.get(file_id)
        is_own = file is not None and getattr(file.permissions.get(permission_id), "who", "") == principal.email
        file = office.file(file_id, principal, least="reader" if is_own else "writer")
        held = _permission(file, permission_id)
        if held.role == "owner":
            raise DriveError(403, "cannotRemoveOwner", "The owner of a file cannot be removed.")
        office.files.unshare(file, held.who)
        return Response(status=204, content_type="text/html")


def _permission(file: File, permission_id: str) -> Permission:
    if permission_id not in file.permissions:
        raise DriveError(404, "notFound", f"Permission not found: {permission_id}.", location="permissionId")
    return file.permissions[permission_id]


def _shared(office: _Office, file: File, principal: Principal, body: Json) -> Permission:
    kind, role = body.get("type"), body.get("role")
    if kind not in ("user", "group", "domain", "anyone"):
        raise DriveError(400, "required", "The permission type field is required.", location="permission.type")
    if role not in ROLES:
        raise DriveError(400, "required", "The permission role field is required.", location="permission.role")
    who = str(body.get("domain" if kind == "domain" else "emailAddress", "")).lower()
    if kind != "anyone" and not who:
        raise DriveError(400, "badRequest", 'Bad Request. User message: "No email address was given."')
    if role == "owner":
        _check_new_owner(file, principal, who)
    return office.files.share(file, who, role, kind=kind)


def _check_new_owner(file: File, principal: Principal, who: str) -> None:
    if request.args.get("transferOwnership", "").lower() != "true":
        raise DriveError(
            403,
            "forbidden",
            "The transferOwnership parameter must be enabled when the permission role is 'owner'.",
            location="transferOwnership",
        )
    if file.owner != principal.email or who.rpartition("@")[2] != file.owner.rpartition("@")[2]:
        raise may_not_write()


def _some_of_permission(told: Json) -> Json:
    return {name: told[name] for name in ("id", "type", "kind", "role")}


def _told_permission(office: _Office, principal: Principal, permission: Permission) -> Response:
    told = office.teller(principal).permission(permission)
    return json_answer(_chosen(told, "Permission", otherwise=_some_of_permission))


# comments, and who somebody is ------------------------------------------------------------


def _add_others(pages: Blueprint, office: _Office) -> None:
    @pages.get(f"{V3}/files/<file_id>/comments")
    def list_comments(file_id: str) -> Response:
        principal = office.asks(scopes.READS_FILES)
        file = office.file(file_id, principal)
        return json_answer(_chosen({"kind": "drive#commentList", "comments": file.comments}, "CommentList"))

    @pages.post(f"{V3}/files/<file_id>/comments")
    def create_comment(file_id: str) -> Response:
        principal = office.asks(scopes.WRITES_FILES)
        file, body = office.file(file_id, principal, least="commenter"), _body()
        if not body.get("content"):
            raise DriveError(400, "required", "Comment content is required.", location="comment.content")
        made = _comment(office, principal, body, len(file.comments))
        told = _chosen(made, "Comment")
        file.comments = [*file.comments, made]
        return json_answer(told)

    @pages.get(f"{V3}/about")
    def about() -> Response:
        principal = office.asks(scopes.LISTS_FILES)
        limit = "0" if principal.person and principal.person.is_robot else str(15 * 2**30)
        usage = str(1024 * sum(file.owner == principal.email for file in office.files))
        told = {
            "kind": "drive#about",
            "user": office.teller(principal).user(principal.email),
            "storageQuota": {"limit": limit, "usage": usage, "usageInDrive": usage, "usageInDriveTrash": "0"},
            "canCreateDrives": False,
            "maxUploadSize": "5242880000000",
        }
        return json_answer(_chosen(told, "About"))

    @pages.get(f"{V3}/drives")
    def drives() -> Response:
        office.asks(scopes.LISTS_FILES)
        return json_answer({"kind": "drive#driveList", "drives": []})


def _comment(office: _Office, principal: Principal, body: Json, place: int) -> Json:
    when = office.files.moment().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    user = office.teller(principal).user(principal.email)
    author = {name: user[name] for name in ("kind", "displayName", "me")}
    comment: Json = {"kind": "drive#comment", "id": f"AAAA{place:07d}", "createdTime": when, "modifiedTime": when}
    comment |= {"author": author, "content": body["content"], "htmlContent": body["content"]}
    comment |= {"deleted": False, "resolved": False, "replies": []}
    return comment | ({"anchor": body["anchor"]} if "anchor" in body else {})


# bodies -----------------------------------------------------------------------------------


def _body() -> Json:
    """What was sent, without what is null. Unknown names are let pass, as Drive does."""
    if not request.get_data():
        return {}
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise DriveError(400, "parseError", "Parse Error")
    return {name: value for name, value in body.items() if value is not None}


def _chosen(told: Json, schema: str, *, otherwise: Callable[[Json], Json] | None = None) -> Json:
    """What `fields` asks for; without it, what *otherwise* leaves. Raises DriveError, also where it must be given."""
    text = request.args.get("fields", "")
    if not text:
        if otherwise is None:
            raise DriveError(400, "required", "The 'fields' parameter is required for this method.", location="fields")
        return otherwise(told)
    try:
        mask = masks.parse(text)
        unknown = [path for path in mask.paths() if masks.ALL not in path and not _exists(schema, path)]
    except masks.BadMaskError:
        unknown = [text]
    if unknown:
        raise DriveError(
            400, "invalidParameter", f"Invalid field selection {unknown[0].rpartition('.')[2]}", location="fields"
        )
    kept: Json = mask.kept(told)
    return kept


def _exists(schema: str, path: str) -> bool:
    return discovery.document(discovery.DRIVE) is None or discovery.has_path(schema, path, api=discovery.DRIVE)
