"""What the pages of an importer offer: deleting one that others follow, resuming a paused one, the page of a vendor's status."""

from __future__ import annotations

from datetime import timedelta

import pytest

from importers.errors import NotThere
from importers.model import Actor, Bulletin, Counts, Ending, Every, Importer, Schedule, Status, Trouble
from importers.services import Services
from importers.store.sql import SqlStore
from tests.builders import a_draft, a_run, a_target
from tests.fakes import NEW_YEAR
from tests.web.browser import Browser

STATUS = "https://status.pipedrive.com"


@pytest.fixture
def follower(services: Services, alice: Actor, importer: Importer) -> Importer:
    schedule = Schedule(Every.AFTER, after_id=importer.id)
    target = a_target("Leads")
    draft = a_draft(connection_id=importer.connection_id, name="Leads to Excel", target=target, schedule=schedule)
    return services.importers.create(alice, draft)


def test_whoever_is_about_to_delete_an_importer_is_told_who_follows_it(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer, follower: Importer
):
    page = at_alice.open(f"/importers/{importer.id}/delete")
    assert "cannot be deleted while another importer runs after it" in page.text
    assert page.links()["Leads to Excel"] == f"/importers/{follower.id}/edit"
    assert "Delete the importer" not in page.text
    services.importers.delete(alice, follower.id)
    at_alice.open(f"/importers/{importer.id}/delete")
    at_alice.press("Delete the importer")
    with pytest.raises(NotThere):
        services.importers.get(alice, importer.id)


def test_one_that_is_followed_meanwhile_leads_back_to_that_page(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer
):
    at_alice.open(f"/importers/{importer.id}/delete")
    schedule = Schedule(Every.AFTER, after_id=importer.id)
    draft = a_draft(connection_id=importer.connection_id, name="Late", target=a_target("Late"), schedule=schedule)
    services.importers.create(alice, draft)
    page = at_alice.press("Delete the importer")
    assert (at_alice.status, at_alice.path) == (200, f"/importers/{importer.id}/delete")
    assert "Late" in page.text
    assert services.importers.get(alice, importer.id) == importer


def test_a_paused_importer_is_resumed_beside_its_badge(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer
):
    services.importers.pause(alice, importer.id)
    page = at_alice.open(f"/importers/{importer.id}")
    (button,) = page.root.find("div", class_="title-line").find_all("button")
    assert button.text.strip() == "Resume"
    button_form = next(form for form in button.ancestors() if form.tag == "form")
    page = at_alice.submit(button_form.attrs["action"])
    assert at_alice.path == f"/importers/{importer.id}"
    assert not services.importers.get(alice, importer.id).paused
    assert page.root.find("div", class_="title-line").find_all("button") == []


@pytest.mark.parametrize("status", [Status.WAITING, Status.FAILED])
def test_the_status_page_of_pipedrive_is_linked_once(
    at_alice: Browser, store: SqlStore, importer: Importer, status: Status
):
    run = a_run(store, importer, claim="a worker")
    bulletin = Bulletin("Major outage", is_well=False, subject="", since=None, url=STATUS, at=NEW_YEAR)
    hint = f"Try again later: {STATUS} tells how they are."
    trouble = Trouble("service", "Pipedrive is in trouble.", hint=hint, bulletin=bulletin)
    wake_at = NEW_YEAR + timedelta(minutes=5) if status is Status.WAITING else None
    ending = Ending(status, Counts(), trouble=trouble, wake_at=wake_at)
    store.end_run(run.id, "a worker", ending, lines=[], now=NEW_YEAR)
    page = at_alice.open(f"/runs/{run.id}")
    assert [one.text for one in page.root.find_all("a") if one.attrs.get("href") == STATUS] == [STATUS]
    assert "Pipedrive reports: Major outage" in page.text
