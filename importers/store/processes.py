"""Which processes of ours are alive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from importers.store.database import Database
from importers.store.schema import workers

_FORGET_AFTER = timedelta(days=1)


class Processes(Database):
    def beat_process(self, name: str, *, now: datetime) -> None:
        try:
            self._beat(name, now)
        except IntegrityError:
            # Two threads of one process said hello for the first time together.
            self._beat(name, now)

    def process_beats(self) -> Mapping[str, datetime]:
        with self._reading() as sql:
            return {row.name: row.beat_at for row in sql.execute(select(workers).order_by(workers.c.name))}

    def _beat(self, name: str, now: datetime) -> None:
        with self._writing() as sql:
            if sql.execute(update(workers).where(workers.c.name == name).values(beat_at=now)).rowcount == 0:
                sql.execute(insert(workers).values(name=name, beat_at=now))
            sql.execute(delete(workers).where(workers.c.beat_at < now - _FORGET_AFTER))
