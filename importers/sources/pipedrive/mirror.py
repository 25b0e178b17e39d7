"""
A mirror: what an importer read last, record by record, in one file.

Records are kept as Pipedrive sent them and not as rows, so that a renamed
option, user or organization comes out right whenever rows are made of them.
A run works on a copy of its own; `keep` puts it in the old one's place, which
is done only after the destination has shown the table. Whoever is cut short
before that leaves the old mirror, and what it knows of the past, as it was.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import msgspec

from importers.errors import NoRoom, TemporaryError
from importers.sources.pipedrive.pages import PARENT, RANK
from importers.staged import StagedFile, remove_leftovers

Record = dict[str, Any]
Key = int | str

_FORMAT = 1
_PAGE = 500
_NAMELESS = "~"
"""Begins the keys of records that have no id."""
_ALWAYS = "~"
"""Later than every moment."""

_TABLES = """
CREATE TABLE about (said BLOB NOT NULL);
CREATE TABLE records (id PRIMARY KEY, place, parent, moment TEXT NOT NULL, gone_at TEXT, crc INTEGER NOT NULL, raw BLOB NOT NULL);
CREATE INDEX records_by_place ON records (place);
CREATE INDEX records_by_parent ON records (parent) WHERE parent IS NOT NULL;
CREATE TABLE parents (id PRIMARY KEY, version TEXT NOT NULL, raw BLOB NOT NULL);
CREATE TABLE dropped (id PRIMARY KEY);
CREATE TABLE names (relation TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (relation, id)) WITHOUT ROWID;
"""

_PUT = """
INSERT INTO records (id, place, parent, moment, gone_at, crc, raw) VALUES (?, ?, ?, ?, NULL, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    moment = excluded.moment, parent = excluded.parent, gone_at = NULL, crc = excluded.crc, raw = excluded.raw
WHERE excluded.moment >= records.moment OR records.moment > ?
"""

_IS_OLDER = "(moment <= :moment OR moment > :until)"
"""A moment that has not come yet tells nothing of what came after."""


@dataclass(frozen=True, slots=True)
class Layout:
    """
    How the records of a list are told apart and put in order. `key` is as in
    `List`; `order` is that of their "id", the "time" they
    were added, or their "arrival". Records of parents stand where these do.
    """

    key: str = "id"
    order: str = "arrival"


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What a mirror holds. `account` and `entity` say whose records and which,
    `picked` the choice among them, `asked` what was asked for of each;
    `watermark` is the vendor's time from which on changes are still unknown.
    `names_from` is the same for the names of each relation. `is_partial` is a
    mirror of the removed records alone.
    """

    company: str = ""
    is_partial: bool = False
    account: str
    entity: str
    picked: str
    asked: str
    watermark: str = ""
    full_at: datetime | None = None
    names_from: dict[str, str] = {}
    format: int = _FORMAT


class DamagedError(Exception):
    """A mirror that cannot be read, or not by this version."""


class Mirror:
    """
    One mirror, open for one run. `newest` is the newest update_time in it, in
    the vendor's words without the Z; those after *until* do not count, since
    nobody knows yet what else happens up to then. Use from one thread at a time.
    """

    def __init__(
        self,
        sql: sqlite3.Connection,
        layout: Layout,
        *,
        about: About | None = None,
        staged: StagedFile | None = None,
        until: str = _ALWAYS,
    ) -> None:
        self._sql = sql
        self._layout = layout
        self._staged = staged
        self.about = about
        self.names_from = dict(about.names_from) if about else {}
        self._last_parent: tuple[Key, Record | None] | None = None
        self._until = until
        self._nameless: Counter[Key] = Counter()
        self.newest = sql.execute("SELECT max(moment) FROM records WHERE moment <= ?", (until,)).fetchone()[0] or ""
        self._next_place = int(self._first("SELECT max(place) FROM records WHERE typeof(place) = 'integer'") or 0) + 1

    @classmethod
    def empty(cls, folder: Path | None, layout: Layout, *, until: str = _ALWAYS) -> Self:
        """A new one, on its way in *folder*; without one it is nobody's and goes when it is closed."""
        with _disk_explained():
            staged = _staged_in(folder) if folder else None
            sql = _opened(str(staged.path) if staged else "")
            sql.executescript(_TABLES)
            sql.execute("BEGIN")
            return cls(sql, layout, staged=staged, until=until)

    @classmethod
    def last(cls, place: Path, layout: Layout) -> Self:
        """The one kept at *place*, to look at. Raises DamagedError where there is none that can be read."""
        with _damage_noticed():
            sql = _opened(f"{place.absolute().as_uri()}?mode=ro", uri=True)
            try:
                return cls(sql, layout, about=_about(sql))
            except BaseException:
                sql.close()
                raise

    @classmethod
    def copy_of(cls, place: Path, layout: Layout, *, until: str = _ALWAYS) -> Self:
        """A copy of the one kept at *place*, to work on. Raises DamagedError as `last`."""
        with _disk_explained():
            staged = _staged_in(place.parent)
            try:
                with _damage_noticed(), place.open("rb") as old:
                    shutil.copyfileobj(old, staged.file, 1 << 20)
                    staged.file.flush()
                    sql = _opened(str(staged.path))
                    sql.execute("BEGIN")
                    return cls(sql, layout, about=_about(sql), staged=staged, until=until)
            except BaseException:
                staged.discard()
                raise

    # --- writing ---------------------------------------------------------------

    def put(self, records: Sequence[Record]) -> None:
        """Take *records* in, or over what is older."""
        with _disk_explained():
            self._put_parents(records)
            self._sql.executemany(_PUT, [(*self._row(record, is_new=True), self._until) for record in records])

    def learn(self, record: Record) -> bool:
        """As `put`, of one that may be known; whether that made a difference."""
        row = self._row(record)
        with _disk_explained():
            known = self._sql.execute("SELECT moment, gone_at, raw FROM records WHERE id = ?", row[:1]).fetchone()
            if known and (row[3] < known[0] <= self._until or (known[1] is None and known[2] == row[5])):
                return False
            self._sql.execute(_PUT, (*row, self._until))
            self._sql.execute("DELETE FROM dropped WHERE id = ?", row[:1])
        return True

    def drop(self, record: Record) -> bool:
        """Forget a record that does not belong here any more, though it was not removed; whether it was here."""
        with _disk_explained():
            self._sql.execute("INSERT OR IGNORE INTO dropped VALUES (?)", (self._key(record),))
        return self._leave(record, f"DELETE FROM records WHERE id = :id AND {_IS_OLDER}")  # noqa: S608

    def lose(self, record: Record, *, gone_at: str) -> bool:
        """Mark a record as removed; whether it was here."""
        statement = (
            "UPDATE records SET gone_at = :gone_at, moment = :moment"  # noqa: S608
            f" WHERE id = :id AND {_IS_OLDER} AND gone_at IS NULL"
        )
        return self._leave(record, statement, gone_at=gone_at)

    def _leave(self, record: Record, statement: str, **more: str) -> bool:
        moment = self._moment(record)
        with _disk_explained():
            known = {"id": self._key(record), "moment": moment, "until": self._until, **more}
            return self._sql.execute(statement, known).rowcount > 0

    def _moment(self, record: Record) -> str:
        moment = moment_of(record)
        if self.newest < moment <= self._until:
            self.newest = moment
        return moment

    def _row(self, record: Record, *, is_new: bool = False) -> tuple[Any, ...]:
        key, moment, parent = self._key(record, is_new=is_new), self._moment(record), _parent_of(record)
        raw = _packed(record if parent is None else {name: record[name] for name in record if name != PARENT})
        return key, self._place(key, record, parent), parent and parent["id"], moment, zlib.crc32(raw), raw

    def _key(self, record: Record, *, is_new: bool = False) -> Key:
        """What tells it apart, of its parent's records or of all."""
        found, parent = record.get(self._layout.key), _parent_of(record)
        if isinstance(found, bool) or not isinstance(found, int | str):
            return self._key_by_content(record, is_new=is_new)
        return _storable(found) if self._layout.key == "id" or parent is None else f"{parent['id']}/{found}"

    def _key_by_content(self, record: Record, *, is_new: bool) -> Key:
        """Alike ones of one reading are all kept; one that an answer tells again is known by what it holds."""
        key = _NAMELESS + hashlib.sha256(msgspec.json.encode(record, order="deterministic")).hexdigest()
        self._nameless[key] += is_new
        return key if self._nameless[key] < 2 else f"{key}/{self._nameless[key]}"

    def _place(self, key: Key, record: Record, parent: Record | None) -> int | str:
        self._next_place += 1
        added = record.get("add_time")
        if parent and isinstance(parent.get(RANK), int):
            return int(parent[RANK])
        if self._layout.order == "id" and isinstance(key, int):
            return key
        return added if self._layout.order == "time" and isinstance(added, str) else self._next_place

    def _put_parents(self, records: Sequence[Record]) -> None:
        parents = {parent["id"]: parent for parent in map(_parent_of, records) if parent}
        rows = [(key, "", _packed(parent)) for key, parent in parents.items()]
        self._sql.executemany("INSERT OR IGNORE INTO parents (id, version, raw) VALUES (?, ?, ?)", rows)

    def put_parent(self, parent: Record, version: str) -> None:
        """Remember that what belongs to *parent*, as of *version*, is here."""
        with _disk_explained():
            self._sql.execute(
                "INSERT OR REPLACE INTO parents VALUES (?, ?, ?)", (_storable(parent["id"]), version, _packed(parent))
            )

    def doubt_parent(self, key: Key) -> None:
        """What belongs to it is not here, or not all of it: the next run shall ask again."""
        with _disk_explained():
            self._sql.execute("UPDATE parents SET version = '' WHERE id = ?", (_storable(key),))

    # --- between two ------------------------------------------------------------

    def versions(self) -> dict[Key, str]:
        """Of each parent, the version as of which its records are here."""
        with _damage_noticed():
            return dict(self._sql.execute("SELECT id, version FROM parents WHERE version <> ''"))

    def take_over_children(self, old: Mirror, parent: Record) -> None:
        """Take over what belongs to *parent* from *old*."""
        query = "SELECT id, ?, parent, moment, NULL, crc, raw FROM records WHERE parent = ? AND gone_at IS NULL ORDER BY place, rowid"
        with _disk_explained():
            rows = old._sql.execute(query, (parent.get(RANK), parent["id"])).fetchall()
            self._sql.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def missing(self, old: Mirror) -> Iterator[tuple[Key, Key | None]]:
        """What was there in *old* and is not here, and its parent."""
        with _disk_explained(), _cursor(old._sql) as cursor:
            for key, parent in cursor.execute("SELECT id, parent FROM records WHERE gone_at IS NULL"):
                if not _is_nameless(key) and not self._knows(key):
                    yield key, parent

    def leave_out(self, keys: Iterable[Key]) -> None:
        """These do not belong here, though they were not removed."""
        with _disk_explained():
            self._sql.executemany("INSERT OR IGNORE INTO dropped VALUES (?)", [(key,) for key in keys])

    def take_over_lost(self, old: Mirror, *, gone_at: str, only_lost: bool) -> int:
        """
        Take over what is not here from *old*, as removed: what was lost there
        already, or all of it, lost now. How many were damaged and left out.
        """
        damaged = 0
        query = (
            f"SELECT id, place, parent, moment, coalesce(gone_at, ?), crc, raw FROM records {_WHERE[only_lost or None]}"  # noqa: S608
        )
        with _disk_explained(), _cursor(old._sql) as cursor:
            for row in cursor.execute(query, (gone_at,)):
                if _is_nameless(row[0]) or self._knows(row[0]):
                    continue
                if zlib.crc32(row[6]) != row[5]:
                    damaged += 1
                    continue
                self._sql.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", row)
                self._take_over_parent(old, row[2])
        return damaged

    def _take_over_parent(self, old: Mirror, key: Key | None) -> None:
        if key is not None:
            found = old._sql.execute("SELECT id, version, raw FROM parents WHERE id = ?", (key,)).fetchall()
            self._sql.executemany("INSERT OR IGNORE INTO parents VALUES (?, ?, ?)", found)

    def _knows(self, key: Key) -> bool:
        query = "SELECT EXISTS (SELECT 1 FROM records WHERE id = :id) OR EXISTS (SELECT 1 FROM dropped WHERE id = :id)"
        return bool(self._sql.execute(query, {"id": key}).fetchone()[0])

    # --- names -----------------------------------------------------------------

    def names(self, relation: str) -> dict[int, str]:
        with _disk_explained():
            return dict(self._sql.execute("SELECT id, name FROM names WHERE relation = ?", (relation,)))

    def put_names(self, relation: str, names: Mapping[int, str], *, as_of: str) -> None:
        """Remember *names*, as they were at *as_of*."""
        with _disk_explained():
            self._sql.execute("DELETE FROM names WHERE relation = ?", (relation,))
            rows = [(relation, record_id, name) for record_id, name in names.items()]
            self._sql.executemany("INSERT INTO names VALUES (?, ?, ?)", rows)
        self.names_from[relation] = as_of

    # --- reading ---------------------------------------------------------------

    def count(self, *, gone: bool | None) -> int:
        """How many are there: removed ones, others, or (None) both."""
        with _disk_explained():
            return int(self._first(f"SELECT count(*) FROM records {_WHERE[gone]}"))  # noqa: S608  # our own words

    def pages(self, *, gone: bool | None) -> Iterator[list[tuple[Record, str | None]]]:
        """Records in their order, each with the moment it was removed."""
        with _disk_explained(), _cursor(self._sql) as cursor:
            cursor.execute(f"SELECT gone_at, parent, crc, raw FROM records {_WHERE[gone]} ORDER BY place, rowid")  # noqa: S608
            while rows := cursor.fetchmany(_PAGE):
                yield [(self._record(row), row[0]) for row in rows]

    def glance(self, names: Collection[str]) -> Iterator[list[Record]]:
        """Of all records, in any order, only these parts: much quicker than all of each."""
        only = _only(name for name in names if name != PARENT)
        with _disk_explained(), _cursor(self._sql) as cursor:
            cursor.execute("SELECT parent, raw FROM records ORDER BY parent")
            while rows := cursor.fetchmany(_PAGE):
                records = [only(raw) for _, raw in rows]
                if PARENT in names:
                    for record, (parent, _) in zip(records, rows, strict=True):
                        record[PARENT] = self._parent(parent) if parent is not None else None
                yield records

    def _record(self, row: Sequence[Any]) -> Record:
        _, parent, crc, raw = row
        if zlib.crc32(raw) != crc:
            raise DamagedError
        record: Record = _unpacked(raw)
        if parent is not None:
            record[PARENT] = self._parent(parent)
        return record

    def _parent(self, key: Key) -> Record | None:
        """Children of one parent follow each other, so the last one is remembered."""
        if self._last_parent is None or self._last_parent[0] != key:
            found = self._sql.execute("SELECT raw FROM parents WHERE id = ?", (key,)).fetchone()
            self._last_parent = (key, _unpacked(found[0]) if found else None)
        return self._last_parent[1]

    def _first(self, query: str) -> Any:
        return self._sql.execute(query).fetchone()[0]

    # --- the end ---------------------------------------------------------------

    def keep(self, place: Path, about: About) -> None:
        """Put it at *place* for the next run. Raises TemporaryError or NoRoom; the old one is then still there."""
        if self._staged is None:
            raise RuntimeError("a mirror that is nobody's cannot be kept")
        with _disk_explained():
            self._sql.execute("DELETE FROM about")
            self._sql.execute("DELETE FROM dropped")
            about = msgspec.structs.replace(about, names_from=self.names_from)
            self._sql.execute("INSERT INTO about VALUES (?)", (msgspec.json.encode(about),))
            self._sql.execute("COMMIT")
            self._sql.close()
            self._staged.move_onto(place)
            place.chmod(0o600)  # an old one's rights were taken over

    def keep_removed(self, place: Path, about: About) -> None:
        """Put a copy of the removed ones alone beside *place*, as `keep`: they could not be read again, was this lost."""
        with closing(Mirror.empty(place.parent, self._layout)) as removed:
            removed.take_over_lost(self, gone_at="", only_lost=True)
            removed.keep(place_of_removed(place), msgspec.structs.replace(about, is_partial=True))

    def hurry(self) -> None:
        """Cut short what another thread is about to do with it."""
        with suppress(sqlite3.Error):  # it is closed by now
            self._sql.interrupt()

    def close(self) -> None:
        """What was not kept is gone."""
        with suppress(sqlite3.Error):
            self._sql.close()
        if self._staged:
            self._staged.discard()


_WHERE = {True: "WHERE gone_at IS NOT NULL", False: "WHERE gone_at IS NULL", None: ""}


def _parent_of(record: Record) -> Record | None:
    """What is kept once for all records of it. The part of a list that a record stood in has no id, and stays in it."""
    found = record.get(PARENT)
    if not isinstance(found, dict) or not isinstance(found.get("id"), int | str):
        return None
    return found if _storable(found["id"]) == found["id"] else None


def _storable(key: Key) -> Key:
    """A number that is too long for the file is told apart by its text."""
    return key if isinstance(key, str) or -(1 << 63) <= key < 1 << 63 else str(key)


def _is_nameless(key: Key) -> bool:
    return isinstance(key, str) and key.startswith(_NAMELESS)


def moment_of(record: Record) -> str:
    """When it was last updated, in UTC, as text that sorts; empty where nobody says, or nothing that makes sense."""
    found = record.get("update_time")
    return as_moment(found) if isinstance(found, str) else ""


def as_moment(text: str) -> str:
    plain = text.strip().replace(" ", "T").removesuffix("Z")
    try:
        moment = datetime.fromisoformat(plain)
        if moment.year < _FIRST_YEAR:
            return ""
        if moment.tzinfo is None:
            return plain if len(plain) >= _TO_THE_SECOND and plain[10] == "T" else moment.isoformat()
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError):
        return ""


