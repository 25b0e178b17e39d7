"""What letters say: what happened, what it means, what to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from importers.errors import ImporterError
from importers.model import Connection, Importer, Trouble, Workspace
from importers.notices import Incident, Letter, NoticeKind, Subject
from importers.schedule import in_words, next_run_after

_REASONS = {
    "access-denied": "something they need is not allowed them",
    "budget-spent": "today’s API tokens of the company are used up",
    "connection-trouble": "there was no answer",
    "credentials-rejected": "an account was refused",
    "invalid-settings": "an answer or a setting does not fit",
    "needs-reconnecting": "an account needs reconnecting",
    "no-room": "there is no room",
    "not-our-turn": "others had what they need",
    "not-there": "something they need is not there",
    "our-mistake": "Pipesheet made a mistake",
    "rate-limited": "they were asked to slow down",
    "service-trouble": "the other side is in trouble",
    "worker-died": "their worker was stopped",
    "no-worker": "no worker is running",
}

_UNTIL_THEN = "Until a run succeeds, its sheet shows what was there before."
_GOES_ON = "When that run succeeds, it goes on by itself."
_UNTIL_THEN_ALL = "Until a run succeeds, their sheets show what was there before."


@dataclass(frozen=True, slots=True)
class Known:
    """What a letter may name, and what it is called itself. Names of what is gone are left out."""

    workspace: Workspace
    importers: Mapping[int, Importer]
    connections: Mapping[int, Connection]
    key: str
    at: datetime

    def importer_of(self, incident: Incident) -> Importer | None:
        return self.importers.get(incident.opening.importer_id or 0)

    def when(self, moment: datetime) -> str:
        """ "25 Nov 2026, 14:05 CET", in the zone of the workspace."""
        local = moment.astimezone(self._zone)
        return f"{local.day} {local:%b %Y, %H:%M %Z}"

    def since(self, moment: datetime) -> str:
        """The time of day where that is today."""
        local = moment.astimezone(self._zone)
        is_today = local.date() == self.at.astimezone(self._zone).date()
        return f"{local:%H:%M}" if is_today else f"{local.day} {local:%b %Y, %H:%M}"

    @property
    def _zone(self) -> tzinfo:
        """UTC where this machine does not know the zone."""
        try:
            return ZoneInfo(self.workspace.time_zone)
        except (KeyError, ValueError, OSError):
            return UTC


def beginning(incidents: Sequence[Incident], known: Known) -> Letter | None:
    """Of incidents of one kind and cause; None where all that they were about is gone."""
    kind = incidents[0].opening.kind
    if kind is NoticeKind.GAP:
        return _gap(incidents[0], known)
    if kind is NoticeKind.REFUSED:
        return _refused(incidents[0], known)
    told = [(incident, importer) for incident in incidents if (importer := known.importer_of(incident))]
    if not told:
        return None
    wording = {NoticeKind.FAILING: _failing, NoticeKind.LATE: _late, NoticeKind.PAUSED: _paused}[kind]
    return wording(told, known)


def recovery(incidents: Sequence[Incident], known: Known) -> Letter | None:
    importers = {importer.id: importer for incident in incidents if (importer := known.importer_of(incident))}
    accounts = [
        connection
        for incident in incidents
        if (connection := known.connections.get(incident.opening.connection_id or 0))
    ]
    subjects = tuple(_subject(importer, "") for importer in importers.values())
    if accounts:
        names = _listed([connection.label for connection in accounts])
        return _letter(
            known,
            NoticeKind.RECOVERED,
            title=f"{names} {'is' if len(accounts) == 1 else 'are'} connected again",
            what=f"{names} {'was' if len(accounts) == 1 else 'were'} reconnected, or let in again.",
            means="Importers that waited for it go on by themselves."
            + (" These wrote their sheets again, too:" if subjects else ""),
            do="",
            path=f"/connections/{accounts[0].id}",
            subjects=subjects,
        )
    if not subjects:
        return None
    one = len(subjects) == 1
    name = f"“{subjects[0].name}”" if one else f"{len(subjects)} importers"
    return _letter(
        known,
        NoticeKind.RECOVERED,
        title=f"{name} {'works' if one else 'work'} again",
        what=f"{name} {'wrote its sheet' if one else 'wrote their sheets'} again.",
        means="The trouble you were told of is over.",
        do="",
        path=subjects[0].path if one else "/",
        subjects=() if one else subjects,
        about=subjects[0] if one else None,
    )


def test_letter(workspace: Workspace, channel: str, *, key: str, at: datetime) -> Letter:
    known = Known(workspace, {}, {}, key, at)
    return _letter(
        known,
        NoticeKind.TEST,
        title="This is a test",
        what=f"Somebody pressed Test for the channel “{channel}” in Pipesheet.",
        means="Notices about importers that fail will arrive here.",
        do="",
        path="/notices",
    )


Told = Sequence[tuple[Incident, Importer]]


def _failing(told: Told, known: Known) -> Letter:
    incident, importer = told[0]
    trouble = _trouble_of(incident)
    if len(told) > 1:
        hints = {_trouble_of(one).hint for one, _ in told}
        return _letter(
            known,
            NoticeKind.FAILING,
            title=f"{len(told)} importers failed",
            what=f"{len(told)} importers failed because {_reason(trouble)}.",
            means=_UNTIL_THEN_ALL,
            do=trouble.hint if len(hints) == 1 else "Each has its reason beside it; its page says what to do.",
            path="/",
            subjects=tuple(_subject(one, _one_failure(each, known), each.opening.run_id) for each, one in told),
        )
    times = incident.opening.times
    often = f" {times} times in a row" if times > 1 else ""
    return _letter(
        known,
        NoticeKind.FAILING,
        title=f"“{importer.name}” failed{often}",
        what=f"“{importer.name}” failed{often}, first at {known.when(incident.opening.since)}: {trouble.message}"
        if times > 1
        else f"“{importer.name}” failed at {known.when(incident.opening.since)}: {trouble.message}",
        means=_joined(_bulletin(trouble), _over(incident, known) or _UNTIL_THEN),
        do=_joined(trouble.hint, f"Reference: {trouble.reference}." if trouble.reference else ""),
        path=_path(importer, incident.opening.run_id),
        about=_subject(importer, "", incident.opening.run_id),
    )


def _one_failure(incident: Incident, known: Known) -> str:
    times = incident.opening.times
    often = f"{times} times in a row. " if times > 1 else ""
    return _joined(f"{often}{_trouble_of(incident).message}", _over(incident, known))


def _late(told: Told, known: Known) -> Letter:
    incident, importer = told[0]
    trouble = _trouble_of(incident)
    if len(told) > 1:
        return _letter(
            known,
            NoticeKind.LATE,
            title=f"Nothing has arrived from {len(told)} importers",
            what=f"Two turns of {len(told)} importers have passed, and nothing has arrived.",
            means="Their sheets are older than they should be.",
            do=trouble.hint,
            path="/",
            subjects=tuple(
                _subject(one, _joined(f"since {known.since(each.opening.since)}.", _trouble_of(each).message))
                for each, one in told
            ),
        )
    return _letter(
        known,
        NoticeKind.LATE,
        title=f"Nothing has arrived from “{importer.name}”",
        what=f"“{importer.name}” is to run by itself ({_lower(in_words(importer.schedule))}). Two turns have passed, "
        f"and nothing has arrived since {known.when(incident.opening.since)}. {trouble.message}".strip(),
        means=_over(incident, known) or "Its sheet is older than it should be.",
        do=trouble.hint,
        path=_path(importer, incident.opening.run_id),
        about=_subject(importer, "", incident.opening.run_id),
    )


def _paused(told: Told, known: Known) -> Letter:
    incident, importer = told[0]
    trouble = _trouble_of(incident)
    one = len(told) == 1
    over = _over(incident, known) if one else ""
    name = f"“{importer.name}”" if one else f"{len(told)} importers"
    return _letter(
        known,
        NoticeKind.PAUSED,
        title=f"{name} {'was' if one else 'were'} paused",
        what=f"{name} {'was' if one else 'were'} paused, because run after run failed."
        + (f" {trouble.message}" if one else ""),
        means=over or ("It does not run by itself any more." if one else "They do not run by themselves any more."),
        do=""
        if over
        else _joined(
            trouble.hint if one else "", f"Once that is mended, press Run{'' if one else ' of each'}.", _GOES_ON
        ),
        path=_path(importer, None) if one else "/",
        subjects=()
        if one
        else tuple(_subject(other, _joined(_trouble_of(each).message, _over(each, known))) for each, other in told),
        about=_subject(importer, "") if one else None,
    )


def _refused(incident: Incident, known: Known) -> Letter | None:
    connection = known.connections.get(incident.opening.connection_id or 0)
    if connection is None:
        return None
    used_by = [
        one for one in known.importers.values() if connection.id in (one.connection_id, one.target.connection_id)
    ]
    number = len(used_by)
    paused = (
        f"{number} importer{'' if number == 1 else 's'} that use{'s' if number == 1 else ''} it will not run until that "
        f"is done; then {'it goes on by itself' if number == 1 else 'they go on by themselves'}."
        if used_by
        else "No importer uses it at present."
    )
    return _letter(
        known,
        NoticeKind.REFUSED,
        title=f"{connection.label} needs reconnecting",
        what=_joined(f"The connection to {connection.label} needs reconnecting.", _trouble_of(incident).message),
        means=_over(incident, known) or paused,
        do="An owner opens the connection and presses Reconnect.",
        path=f"/connections/{connection.id}",
        subjects=tuple(_subject(importer, "") for importer in used_by),
    )


def _gap(incident: Incident, known: Known) -> Letter:
    since, until = incident.opening.since, incident.opened_at
    missed = [importer for importer in known.importers.values() if _was_due(importer, since, until)]
    return _letter(
        known,
        NoticeKind.GAP,
        title=f"Nothing ran between {known.since(since)} and {known.since(until)}",
        what=f"Pipesheet, or the machine it runs on, was off from {known.when(since)} until {known.when(until)}.",
        means=f"{len(missed)} importer{'' if len(missed) == 1 else 's'} missed turns meanwhile. Those that make up for "
        "what they missed run now; the others at their next turn.",
        do="Nothing, if that was meant. Otherwise look for what stopped it: the machine’s log of that time says more.",
        path="/",
        subjects=tuple(_subject(importer, "") for importer in missed),
    )


def _was_due(importer: Importer, since: datetime, until: datetime) -> bool:
    try:
        due_at = next_run_after(importer.schedule, since)
    except ImporterError:  # nobody understands it: whoever looked for the gap has logged that
        return False
    return not importer.paused and due_at is not None and due_at <= until


def _letter(
    known: Known,
    kind: NoticeKind,
    *,
    title: str,
    what: str,
    means: str,
    do: str,
    path: str,
    subjects: tuple[Subject, ...] = (),
    about: Subject | None = None,
) -> Letter:
    return Letter(known.key, kind, known.workspace.name, title, what, means, do, path, known.at, subjects, about)


def _subject(importer: Importer, text: str, run_id: int | None = None) -> Subject:
    return Subject(importer.name, text, _path(importer, run_id), importer.id)


def _path(importer: Importer, run_id: int | None) -> str:
    return f"/runs/{run_id}" if run_id else f"/importers/{importer.id}"


def _trouble_of(incident: Incident) -> Trouble:
    return incident.opening.trouble or Trouble("", "")


def _over(incident: Incident, known: Known) -> str:
    return f"That is over since {known.since(incident.closed_at)}." if incident.closed_at else ""


def _reason(trouble: Trouble) -> str:
    return _REASONS.get(trouble.code, "something went wrong")


def _bulletin(trouble: Trouble) -> str:
    bulletin = trouble.bulletin
    return "" if bulletin is None or bulletin.is_well else f"Pipedrive reports: {bulletin.state} ({bulletin.url})."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
