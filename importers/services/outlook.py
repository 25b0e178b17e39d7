"""What the next write of an importer will do to the place it goes to, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from importers.model import Forecast, Mode, Size, Target


@dataclass(frozen=True, slots=True)
class Outlook:
    """
    What a write is going to do, as far as can be known without reading everything.

    `rows_there` are ours where the table goes, `records` how many will be read;
    None: nobody knows. `added`, `changed` and `removed` are rows, at most, and
    None where not even that is known. `words` are whole sentences for the page,
    `notes` what the place has to say itself.
    """

    rows_there: int | None
    records: Size | None
    added: int | None
    changed: int | None
    removed: int | None
    words: tuple[str, ...]
    notes: tuple[str, ...] = ()


def outlook(target: Target, forecast: Forecast, records: Size | None, *, keeps_missing: bool = False) -> Outlook:
    """*keeps_missing*: rows of records that are no longer there stay (`Delivery.keeps_missing`)."""
    added, changed, removed = _rows(target.mode, forecast.rows_there, records, keeps_missing=keeps_missing)
    words = (
        _there(forecast.rows_there),
        _read(records),
        *_told(target.mode, forecast, records, added, changed, removed),
    )
    return Outlook(
        forecast.rows_there, records, added, changed, removed, tuple(filter(None, words)), tuple(forecast.notes)
    )


Rows = tuple[int | None, int | None, int | None]


def _rows(mode: Mode, there: int | None, records: Size | None, *, keeps_missing: bool) -> Rows:
    """Added, changed and removed, at most."""
    if mode is Mode.APPEND:
        return (records.records if records else None), 0, 0
    if there == 0:
        return (records.records if records else None), 0, 0
    if there is None or records is None:
        return None, None, 0 if mode is Mode.UPDATE and keeps_missing else there
    if mode is Mode.UPDATE:
        # Which keys are there already is known only once both sides were read.
        return records.records, min(there, records.records), 0 if keeps_missing else there
    # Row N of the new table takes the place of row N; fewer records than thought blank more rows.
    removed = max(there - records.records, 0) if records.is_exact else there
    return max(records.records - there, 0), min(there, records.records), removed


def _there(rows: int | None) -> str:
    if rows is None:
        return ""
    return "There are no rows of this table yet." if rows == 0 else f"There {_are(rows)} of this table already."


def _read(records: Size | None) -> str:
    if records is None:
        return "How many records there are is known once they are read."
    return f"{'' if records.is_exact else 'At most '}{_count(records.records, 'record')} will be read."


def _told(
    mode: Mode,
    forecast: Forecast,
    records: Size | None,
    added: int | None,
    changed: int | None,
    removed: int | None,
) -> tuple[str, ...]:
    is_sure = records is not None and records.is_exact and forecast.rows_there is not None
    if mode is Mode.UPDATE and forecast.rows_there != 0:
        return _of_update(records, removed)
    if added is None:
        return (
            _again(mode, forecast.rows_there)
            if mode is Mode.APPEND or forecast.rows_there == 0
            else ("Rows there are written over where they differ.",)
        )
    parts = [_part(added, "added", at_most=not is_sure)] if added or not (changed or removed) else []
    if changed:
        parts.append(_part(changed, "written over where they differ", at_most=True))
    if removed:
        parts.append(_part(removed, "removed", at_most=not is_sure))
    return (f"{_joined(parts)}.", *_again(mode, forecast.rows_there))


def _again(mode: Mode, there: int | None) -> tuple[str, ...]:
    if mode is not Mode.APPEND or not there:
        return ()
    return ("Append compares nothing: every record that stands there already stands there once more after each run.",)


def _of_update(records: Size | None, removed: int | None) -> tuple[str, ...]:
    many = f"{'' if records.is_exact else 'at most '}{_count(records.records, 'row')}" if records else "rows"
    goes = "rows of records that are gone stay" if removed == 0 else "rows of records that are gone are removed"
    return (_begun(f"{many} will be added, or changed where their key is there already; {goes}."),)


def _part(rows: int, deed: str, *, at_most: bool) -> str:
    return f"{'at most ' if at_most and rows else ''}{_count(rows, 'row')} {deed}"


def _joined(parts: list[str]) -> str:
    head, last = parts[:-1], parts[-1]
    return _begun(f"{', '.join(head)} and {last}" if head else last)


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _are(rows: int) -> str:
    return f"{'is' if rows == 1 else 'are'} {_count(rows, 'row')}"


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}{'' if number == 1 else 's'}"
