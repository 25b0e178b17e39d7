"""Ordinary days: changes by chance, the same for the same chance."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from sandbox import names
from sandbox.changes import Changes
from sandbox.kinds import KINDS, Row
from sandbox.staff import STAGES
from sandbox.world import World

MAIL = "mail thread"
EVERYTHING = (*KINDS, MAIL)
"""What changes when nobody says what: mostly deals, as they come first."""
_WEIGHTS = (8, 2, 2, 3, 1, 1, 1, 2)
_SAYS = {"deal": "title", "lead": "title", "activity": "subject", "note": "content"}
"""Where a record says what it is called; the others have a name."""

Deed = Callable[[], None]


class Bustle:
    """Makes changes of *kinds*, one at a time."""

    def __init__(self, world: World, chance: random.Random, kinds: Sequence[str] = EVERYTHING) -> None:
        self._world, self._changes, self._chance = world, world.changes, chance
        self._kinds = tuple(kinds)
        self._gone: dict[str, list[int]] = {}

    def of(self, kinds: Sequence[str]) -> Bustle:
        """The same with other kinds; what one deleted the other can restore."""
        other = Bustle(self._world, self._chance, kinds)
        other._gone = self._gone
        return other

    def rename(self, kind: str, number: int) -> None:
        """Let one record be called something else."""
        self._changes.change(kind, number, **self._named(kind))

    @property
    def _deeds(self) -> dict[str, tuple[int, Callable[[str], None]]]:
        """What may happen to a record, and how often."""
        return {
            "change": (10, self._change),
            "create": (4, self._create),
            "delete": (3, self._delete),
            "restore": (2, self._restore),
            "merge": (2, self._merge),
        }

    def go_on(self, count: int = 1) -> None:
        weights = [_WEIGHTS[EVERYTHING.index(kind)] for kind in self._kinds]
        with self._changes.lock:
            for kind in self._chance.choices(self._kinds, weights, k=count):
                self._let_happen(kind)

    def _let_happen(self, kind: str) -> None:
        if kind == MAIL:
            if len(self._world.mail.ids):
                self._changes.mail_arrives(self._chance.choice(self._world.mail.ids))
            return
        deeds = {**self._deeds, **({"archive": (3, self._archive)} if kind in ("deal", "lead") else {})}
        [(_, deed)] = self._chance.choices(list(deeds.values()), [weight for weight, _ in deeds.values()])
        deed(kind)

    def _create(self, kind: str) -> None:
        self._changes.create(kind, **self._named(kind), **self._news(kind))

    def _change(self, kind: str) -> None:
        if (number := self._any(kind)) is not None:
            wanted = self._named(kind) if self._chance.random() < 0.4 else self._news(kind) or self._named(kind)
            self._changes.change(kind, number, **wanted)

    def _delete(self, kind: str) -> None:
        if (number := self._any(kind)) is not None:
            self._changes.delete(kind, number)
            self._gone.setdefault(kind, []).append(number)

    def _restore(self, kind: str) -> None:
        gone = self._gone.get(kind)
        if gone:
            self._changes.restore(kind, gone.pop(self._chance.randrange(len(gone))))

    def _merge(self, kind: str) -> None:
        number, into = self._any(kind), self._any(kind)
        if number is not None and into is not None and number != into and KINDS[kind].links:
            self._changes.merge(kind, number, into=into)

    def _archive(self, kind: str) -> None:
        number = self._any(kind)
        if number is None:
            return
        is_archived = self._changes.record(kind, number)["is_archived"]
        (self._changes.unarchive if is_archived else self._changes.archive)(kind, number)

    # choices ------------------------------------------------------------------------------

    def _any(self, kind: str) -> int | None:
        """A record that is not deleted, archived or not."""
        shelves = [self._world.shelf(name) for name in KINDS[kind].shelves if "deleted" not in name]
        weights = [len(shelf) for shelf in shelves]
        if not any(weights):
            return None
        [shelf] = self._chance.choices(shelves, weights)
        return shelf.ids[self._chance.randrange(len(shelf))]

    def _named(self, kind: str) -> Row:
        return {_SAYS.get(kind, "name"): f"{self._chance.choice(names.WISHES)} {self._chance.randrange(10_000)}"}

    def _news(self, kind: str) -> Row:
        """Other values that such a record may take on."""
        chance, owner = self._chance, self._chance.choice(self._world.staff.owners)
        news: dict[str, Callable[[], Row]] = {
            "deal": lambda: chance.choice((
                {"status": chance.choice(("open", "won", "lost"))},
                {"stage_id": chance.choice(STAGES).id},
                {"value": chance.randrange(100_000) / 4},
                {"owner_id": owner},
                {"person_id": self._any("person")},
                {"custom_fields": self._custom()},
            )),
            "person": lambda: chance.choice(({"org_id": self._any("organization")}, {"owner_id": owner})),
            "organization": lambda: {"owner_id": owner},
            "activity": lambda: chance.choice(({"done": chance.random() < 0.7}, {"deal_id": self._any("deal")})),
            "lead": lambda: chance.choice(({"was_seen": True}, {"owner_id": owner})),
        }  # fmt: skip
        return news[kind]() if kind in news else {}

    def _custom(self) -> Row:
        """A value for one of the texts or numbers among the deals' custom fields."""
        plain = {"varchar": f"x{self._chance.randrange(1000)}", "double": self._chance.randrange(1000)}
        fields = [field for field in self._world.fields["deal"] if field.is_custom and field.type in plain]
        if not fields:
            return {}
        field = self._chance.choice(fields)
        return {field.code: plain[field.type]}


def happened(changes: Changes) -> list[dict[str, object]]:
    """The latest changes as JSON, oldest first."""
    return [{"kind": each.kind, "id": each.number, "what": each.what, "moment": each.moment} for each in changes.latest]
