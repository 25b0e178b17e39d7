"""Starting the pretend Google again where it left off."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sandbox.google import keep, scopes
from sandbox.google.accounts import ALEX, DEMO, SAM
from sandbox.google.app import Google, create_app
from sandbox.google.book import CellError, Formula, Spreadsheet, Tab
from sandbox.google.files import File


@pytest.fixture
def file(google: Google) -> File:
    """With everything a spreadsheet can hold."""
    file = google.files.new_spreadsheet(ALEX, "Deals", parents=[google.files.new_folder(ALEX, "Sales").id])
    book = book_of(file)
    bold = {"textFormat": {"bold": True}}
    tab = book.tabs[0]
    with book.transaction():
        tab.put_block(0, 0, [["Ünï", 1, 2.5, True], ["=not a formula"], [], [None, Formula("=B1*2")]])
        tab.set_value(5, 0, CellError("#REF!", "gone"))
        for row in range(3):
            tab.set_format(row, 0, bold)
        tab.notes.put_at(0, 1, "a note")
        tab.row_properties[2] = {"hiddenByUser": True}
        tab.protected_ranges = [{"protectedRangeId": 5, "range": {"endRowIndex": 1}}]
        tab.frozen_rows = 1
        book.named_ranges = [{"namedRangeId": "n", "name": "all", "range": {"endRowIndex": 3}}]
        hidden = Tab(77, "stage", 5, 5)
        hidden.hidden = True
        book.tabs.append(hidden)
    google.files.share(file, SAM.email, "reader")
    google.files.give(file, DEMO.client_id, ALEX.email)
    file.comments = [{"content": "Nice"}]
    return file


def book_of(file: File | None) -> Spreadsheet:
    assert file
    assert file.book
    return file.book


def again(google: Google, path: Path) -> Google:
    keep.save(google, path)
    later: Google = create_app().extensions["google"]
    keep.load(later, path)
    return later


def contents(book: Spreadsheet) -> list[object]:
    tabs = [
        {name: list(part.items()) if hasattr(part, "items") and not isinstance(part, dict) else part
         for name, part in tab.snapshot().items()}
        for tab in book.tabs
    ]  # fmt: skip
    return [vars(book)["version"], book.named_ranges, book.modified_at, *tabs]


def test_spreadsheets_are_as_they_were(google: Google, file: File, tmp_path: Path) -> None:
    later = again(google, tmp_path / "google.json")

    found = later.files.get(file.id)
    assert contents(book_of(found)) == contents(book_of(file))
    tab = book_of(found).tabs[0]
    assert [type(tab.value(row, 1)) for row in (0, 3)] == [int, Formula]
    assert type(tab.value(1, 0)) is str
    assert isinstance(tab.value(5, 0), CellError)
    assert tab.value(5, 0).message == "gone"


def test_what_was_one_object_is_one_again(google: Google, file: File, tmp_path: Path) -> None:
    """Formats of a million cells are one thing each, in memory and in the file."""
    tab = book_of(again(google, tmp_path / "google.json").files.get(file.id)).tabs[0]

    assert tab.format_at(0, 0) is tab.format_at(2, 0)


def test_files_keep_owner_place_readers_and_comments(google: Google, file: File, tmp_path: Path) -> None:
    later = again(google, tmp_path / "google.json")

    found = later.files.get(file.id)
    assert found
    assert (found.owner, found.parents, found.comments) == (ALEX.email, file.parents, file.comments)
    assert found.permissions == file.permissions
    assert later.files.is_given(found, DEMO.client_id, ALEX.email)
    assert len(later.files) == 2


def test_tokens_go_on(google: Google, tmp_path: Path) -> None:
    given = google.sign_in(ALEX.email, "openid", scopes.DRIVE_FILE)

    later = again(google, tmp_path / "google.json")

    assert later.tokens.refresh(DEMO.client_id, given.refresh).bearer.scopes == ("openid", scopes.DRIVE_FILE)
    assert later.tokens.consented(DEMO.client_id, ALEX.email)


def test_a_book_can_be_changed_after_it_was_read(google: Google, file: File, tmp_path: Path) -> None:
    book = book_of(again(google, tmp_path / "google.json").files.get(file.id))

    with book.lock, book.transaction():
        book.tabs[0].put_block(0, 0, [["new"]])

    assert book.tabs[0].value(0, 0) == "new"


def test_the_file_is_its_owners_alone(google: Google, tmp_path: Path) -> None:
    path = tmp_path / "google.json"
    for _ in range(2):
        keep.save(google, path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["google.json"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 99}', '{"version": 1, "files": 5}'])
def test_what_is_none_of_ours_is_not_read(google: Google, tmp_path: Path, text: str) -> None:
    path = tmp_path / "google.json"
    path.write_text(text)

    with pytest.raises(keep.UnreadableError):
        keep.load(google, path)
    assert len(google.files) == 0
