"""Looks for secrets in what was written and sent, in whatever shape they may have got there."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, quote_plus

import redis

_TELLING = 16
"""So many characters of a secret are too many, from either end."""


def shapes_of(secret: str) -> Iterator[bytes]:
    """The bytes that give *secret* away: its beginning, its end, and both as they look when encoded."""
    for piece in {secret[:_TELLING], secret[-_TELLING:]}:
        for text in (piece, piece[::-1], quote(piece, safe=""), quote_plus(piece), json.dumps(piece)[1:-1]):
            yield text.encode()
        raw = piece.encode()
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for shift in range(3):  # base64 of a longer text, in which the secret begins anywhere
            inner = b64encode(b"\0" * shift + raw)[4 if shift else 0 :].rstrip(b"=")[:-4]
            yield inner
            yield inner.replace(b"+", b"-").replace(b"/", b"_")


def found_in(content: bytes, secrets: Mapping[str, str]) -> list[str]:
    """The names of the secrets that *content* gives away."""
    return [name for name, secret in secrets.items() if any(shape in content for shape in shapes_of(secret))]


def in_redis(client: redis.Redis) -> bytes:
    """Everything a Redis keeps."""
    return b"\n".join(_lines_of_redis(client))


def _lines_of_redis(client: redis.Redis) -> Iterator[bytes]:
    readers = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
    }
    for key in client.scan_iter():
        kind = client.type(key)
        if kind == b"none":  # its time was over since it was listed
            continue
        yield key + b" " + repr(readers[kind](key)).encode()


def in_sqlite(file: Path) -> bytes:
    """The dump of a database."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return "\n".join(database.iterdump()).encode()


def in_files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below *folder*; what archives hold, unpacked; databases, dumped as well."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        yield path, content
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(BytesIO(content)) as archive:
                yield path, b"\n".join(archive.read(name) for name in archive.namelist())
        elif content.startswith(b"SQLite format 3\0"):
            yield path, in_sqlite(path)
