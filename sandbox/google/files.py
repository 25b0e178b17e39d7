"""Everybody's files: who owns them, whom they are shared with, and which app was given which."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from sandbox.google.accounts import Person
from sandbox.google.book import Spreadsheet

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"

ROLES = ("reader", "commenter", "writer", "owner")
"""Each may what those before it may."""

_ID_LENGTH = 44


@dataclass(frozen=True)
class Permission:
    """`type` is user, group, domain or anyone; `who` is the address or the domain."""

    id: str
    type: str
    role: str
    who: str = ""

    def fits(self, email: str) -> bool:
        if self.type == "anyone":
            return True
        if self.type == "domain":
            return email.rpartition("@")[2] == self.who
        return email == self.who


@dataclass
class File:
    """A file or folder; the name of a spreadsheet is its title."""

    id: str
    mime_type: str
    created: datetime
    modified: datetime
    label: str = ""
    book: Spreadsheet | None = None
    parents: tuple[str, ...] = ()
    is_trashed: bool = False
    is_starred: bool = False
    permissions: dict[str, Permission] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    description: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    changer: str = ""

    @property
    def name(self) -> str:
        return self.book.title if self.book else self.label

    def rename(self, name: str) -> None:
        if self.book is None:
            self.label = name
            return
        with self.book.lock, self.book.transaction():
            self.book.title = name

    @property
    def modified_at(self) -> datetime:
        return max(self.modified, self.book.modified_at) if self.book else self.modified

    @property
    def owner(self) -> str:
        return next((permission.who for permission in self.permissions.values() if permission.role == "owner"), "")


class Files:
    """
    All of them, in the order they were made.

    An app that may only have the files it was given (`drive.file`) sees what
    `give` gave it: what it made itself, and what its user picked.
    """

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.lock = threading.RLock()
        self._files: dict[str, File] = {}
        self._given: set[tuple[str, str, str]] = set()

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)

    def __iter__(self) -> Iterator[File]:
        with self.lock:
            return iter(list(self._files.values()))

    def __len__(self) -> int:
        return len(self._files)

    def get(self, file_id: str) -> File | None:
        return self._files.get(file_id)

    # making and ending --------------------------------------------------------------------

    def new_spreadsheet(
        self, owner: Person, title: str = "", *, locale: str = "", time_zone: str = "", parents: Iterable[str] = ()
    ) -> File:
        """Named, and in the language, of its owner's account where nothing else is said."""
        book = Spreadsheet.new(
            self._new_id(),
            title or owner.untitled,
            locale=locale or owner.locale,
            time_zone=time_zone or owner.time_zone,
            first_tab=owner.first_tab,
            now=self.moment,
        )
        return self.add(owner, book=book, parents=parents)

    def new_folder(self, owner: Person, name: str, parents: Iterable[str] = ()) -> File:
        return self.add(owner, name=name, mime_type=FOLDER, parents=parents)

    def copy(self, original: File, owner: Person, name: str, parents: Iterable[str] = ()) -> File:
        """Raises ValueError for what cannot be copied."""
        if original.book is None:
            raise ValueError(original.mime_type)
        with original.book.lock:
            book = original.book.copied(self._new_id(), name)
        return self.add(owner, book=book, parents=parents)

    def add(
        self,
        owner: Person,
        *,
        book: Spreadsheet | None = None,
        name: str = "",
        mime_type: str = SPREADSHEET,
        parents: Iterable[str] = (),
    ) -> File:
        moment = self.moment()
        file_id = book.id if book else self._new_id()
        made = File(
            file_id, mime_type, moment, moment, name, book, tuple(parents) or (root_of(owner),), changer=owner.email
        )
        self.share(made, owner.email, "owner")
        self.keep(made)
        return made

    def keep(self, file: File) -> None:
        with self.lock:
            self._files[file.id] = file

    def delete(self, file: File) -> None:
        """For good, and of a folder everything in it."""
        with self.lock:
            self._files.pop(file.id, None)
            for inside in [each for each in self._files.values() if file.id in each.parents]:
                self.delete(inside)

    def clear(self) -> None:
        with self.lock:
            self._files.clear()
            self._given.clear()

    # sharing ------------------------------------------------------------------------------

    def share(self, file: File, who: str, role: str = "writer", *, kind: str = "user") -> Permission:
        """Once more with another role changes the role. A new owner turns the old one into a writer."""
        permission = Permission(permission_id(who, kind), kind, role, who)
        with self.lock:
            if role == "owner":
                file.permissions = {
                    name: replace(each, role="writer") if each.role == "owner" else each
                    for name, each in file.permissions.items()
                }
            file.permissions[permission.id] = permission
        return permission

    def unshare(self, file: File, who: str) -> None:
        with self.lock:
            file.permissions = {name: each for name, each in file.permissions.items() if each.who != who}

    def role(self, file: File, email: str) -> str:
        """The best that *email* has, here or through a folder; empty for none."""
        found = [each.role for each in file.permissions.values() if each.fits(email)]
        found += [self.role(folder, email) for folder in map(self.get, file.parents) if folder]
        return max(found, key=lambda role: ROLES.index(role) if role in ROLES else -1, default="")

    def may(self, file: File, email: str, role: str) -> bool:
        held = self.role(file, email)
        return held in ROLES and ROLES.index(held) >= ROLES.index(role)

    # which app was given what -------------------------------------------------------------

    def give(self, file: File, client_id: str, email: str) -> None:
        with self.lock:
            self._given.add((client_id, email, file.id))

    def take_back(self, client_id: str, email: str, file_id: str = "") -> None:
        """All files when none is named, as when the user removes the app."""
        with self.lock:
            self._given = {
                each for each in self._given if each[:2] != (client_id, email) or (file_id and each[2] != file_id)
            }

    def is_given(self, file: File, client_id: str, email: str) -> bool:
        return (client_id, email, file.id) in self._given

    @property
    def given(self) -> list[tuple[str, str, str]]:
        """Client, user and file of each."""
        with self.lock:
            return sorted(self._given)

    def restore_given(self, given: Iterable[tuple[str, str, str]]) -> None:
        with self.lock:
            self._given = set(given)

    def _new_id(self) -> str:
        return "1" + secrets.token_urlsafe(_ID_LENGTH)[: _ID_LENGTH - 1]


def root_of(person: Person) -> str:
    """The id of somebody's My Drive."""
    return f"0A{permission_id(person.email, 'root')[:15]}Uk9PVA"


def permission_id(who: str, kind: str = "user") -> str:
    """The same for the same account everywhere, as with Google."""
    if kind == "anyone":
        return "anyoneWithLink"
    digits = f"{crc32(f'{kind}:{who}'.encode()):010d}{crc32(f'{who}:{kind}'.encode()):010d}"
    return digits[:20] if kind != "domain" else digits[:20] + "k"
