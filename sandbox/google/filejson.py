"""Files, permissions and people as Drive v3 writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from sandbox.google.accounts import Accounts
from sandbox.google.desk import Principal
from sandbox.google.files import FOLDER, SPREADSHEET, File, Files, Permission, permission_id

Json = dict[str, Any]

EXPORTS = {"text/csv": "csv", "text/tab-separated-values": "tsv"}
_SOME = ("kind", "id", "name", "mimeType")
"""What is told of a file when nobody says which fields."""


def some_of(told: Json) -> Json:
    return {name: told[name] for name in _SOME}


class Teller:
    """Tells *principal* about files."""

    def __init__(self, files: Files, accounts: Accounts, principal: Principal) -> None:
        self._files, self._accounts, self._principal = files, accounts, principal

    def file(self, file: File) -> Json:
        """The whole resource, as far as it is imitated."""
        me = self._principal.email
        may_write, is_owner = self._files.may(file, me, "writer"), file.owner == me
        told: Json = {
            "kind": "drive#file",
            "id": file.id,
            "name": file.name,
            "mimeType": file.mime_type,
            "description": file.description,
            "starred": file.is_starred,
            "trashed": file.is_trashed,
            "explicitlyTrashed": file.is_trashed,
            "parents": list(file.parents),
            "properties": file.properties,
            "spaces": ["drive"],
            "version": str(file.book.version if file.book else 1),
            "webViewLink": _link(file),
            "iconLink": f"https://drive-thirdparty.googleusercontent.com/16/type/{file.mime_type}",
            "createdTime": moment(file.created),
            "modifiedTime": moment(file.modified_at),
            "owners": [self.user(file.owner)],
            "lastModifyingUser": self.user(file.changer or file.owner),
            "shared": len(file.permissions) > 1,
            "ownedByMe": is_owner,
            "size": "1024",
            "quotaBytesUsed": "1024",
            "capabilities": _capabilities(file, may_write=may_write, is_owner=is_owner),
            "permissionIds": list(file.permissions),
        }
        if may_write:
            told["permissions"] = [self.permission(each) for each in file.permissions.values()]
        if file.mime_type == SPREADSHEET:
            told["exportLinks"] = {
                mime: f"https://docs.google.com/spreadsheets/export?id={file.id}&exportFormat={ending}"
                for mime, ending in EXPORTS.items()
            }
        return {name: value for name, value in told.items() if value not in ("", {})}

    def user(self, email: str) -> Json:
        person = self._accounts.person(email)
        return {
            "kind": "drive#user",
            "displayName": person.name if person else email,
            "me": email == self._principal.email,
            "permissionId": permission_id(email),
            "emailAddress": email,
        }

    def permission(self, permission: Permission) -> Json:
        told: Json = {
            "kind": "drive#permission",
            "id": permission.id,
            "type": permission.type,
            "role": permission.role,
        }
        if permission.type == "domain":
            return told | {"domain": permission.who, "displayName": permission.who, "allowFileDiscovery": False}
        if permission.type == "anyone":
            return told | {"allowFileDiscovery": False}
        person = self._accounts.person(permission.who)
        told |= {"emailAddress": permission.who, "displayName": person.name if person else permission.who}
        return told | {"deleted": False, "pendingOwner": False}


def moment(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"


def _link(file: File) -> str:
    if file.mime_type == FOLDER:
        return f"https://drive.google.com/drive/folders/{quote(file.id)}"
    if file.mime_type == SPREADSHEET:
        return f"https://docs.google.com/spreadsheets/d/{quote(file.id)}/edit?usp=drivesdk"
    return f"https://drive.google.com/file/d/{quote(file.id)}/view?usp=drivesdk"


def _capabilities(file: File, *, may_write: bool, is_owner: bool) -> dict[str, bool]:
    return {
        "canEdit": may_write,
        "canRename": may_write,
        "canShare": may_write,
        "canComment": may_write,
        "canCopy": file.book is not None,
        "canDownload": file.book is not None,
        "canTrash": is_owner,
        "canUntrash": is_owner,
        "canDelete": is_owner,
        "canAddChildren": may_write and file.mime_type == FOLDER,
        "canListChildren": file.mime_type == FOLDER,
    }
