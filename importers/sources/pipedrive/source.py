"""What the rest of Pipesheet talks to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import requests

from importers.errors import InvalidSettings, NotThere
from importers.http.ahead import apart
from importers.interfaces import Clock, Governor, Reading, Stop, Tell, never_stop, say_nothing
from importers.model import Account, Choice, Column, EntityInfo, MirrorFile, Selection, Size, Standing, Usage
from importers.sources.pipedrive.asking import Plan
from importers.sources.pipedrive.chosen import as_chosen
from importers.sources.pipedrive.client import PipedriveClient, home_of
from importers.sources.pipedrive.entities import (
    BY_NAME,
    ENTITIES,
    LABEL_LISTS,
    RELATIONS,
    SMALL_RELATIONS,
    Entity,
)
from importers.sources.pipedrive.features import check_permission, explained
from importers.sources.pipedrive.fields import Field, all_specs, labels_of, read_fields
from importers.sources.pipedrive.hints import did_you_mean, list_of
from importers.sources.pipedrive.names import Directory
from importers.sources.pipedrive.pages import List, walk
from importers.sources.pipedrive.reading import PipedriveReading
from importers.sources.pipedrive.recipes import Kitchen, Labels, Spec
from importers.sources.pipedrive.sheet import Sheet, sheet_of
from importers.sources.pipedrive.signin import SignIn
from importers.sources.pipedrive.sizes import sizes_for

_FILTERS = List("/filters", "v1", 20, paging="none")
_FILTER_COST = 2


class PipedriveSource:
    """
    Pipedrive, as whoever signed in sees it. Implements `interfaces.Source`.

    *company_domain* spares the first call, which asks for it; a grant to an app
    names its own host.
    """

    def __init__(
        self,
        sign_in: SignIn,
        *,
        session: requests.Session,
        clock: Clock,
        governor: Governor,
        company_domain: str | None = None,
    ) -> None:
        self._client = PipedriveClient(
            sign_in=sign_in, session=session, clock=clock, governor=governor, home=home_of(company_domain, sign_in)
        )

    def hurried(self) -> PipedriveSource:
        other = copy(self)
        other._client = self._client.hurried()  # noqa: SLF001 - one of us
        return other

    @property
    def usage(self) -> Usage:
        return self._client.meter.usage

    def entities(self) -> Sequence[EntityInfo]:
        return [entity.info for entity in ENTITIES]

    def account(self) -> Account:
        me = self._client.me()
        return Account(
            company=str(me.get("company_name") or me["company_domain"]),
            company_domain=str(me["company_domain"]),
            user=str(me.get("name") or ""),
            email=str(me.get("email") or ""),
            time_zone=_known_zone(me.get("timezone_name")),
            company_id=_number(me.get("company_id")),
            user_id=_number(me.get("id")),
        )

    def filters(self, entity: str) -> Sequence[Choice]:
        kind = self._allowed(entity).filter_type
        if not kind:
            return []
        found = [saved for page in walk(self._client, _FILTERS, {"type": kind}) for saved in page.records]
        choices = [
            Choice(str(saved["id"]), str(saved.get("name") or saved["id"]))
            for saved in found
            if saved.get("id") and saved.get("active_flag", True) and saved.get("type") == kind
        ]
        return sorted(choices, key=lambda choice: choice.label.casefold())

    def columns(self, entity: str) -> tuple[Column, ...]:
        known = self._allowed(entity)
        with explained(known.label, known.needs):
            return tuple(spec.column for spec in all_specs(known, self._fields(known, self._client)))

    def sizes(self, selection: Selection) -> Mapping[str, Size]:
        _check(selection, self._allowed(selection.entity))
        return sizes_for(selection, self._client)

    def standing(self) -> Standing:
        return self._client.governor.standing()

    def open(
        self,
        selection: Selection,
        *,
        mirror: MirrorFile | None = None,
        is_glance: bool = False,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> Reading:
        entity = self._allowed(selection.entity)
        _check(selection, entity)
        entity, selection = as_chosen(entity, selection)
        stop()
        zone = _zone(selection.time_zone)
        client = self._client.heard_by(tell=tell, stop=stop)

        def looked_up(tell: Tell, stop: Stop) -> tuple[Sheet, Kitchen, Directory]:
            return self._looked_up(entity, selection, zone, client.heard_by(tell=tell, stop=stop))

        sheet, kitchen, directory = apart(looked_up, tell=tell, stop=stop)
        plan = Plan(entity, selection, sheet, kitchen, directory, mirror, is_glance)
        return PipedriveReading(plan, client, tell=tell, stop=stop)

    def _looked_up(
        self, entity: Entity, selection: Selection, zone: ZoneInfo, client: PipedriveClient
    ) -> tuple[Sheet, Kitchen, Directory]:
        self._check_filter(selection, entity, client)
        with explained(entity.label, entity.needs):
            fields = self._fields(entity, client)
        sheet = sheet_of(entity, all_specs(entity, fields), selection)
        directory = Directory({spec.relation for spec in sheet.specs if spec.relation}, RELATIONS, SMALL_RELATIONS)
        return sheet, Kitchen(zone, directory.names, _labels(entity, sheet.specs, fields, client)), directory

    def _allowed(self, name: str) -> Entity:
        entity = _entity(name)
        check_permission(entity.label, entity.scopes, self._client.sign_in.scopes)
        return entity

    @staticmethod
    def _fields(entity: Entity, client: PipedriveClient) -> list[Field]:
        """The fields that may become columns."""
        return read_fields(client, entity.fields) if entity.fields and entity.custom else []

    @staticmethod
    def _check_filter(selection: Selection, entity: Entity, client: PipedriveClient) -> None:
        """An unknown filter would not be an error to Pipedrive's lists everywhere, so we look it up first."""
        if selection.filter_id is None:
            return
        shown = f"“{selection.filter_name}”" if selection.filter_name else str(selection.filter_id)
        hint = f"Choose another filter for {entity.label.lower()}, or none."
        try:
            found = client.get(f"/filters/{selection.filter_id}", version="v1", cost=_FILTER_COST).data
        except NotThere as error:
            raise _no_filter(shown, hint) from error
        if not isinstance(found, dict) or not found.get("active_flag", True):
            raise _no_filter(shown, hint)
        if found.get("type") != entity.filter_type:
            raise InvalidSettings(f"The filter {shown} is not made for {entity.label.lower()}.", hint=hint)