_FIRST_YEAR = 1970
_TO_THE_SECOND = len("2026-01-01T00:00:00")


def place_of_removed(place: Path) -> Path:
    """Where the removed records of the mirror at *place* are kept once more."""
    return place.with_suffix(".removed")


def forget(place: Path) -> None:
    """Remove the mirror at *place*, if there is one, what else is kept of it, and what dead runs left beside it."""
    forget_removed(place)
    with suppress(OSError):
        place.unlink(missing_ok=True)
    remove_leftovers(place.parent)


def forget_removed(place: Path) -> None:
    with suppress(OSError):
        place_of_removed(place).unlink(missing_ok=True)


def distrust(place: Path) -> None:
    """Remove what turned out damaged: the mirror at *place*, or without one what is kept of it beside."""
    with suppress(OSError):
        (place if place.exists() else place_of_removed(place)).unlink(missing_ok=True)
    remove_leftovers(place.parent)


def _staged_in(folder: Path) -> StagedFile:
    """Copies of people's records: for the user Pipesheet runs as, and nobody else."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    remove_leftovers(folder)
    staged = StagedFile(folder)
    staged.path.chmod(0o600)
    return staged


def _opened(path: str, *, uri: bool = False) -> sqlite3.Connection:
    sql = sqlite3.connect(path, uri=uri, isolation_level=None, check_same_thread=False, timeout=0)
    # Nobody else sees the file before it is complete: neither journal nor waiting for the disk would help anybody.
    sql.execute("PRAGMA journal_mode = OFF")
    sql.execute("PRAGMA synchronous = OFF")
    return sql


def _about(sql: sqlite3.Connection) -> About:
    if sql.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise DamagedError
    about = msgspec.json.decode(sql.execute("SELECT said FROM about").fetchone()[0], type=About)
    moments = (about.watermark, *about.names_from.values())
    if about.format != _FORMAT or any(moment and as_moment(moment) != moment for moment in moments):
        raise DamagedError
    return about


def _only(names: Iterable[str]) -> Callable[[bytes], Record]:
    """Takes these parts out of a packed record; the others are not even decoded."""
    fields = {f"part_{number}": name for number, name in enumerate(names)}
    parts = msgspec.defstruct("Parts", [(field, Any, None) for field in fields], rename=fields)
    decode = msgspec.json.Decoder(parts).decode

    def take(raw: bytes) -> Record:
        with _nonsense_noticed():
            found = decode(raw)
        return {name: getattr(found, field) for field, name in fields.items()}

    return take


def _packed(record: Record) -> bytes:
    return msgspec.json.encode(record)


def _unpacked(raw: bytes) -> Record:
    with _nonsense_noticed():
        return msgspec.json.decode(raw, type=dict[str, Any])


@contextmanager
def _nonsense_noticed() -> Iterator[None]:
    try:
        yield
    except msgspec.DecodeError as error:
        raise DamagedError from error


@contextmanager
def _damage_noticed() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, msgspec.DecodeError, ValueError, TypeError, FileNotFoundError) as error:
        raise DamagedError from error


@contextmanager
def _cursor(sql: sqlite3.Connection) -> Iterator[sqlite3.Cursor]:
    cursor = sql.cursor()
    try:
        yield cursor
    finally:
        with suppress(sqlite3.Error):  # a thread that leaves in the middle may find the mirror closed already
            cursor.close()


@contextmanager
def _disk_explained() -> Iterator[None]:
    """Turns what the disk says into what the owner can do about it."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _explained(error) from error


def _explained(error: Exception) -> Exception:
    if getattr(error, "sqlite_errorname", "") in ("SQLITE_CORRUPT", "SQLITE_NOTADB"):
        return DamagedError()
    if _is_full(error):
        return NoRoom(
            "The disk is full, so what was read could not be put down before it is written. Nothing was changed.",
            hint="Make room on the disk that holds Pipesheet's home folder and run the import again.",
        )
    return TemporaryError(
        f"The disk failed while what was read was put down ({type(error).__name__}). Nothing was changed.",
        hint="If it happens again, have the disk checked.",
    )


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"
