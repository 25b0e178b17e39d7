"""What a list leaves out and each record must be asked for by itself, such as the text of a mail."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from importers.errors import AccessDenied, NotThere, ServiceTrouble
from importers.sources.pipedrive.client import PipedriveClient
from importers.sources.pipedrive.pages import Detail, id_of
from importers.tables.prose import readable

_MOST_MARKUP = 20_000_000
_MOST_TEXT = 100_000
"""Characters. No destination has a cell as wide; what is too long for theirs they cut, and say so."""
_TOO_LARGE = 413
_IN_A_ROW = 3
"""One record that Pipedrive cannot give is a matter of that record; several in a row are a matter of Pipedrive."""


class Details:
    """
    Adds to records what each is asked for by itself.

    What cannot be had is no reason to lose a record: it says why under
    `missing_key`, and `missing` counts the reasons. May be shared by threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_a_row = 0
        self.missing: Counter[str] = Counter()

    def complete(self, detail: Detail, records: Sequence[dict[str, Any]], client: PipedriveClient) -> None:
        for record in records:
            if record.get(detail.flag, 1):
                self._complete(detail, record, client)

    def _complete(self, detail: Detail, record: dict[str, Any], client: PipedriveClient) -> None:
        try:
            record[detail.key] = _asked(detail, record, client)
            why = ""
        except (NotThere, AccessDenied, ServiceTrouble, _TooLarge) as error:
            why = record[missing_key(detail.key)] = why_missing(error)
            self._judge(error, why)
        with self._lock:
            self._in_a_row = self._in_a_row + 1 if why == _NOT_GIVEN else 0

    def _judge(self, error: Exception, why: str) -> None:
        """Counts the reason; raises where Pipedrive itself seems to be the trouble."""
        with self._lock:
            if why == _NOT_GIVEN and self._in_a_row + 1 >= _IN_A_ROW:
                raise error
            self.missing[why] += 1


def _asked(detail: Detail, record: Mapping[str, Any], client: PipedriveClient) -> str:
    path = detail.path.replace("{id}", id_of(record))
    data = client.get(path, detail.params, version=detail.version, cost=detail.cost).data
    found = data.get(detail.key) if isinstance(data, dict) else None
    if not isinstance(found, str):
        return ""
    if len(found) > _MOST_MARKUP:
        raise _TooLarge
    return readable(found)[:_MOST_TEXT]


class _TooLarge(Exception):
    """More than anybody wrote by hand."""


def missing_key(key: str) -> str:
    return f"{key}_missing"


_NOT_GIVEN = "Pipedrive could not give it"


def why_missing(error: Exception) -> str:
    if isinstance(error, NotThere):
        return "deleted meanwhile"
    if isinstance(error, AccessDenied):
        return "not visible to this user"
    facts = error.facts if isinstance(error, ServiceTrouble) else {}
    return "too large" if isinstance(error, _TooLarge) or facts.get("status") == _TOO_LARGE else _NOT_GIVEN