def _no_filter(shown: str, hint: str) -> NotThere:
    return NotThere(f"The filter {shown} does not exist in Pipedrive, or this user may not see it.", hint=hint)


def _entity(name: str) -> Entity:
    if name in BY_NAME:
        return BY_NAME[name]
    raise InvalidSettings(f"Pipedrive has no {name!r} to import.{did_you_mean(name, BY_NAME)}", hint=list_of(BY_NAME))


def _check(selection: Selection, entity: Entity) -> None:
    unknown = [status for status in selection.statuses if status not in entity.statuses]
    if unknown and not entity.statuses:
        raise InvalidSettings(f"{entity.label} have no status to choose by.", hint="Leave the status empty.")
    if unknown:
        raise InvalidSettings(f"{entity.label} have no status {unknown[0]!r}.", hint=list_of(entity.statuses))
    if selection.filter_id is not None and not entity.filter_type:
        raise InvalidSettings(f"Pipedrive has no filters for {entity.label.lower()}.", hint="Leave the filter empty.")
    if selection.limit is not None and selection.limit < 1:
        raise InvalidSettings(
            f"The limit is {selection.limit}; it must be 1 or more.", hint="Leave it out to read all."
        )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidSettings(
            f"There is no time zone called {name!r}.", hint="Choose one like Europe/Tallinn or UTC."
        ) from error


def _number(told: object) -> int:
    return told if isinstance(told, int) and not isinstance(told, bool) else 0


def _known_zone(name: object) -> str:
    try:
        return _zone(str(name)).key
    except InvalidSettings:
        return "UTC"


def _labels(
    entity: Entity, specs: Iterable[Spec], fields: Sequence[Field], client: PipedriveClient
) -> dict[str, Labels]:
    """The labels the chosen columns need, each list read once and only where it is needed."""
    wanted = {spec.labels for spec in specs if spec.labels}
    if entity.fields and not fields and wanted - LABEL_LISTS.keys():
        fields = read_fields(client, entity.fields)
    of_fields = labels_of(fields)
    return {
        where: Labels(_listed(where, client) if where in LABEL_LISTS else of_fields.get(where, {})) for where in wanted
    }


def _listed(where: str, client: PipedriveClient) -> dict[str, str]:
    labels, key = LABEL_LISTS[where]
    records = [record for page in walk(client, labels) for record in page.records]
    return {str(record[key]): _name_of(record, key) for record in records if record.get(key)}


def _name_of(record: dict[str, Any], key: str) -> str:
    return str(record.get("name") or record.get("field_name") or record[key])
