"""Columns that come along with an answer: what is ticked, answered and written agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from importers.model import Actor, Choice, Connection, Importer, Question, Selection
from importers.services import Services
from tests.builders import a_draft
from tests.web.browser import Browser
from web.editor.brought import settled, usual_with

TEXT = Question(
    name="text",
    label="Text",
    choices=(Choice("none", "None"), Choice("whole", "Whole", brings=("body", "missing"))),
    usual=("none",),
)
NONE: Mapping[str, Sequence[str]] = {}
WHOLE = {"text": ("whole",)}


@pytest.mark.parametrize(
    ("given", "picked", "before", "answers", "columns"),
    [
        (NONE, ["id"], NONE, NONE, ("id",)),
        (WHOLE, ["id"], NONE, WHOLE, ("id", "body", "missing")),
        (WHOLE, ["body", "id"], WHOLE, WHOLE, ("body", "id", "missing")),
        ({"text": ("none",)}, ["id", "missing"], NONE, WHOLE, ("id", "missing", "body")),
        ({"text": ("none",)}, ["id", "body", "missing"], WHOLE, {"text": ("none",)}, ("id",)),
    ],
)
def test_an_answer_brings_its_columns_and_a_column_its_answer(
    given: Mapping[str, Sequence[str]],
    picked: list[str],
    before: Mapping[str, Sequence[str]],
    answers: Mapping[str, Sequence[str]],
    columns: tuple[str, ...],
):
    ours = settled([TEXT], given, picked, before)
    assert (ours.answers, ours.columns) == (answers, columns)


def test_the_usual_columns_are_those_that_the_answers_leave():
    assert usual_with([TEXT], WHOLE, ["id"]) == ("id", "body", "missing")
    assert usual_with([TEXT], NONE, ["id", "body", "missing"]) == ("id",)


# --- in the editor ---


def ticked(browser: Browser) -> set[str]:
    boxes = browser.page.root.find_all("input", name="columns")
    return {box.attrs["value"] for box in boxes if "checked" in box.attrs}


def written(services: Services, actor: Actor, importer: Importer) -> set[str]:
    services.runs.start(actor, importer.id)
    frozen = services.importers.get(actor, importer.id).selection.frozen
    assert frozen is not None
    return set(frozen.keys)


def only_importer(services: Services, actor: Actor) -> Importer:
    (card,) = services.importers.cards(actor)
    return card.importer


@pytest.fixture
def choosing_mail(at_alice: Browser, connection: Connection) -> Browser:
    at_alice.open("/importers/new")
    at_alice.submit(press="options", entity="mail-messages")
    return at_alice


@pytest.mark.parametrize("mode", ["usual", "chosen"])
def test_with_the_whole_text_its_columns_are_ticked_and_come(
    choosing_mail: Browser, services: Services, alice: Actor, mode: str
):
    assert "body" not in ticked(choosing_mail)
    more = {"columns": ["id", "subject"]} if mode == "chosen" else {}
    choosing_mail.submit(press="options", columns_mode=mode, **{"option:text": "whole"}, **more)
    shown = ticked(choosing_mail)
    assert {"body", "body_missing"} <= shown
    choosing_mail.submit(press="save")
    importer = only_importer(services, alice)
    choosing_mail.open(f"/importers/{importer.id}/edit")
    assert ticked(choosing_mail) == shown
    assert written(services, alice, importer) == shown
    choosing_mail.open(f"/importers/{importer.id}/edit")
    assert ticked(choosing_mail) == shown


def test_the_number_of_usual_columns_counts_those_that_come_along(choosing_mail: Browser):
    def told() -> int:
        label = choosing_mail.page.root.find("label", **{"for": "columns_mode-usual"}).text
        return int(label.partition("(")[2].split()[0])

    before = told()
    choosing_mail.submit(press="options", **{"option:text": "whole"})
    assert told() == before + 2


def test_ticking_the_text_answers_that_it_is_wanted_whole(choosing_mail: Browser, services: Services, alice: Actor):
    choosing_mail.submit(press="save", columns_mode="chosen", columns=["id", "body"])
    importer = only_importer(services, alice)
    assert importer.selection.options == {"text": ("whole",)}
    assert importer.selection.columns is not None
    form = choosing_mail.open(f"/importers/{importer.id}/edit").form()
    assert form.value("option:text") == "whole"
    assert ticked(choosing_mail) == {"id", "body", "body_missing"} == written(services, alice, importer)


def test_taking_the_whole_text_back_takes_its_columns_along(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    selection = Selection("mail-messages", columns=("id", "body", "body_missing"), options={"text": ("whole",)})
    importer = services.importers.create(alice, a_draft(connection_id=connection.id, selection=selection))
    at_alice.open(f"/importers/{importer.id}/edit")
    at_alice.submit(press="save", **{"option:text": "none"})
    after = services.importers.get(alice, importer.id)
    assert (after.selection.columns, after.selection.options) == (("id",), {})
    at_alice.open(f"/importers/{importer.id}/edit")
    assert ticked(at_alice) == {"id"} == written(services, alice, after)


def test_a_column_that_was_chosen_without_its_answer_shows_what_comes_with_it(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    """As older versions and the command line keep it."""
    draft = a_draft(connection_id=connection.id, selection=Selection("mail-messages", columns=("id", "body")))
    importer = services.importers.create(alice, draft)
    form = at_alice.open(f"/importers/{importer.id}/edit").form()
    assert form.value("option:text") == "whole"
